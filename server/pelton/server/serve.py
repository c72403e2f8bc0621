"""Runs a server as a process: logs, signals, exit codes.

SIGTERM and SIGINT stop it in order, a second one at once; SIGHUP has it read its certificate again.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys

from pelton.server.app import CannotListen, Server, server_version
from pelton.server.config import Config
from pelton.server.loading import load_games
from pelton.server.loop import loop_factory, loop_name
from pelton.server.receive.tls import TlsError
from pelton.server.simulate.errors import GameError

__all__ = ["serve"]

log = logging.getLogger("pelton")


def serve(config: Config) -> int:
    """Serve until a signal; 0 after an orderly stop, 1 if it could not start."""
    logging.basicConfig(
        level=config.log.level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it reports every connection
    try:
        server = Server(config, load_games(config.games))
    except (GameError, TlsError) as error:
        print(f"pelton: {error}", file=sys.stderr)
        return 1
    _calm_collector()
    with asyncio.Runner(loop_factory=loop_factory(config.server.loop)) as runner:
        return runner.run(_serve(server, config))


def _calm_collector() -> None:
    """Have the garbage collector look less often, and not at what was imported.

    A tick makes and drops thousands of objects without cycles; with Python's threshold of 700 the collector went
    through everything several times a second, which was 6 % of the CPU of a room of 200 (benchmarks/bench_room.py).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _serve(server: Server, config: Config) -> int:
    loop = asyncio.get_running_loop()
    asked = [asyncio.Event(), asyncio.Event()]  # to stop, and to stop at once

    def note() -> None:
        asked[asked[0].is_set()].set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, note)
    if server.certificate is not None:
        loop.add_signal_handler(signal.SIGHUP, server.certificate.reload)
    try:
        await server.start()
    except CannotListen as error:
        print(f"pelton: {error}", file=sys.stderr)
        return 1
    log.info(
        "pelton %s, %s loop, %s sockets, games: %s",
        server_version(),
        loop_name(loop),
        config.server.transport,
        ", ".join(config.games),
    )
    if server.admin_url is not None:
        log.info("admin port: %s", server.admin_url)
    print(f"listening on {server.url}", flush=True)
    await asked[0].wait()
    log.info("stopping")
    await _stop(server, asked[1])
    log.info("stopped")
    return 0


async def _stop(server: Server, at_once: asyncio.Event) -> None:
    """Stop in order, unless asked again meanwhile."""
    orderly = asyncio.ensure_future(server.stop())
    impatient = asyncio.ensure_future(at_once.wait())
    await asyncio.wait({orderly, impatient}, return_when=asyncio.FIRST_COMPLETED)
    impatient.cancel()
    if orderly.done():
        orderly.result()
    else:
        orderly.cancel()
        log.warning("asked again: stopping at once")
