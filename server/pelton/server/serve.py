"""Runs a server as a process: logs, signals, exit codes.

SIGTERM and SIGINT stop it in order, a second one at once; SIGHUP has it read its certificate again.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Coroutine

from pelton.server.app import CannotListen, Server, server_version
from pelton.server.auth.loading import AuthError
from pelton.server.clock import MonotonicClock
from pelton.server.config import Config
from pelton.server.loading import load_games
from pelton.server.logs.formats import json_line
from pelton.server.logs.handler import LogHandler
from pelton.server.logs.install import chosen_format, installed
from pelton.server.logs.unhandled import watch_unhandled
from pelton.server.loop import loop_factory, loop_name
from pelton.server.receive.tls import TlsError
from pelton.server.recorder.dumps import CannotDump
from pelton.server.simulate.errors import GameError

__all__ = ["serve"]

log = logging.getLogger("pelton")

STDERR = 2
WAIT_FOR_LOG_S = 0.5


def serve(config: Config) -> int:
    """Serve until a signal; 0 after an orderly stop, 1 if it could not start, or failed."""
    written = chosen_format(config.log.format, os.environ, terminal=os.isatty(STDERR))
    with installed(config.log.level, written, MonotonicClock(), STDERR) as handler:
        try:
            return _run(config, handler)
        except (GameError, AuthError, CannotListen, TlsError, CannotDump) as error:
            if written is json_line:
                log.critical("%s", error)
            else:
                print(f"pelton: {error}", file=sys.stderr)
        except Exception:
            log.critical("the server has failed", exc_info=True)
    return 1


def _run(config: Config, handler: LogHandler) -> int:
    server = Server(config, load_games(config.games))
    _calm_collector()
    with asyncio.Runner(loop_factory=loop_factory(config.server.loop)) as runner:
        return runner.run(_serve(server, config, handler))


def _calm_collector() -> None:
    """Have the garbage collector look less often, and not at what was imported.

    A tick makes and drops thousands of objects without cycles; with Python's threshold of 700 the collector went
    through everything several times a second, which was 6 % of the CPU of a room of 200 (benchmarks/bench_room.py).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _serve(server: Server, config: Config, handler: LogHandler) -> int:
    loop = asyncio.get_running_loop()
    asked = [asyncio.Event(), asyncio.Event()]  # to stop, and to stop at once
    first: list[signal.Signals] = []

    def note(number: signal.Signals) -> None:
        first.append(number)
        asked[asked[0].is_set()].set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, note, number)
    server.on_drain = lambda: note(signal.SIGTERM)
    if server.certificate is not None:
        loop.add_signal_handler(signal.SIGHUP, server.certificate.reload)
    watch_unhandled(loop, server.metrics)
    await server.start()
    _introduce(server, config, loop_name(loop))
    handler.wait(WAIT_FOR_LOG_S)  # who waits for the next line may look for the admin port's in the log
    inspector = f", inspector at {server.admin_url}inspector" if server.admin_url else ""
    print(f"listening on {server.url}{inspector}", flush=True)
    await asked[0].wait()
    drains = first[0] is signal.SIGTERM  # Ctrl-C is somebody at the keyboard, who does not want to wait
    log.info("stopping; rooms have %g s to end", config.server.drain_timeout_s if drains else 0)
    await _stop(server.drain() if drains else server.stop(), asked[1])
    log.info("stopped")
    return 0


def _introduce(server: Server, config: Config, loop: str) -> None:
    """Say in the log what runs here."""
    version, transport, games = server_version(), config.server.transport, list(config.games)
    log.info(
        "pelton %s, %s loop, %s sockets, games: %s",
        version,
        loop,
        transport,
        ", ".join(games),
        extra={"version": version, "loop": loop, "transport": transport, "games": games, "url": server.url},
    )
    if server.admin_url is not None:
        log.info("admin port: %s", server.admin_url, extra={"url": server.admin_url})


async def _stop(stopping: Coroutine[None, None, None], at_once: asyncio.Event) -> None:
    """Stop in order, unless asked again meanwhile."""
    orderly = asyncio.ensure_future(stopping)
    impatient = asyncio.ensure_future(at_once.wait())
    await asyncio.wait({orderly, impatient}, return_when=asyncio.FIRST_COMPLETED)
    impatient.cancel()
    if orderly.done():
        orderly.result()
    else:
        orderly.cancel()
        log.warning("asked again: stopping at once")
