"""The command `pelton netsim`: arguments, exit codes, signals. Parsing imports nothing heavy.

Exit codes: 0 it was ended by SIGINT or SIGTERM, 2 wrong usage, 3 it cannot listen.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from pelton.netsim.conditions import BadConditions, Conditions
from pelton.netsim.presets import PRESETS, parse

if TYPE_CHECKING:
    from pelton.netsim.proxy import Proxy

__all__ = ["CANNOT_LISTEN", "add_arguments", "run"]

CANNOT_LISTEN = 3
LISTEN = ("127.0.0.1", 7780)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` reads."""
    add = parser.add_argument
    add("--to", type=_place, required=True, metavar="HOST:PORT", help="the server that clients are to reach")
    add(
        "--listen",
        type=_place,
        default=LISTEN,
        metavar="HOST:PORT",
        help="where clients connect; port 0: any free one (127.0.0.1:7780)",
    )
    add(
        "--net",
        type=_conditions,
        default=PRESETS["4g"],
        metavar="SPEC",
        help=f"{', '.join(PRESETS)}, and settings after it, as in 4g,loss=0.05 (4g)",
    )
    add("--seed", type=int, default=0, metavar="K", help="the same seed gives connections the same fates (0)")
    add("--shared-uplink", type=_rate, metavar="KBIT", help="kbit/s that all clients share for what they send")
    add("--connections-max", type=_count, default=1024, metavar="N", help="one more is refused (1024)")
    add("--quiet", action="store_true", help="print the address, and nothing else but problems")


def run(args: argparse.Namespace) -> int:
    """Run the proxy until a signal; the exit code."""
    import asyncio

    from pelton.wire.limits import allow_sockets

    allow_sockets(2 * args.connections_max)
    began_s = time.monotonic()
    with asyncio.Runner() as runner:
        proxy = runner.run(_proxy(args))
        try:
            runner.run(_serve(proxy, args))
        except OSError as error:
            host, port = args.listen
            sys.stderr.write(f"pelton netsim: cannot listen on {host}:{port}: {error.strerror or error}\n")
            return CANNOT_LISTEN
        except asyncio.CancelledError:
            sys.stderr.write("pelton netsim: asked again, ended at once\n")
    if not args.quiet:
        from pelton.netsim.screen import summary

        sys.stdout.write(summary(proxy.counts(), time.monotonic() - began_s) + "\n")
    return 0


async def _proxy(args: argparse.Namespace) -> Proxy:
    from random import Random

    from pelton.netsim.proxy import Proxy
    from pelton.netsim.uplink import Uplink

    return Proxy(
        args.to,
        args.net,
        Random(args.seed),
        say=lambda text: print(f"pelton netsim: {text}", file=sys.stderr),  # noqa: T201 - a command
        shared=Uplink(args.shared_uplink) if args.shared_uplink else None,
        connections_max=args.connections_max,
    )


async def _serve(proxy: Proxy, args: argparse.Namespace) -> None:
    from pelton.netsim.screen import shown_live

    conditions: Conditions = args.net
    here, there = _shown(await proxy.listen(*args.listen)), _shown(args.to)

    def started() -> None:
        sys.stdout.write(f"listening on {here}, to {there} through {conditions.describe()}\n")
        sys.stdout.flush()

    _watch_signals(proxy)
    async with shown_live(proxy, wanted=not args.quiet):
        await proxy.run(started)


def _watch_signals(proxy: Proxy) -> None:
    """SIGINT and SIGTERM: the first ends in order, a second one cancels the task that runs."""
    import asyncio
    import signal
    from contextlib import suppress

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    asked: list[int] = []

    def note(number: int) -> None:
        asked.append(number)
        if len(asked) == 1:
            proxy.finish()
        else:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C then ends it at once
            loop.add_signal_handler(number, note, number)


def _shown(place: tuple[str, int]) -> str:
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and port.isdecimal() and int(port) < 65_536):
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, as in 127.0.0.1:7777, got {text!r}")
    return host, int(port)


def _conditions(text: str) -> Conditions:
    try:
        return parse(text)
    except BadConditions as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        kbit_s = float(text)
    except ValueError:
        kbit_s = 0.0
    if not 1 <= kbit_s <= 1e8:
        raise argparse.ArgumentTypeError(f"expected kbit/s, 1 or more, got {text!r}")
    return kbit_s
