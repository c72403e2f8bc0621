"""`pelton demo`: a server and a few bots as two processes, an address to open, and Ctrl-C to end it all.

Each process stands in a group of its own, so that Ctrl-C in a terminal reaches only this one: it ends the bots
first, then the server, each by its own handle, and waits until it is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pelton.cli import config_command
from pelton.server.config import ConfigError, LoadedConfig

__all__ = ["demo"]

T = TypeVar("T")

READY = re.compile(rb"listening on ws://([^\s,]+)(?:, inspector at (\S+))?")
EVERY_ADDRESS = {"0.0.0.0:": "127.0.0.1:", "[::]:": "[::1]:"}
"""Where to find a server that listens on all addresses."""
MARGIN_S = 5.0
"""What a process gets to end, beyond the time that it takes by itself."""
BOTS_STOP_S = 6.0
CHUNK_BYTES = 65_536


class Addresses(NamedTuple):
    """Of a server that listens."""

    game: str
    """`host:port/`."""
    inspector: str
    """A URL; empty without an admin port."""


TEXT = """
  Pelton is running, and {bots}.

    in a browser    http://{address}   to play
    its figures     http://{address}status
    inside it       {inspector}
    game clients    ws://{address}

  Ctrl-C ends it.
"""


def demo(args: argparse.Namespace) -> int:
    """Run until Ctrl-C or SIGTERM, then 0; the server's exit code if it ends by itself."""
    bots: int = args.bots
    if bots < 0:
        print(f"pelton: --bots: expected 0 or more, got {bots}", file=sys.stderr)
        return config_command.EXIT_MISUSE
    try:
        loaded = config_command.load(args)
    except ConfigError as error:
        return config_command.report(error)
    server = loaded.config.server
    stop_s = server.drain_timeout_s + server.shutdown_timeout_s + MARGIN_S
    return asyncio.run(_demo(_server_options(args, loaded), bots, stop_s))


def _server_options(args: argparse.Namespace, loaded: LoadedConfig) -> list[str]:
    path: Path | None = args.config
    overrides: list[str] = args.overrides
    if loaded.origins["log.level"] == "default":
        overrides = [*overrides, "log.level=warning"]  # whoever wants to see more can say so
    if loaded.origins["admin.port"] == "default":
        overrides = [*overrides, "admin.port=0"]  # a demo starts also where another server has the admin port
    if loaded.origins["server.page"] == "default":
        overrides = [*overrides, "server.page=arena"]
    if loaded.origins["server.drain_timeout_s"] == "default":
        overrides = [*overrides, "server.drain_timeout_s=1"]  # Ctrl-C: nobody waits until the last has left the page
    if loaded.config.server.tls_certificate:
        overrides = [*overrides, "server.tls_certificate=", "server.tls_key="]  # its bots trust no certificate of yours
    options = [] if path is None else ["--config", str(path)]
    return options + [word for override in overrides for word in ("--set", override)]


async def _demo(server_options: Sequence[str], bots: int, stop_s: float) -> int:
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with (
        asyncio.TaskGroup() as beside,
        _running("pelton.server", *server_options, stop_s=stop_s, stdout=PIPE) as server,
    ):
        addresses = await _unless(asked, _ready(server))
        if addresses is not None:
            beside.create_task(_pass_on(server))  # to the server's end: nobody may wait for us to read
            await _play(server, addresses, bots, asked)
    code = server.returncode
    if asked.is_set():
        return 0 if code == 0 else 1
    if addresses is not None:
        print(f"pelton: the server ended with exit code {code}", file=sys.stderr)
    return code if code is not None and code > 0 else 1


async def _play(server: Process, addresses: Addresses, bots: int, asked: asyncio.Event) -> None:
    """Say where everything is and let the bots in, until somebody ends it or the server is gone."""
    playing = f"{bots} bots fly in the arena: they steer, shoot and change names" if bots else "nobody plays yet"
    print(TEXT.format(bots=playing, address=addresses.game, inspector=addresses.inspector or "turned off"), flush=True)
    if not bots:
        await _unless(asked, server.wait())
        return
    options = ("--bots", str(bots), "--duration", "0", "--quiet", "--url", f"ws://{addresses.game}")
    async with (
        asyncio.TaskGroup() as beside,
        _running("pelton.swarm", *options, stop_s=BOTS_STOP_S + MARGIN_S) as swarm,
    ):
        watching = beside.create_task(_tell_end(swarm))
        await _unless(asked, server.wait())
        watching.cancel()


@asynccontextmanager
async def _running(
    module: str, *options: str, stop_s: float, stdout: int | None = None
) -> AsyncGenerator[Process, None]:
    """The module as a process, which gets SIGTERM when the block ends, and SIGKILL if it is not gone `stop_s` later."""
    command = (sys.executable, "-m", module, *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=stdout, process_group=0)
    try:
        yield process
    finally:
        _signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(stop_s):
                await process.wait()
        except TimeoutError:
            print(f"pelton: {module} did not end within {stop_s:g} s and is killed", file=sys.stderr)
            _signal(process, signal.SIGKILL)
            await process.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    """Not `process.terminate()`: that reaps a process that has just ended, and its exit code is lost (CPython 3.11)."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


async def _ready(server: Process) -> Addresses | None:
    """Where it is as soon as the server listens; None if it ends instead."""
    assert server.stdout is not None
    async for line in server.stdout:
        if found := READY.search(line):
            address = found[1].decode()
            for every, one in EVERY_ADDRESS.items():
                if address.startswith(every):
                    address = one + address.removeprefix(every)
            return Addresses(address, (found[2] or b"").decode())
        _echo(line)
    return None


async def _pass_on(server: Process) -> None:
    """Show what a game prints."""
    assert server.stdout is not None
    while chunk := await server.stdout.read(CHUNK_BYTES):
        _echo(chunk)


def _echo(chunk: bytes) -> None:
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


async def _tell_end(swarm: Process) -> None:
    code = await swarm.wait()
    print(f"pelton: the bots have ended with exit code {code}; the server goes on", file=sys.stderr)


async def _unless(asked: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What the work results in; None if we are asked to end before."""
    async with asyncio.TaskGroup() as group:
        waiting, working = group.create_task(asked.wait()), group.create_task(work)
        await asyncio.wait({waiting, working}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        working.cancel()
    return None if working.cancelled() else working.result()
