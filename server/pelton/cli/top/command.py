"""The command `pelton top`: arguments, exit codes, signals. Parsing imports nothing heavy.

Exit codes: 0 it was shown, or ended by SIGINT or SIGTERM; 1 the server cannot be asked; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pelton.cli.top.rates import SORTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pelton.cli.top.watch import Watcher

__all__ = ["CANNOT_ASK", "TOKEN", "URL", "add_arguments", "admin_token", "admin_url", "run"]

CANNOT_ASK = 1
URL = "http://127.0.0.1:7778"
TOKEN = "PELTON_ADMIN__TOKEN"  # noqa: S105 - where it comes from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` reads."""
    add = parser.add_argument
    add("url", nargs="?", type=admin_url, default=URL, metavar="URL", help=f"the admin port ({URL})")
    add("--sort", choices=SORTS, default=SORTS[0], help="rooms by p99 as a share of its budget, or by what (p99)")
    add("--rows", type=_count, metavar="N", help="rooms shown (as many as there is place for)")
    add("--interval", type=_interval, default=1.0, metavar="S", help="seconds from one look to the next (1)")
    add("--once", action="store_true", help="look twice, an interval apart, print the table and end")
    add("--json", action="store_true", help="ask once, print the answer as it is and end")
    add("--token", type=admin_token, metavar="TEXT", help=f"for an admin port that wants one (from {TOKEN})")


def run(args: argparse.Namespace) -> int:
    """Watch; the exit code."""
    import asyncio

    from pelton.cli.top.watch import Gone
    from pelton.loadtest.ask import AdminError

    try:
        return asyncio.run(_until_told(lambda: _look(args)))
    except (AdminError, Gone) as error:
        sys.stderr.write(f"pelton top: {error}\n")
        return CANNOT_ASK
    except argparse.ArgumentTypeError as error:
        sys.stderr.write(f"pelton top: {TOKEN}: {error}\n")
        return 2


async def _until_told(work: Callable[[], Awaitable[None]]) -> int:
    """SIGINT and SIGTERM end it in order: what is on the screen stays there."""
    import asyncio
    import signal
    from contextlib import suppress

    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C then ends it at once
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await work()
    return 0


async def _look(args: argparse.Namespace) -> None:
    from pelton.cli.top.screens import opened, printed
    from pelton.loadtest.ask import ask

    token = args.token if args.token is not None else admin_token(os.environ.get(TOKEN, ""))
    if args.json:
        import json

        sys.stdout.write(json.dumps(await ask(args.url, "stats", token), indent=2) + "\n")
        return
    watcher = _watcher(args, token)
    if args.once:
        printed(await watcher.once(), args.url, args.rows)
        return
    with opened(args.url, args.rows) as screen:
        await watcher.watch(screen)


def _watcher(args: argparse.Namespace, token: str) -> Watcher:
    import asyncio

    from pelton.cli.top.watch import Watcher
    from pelton.loadtest.ask import ask

    return Watcher(lambda: ask(args.url, "stats", token), lambda: asyncio.sleep(args.interval), args.sort)


def admin_url(text: str) -> str:
    """The address of an admin port, as an argument. ArgumentTypeError if it is none."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        right = parts.scheme == "http" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        right = False
    if not right or not url.isascii() or not url.isprintable() or " " in url:
        raise argparse.ArgumentTypeError(f"expected http://HOST:PORT, as in {URL}, got {text!r}")
    return url.rstrip("/")


def admin_token(text: str) -> str:
    """A token, as an argument. ArgumentTypeError if it cannot be sent."""
    if text and not (text.isascii() and text.isprintable() and " " not in text):
        raise argparse.ArgumentTypeError("a token is printable ASCII without blanks")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 1000, got {text!r}")
    return int(text)


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"expected seconds from 0.1 to 3600, got {text!r}")
    return seconds
