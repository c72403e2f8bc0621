"""The command `pelton why`: arguments, exit codes, where the record comes from. Parsing imports nothing heavy.

Exit codes: 0 it was told; 1 the server cannot be asked, or does not know; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pelton.cli.top.command import TOKEN, URL, admin_token, admin_url

__all__ = ["NOT_TOLD", "add_arguments", "run"]

NOT_TOLD = 1
COUNT = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` reads."""
    add = parser.add_argument
    add("room", nargs="?", metavar="ROOM", help="a room's id, or a file in which its record is; none lists the rooms")
    add("tick", nargs="?", type=_number, metavar="TICK", help="a tick of it; none lists the slowest")
    refused = "why action SEQ of player PLAYER was refused"
    add("--refused", nargs=2, type=_number, metavar=("PLAYER", "SEQ"), help=refused)
    add("--count", type=_count, default=COUNT, metavar="N", help=f"how many of the slowest ticks ({COUNT})")
    add("--url", type=admin_url, default=URL, metavar="URL", help=f"the admin port ({URL})")
    add("--token", type=admin_token, metavar="TEXT", help=f"for an admin port that wants one (from {TOKEN})")


def run(args: argparse.Namespace) -> int:
    """Tell; the exit code."""
    from pelton.cli.why.source import NotTold

    if (args.refused is not None or args.tick is not None) and args.room is None:
        return _misuse("which room? see `pelton why` for those that there are")
    if args.refused is not None and args.tick is not None:
        return _misuse("a tick or --refused, not both")
    try:
        _tell(args)
    except NotTold as error:
        sys.stderr.write(f"pelton why: {error}\n")
        return NOT_TOLD
    except argparse.ArgumentTypeError as error:
        return _misuse(f"{TOKEN}: {error}")
    return 0


def _tell(args: argparse.Namespace) -> None:
    from rich.console import Console

    from pelton.cli.why.picture import refusal_told, rooms_told, slowest_told, tick_told
    from pelton.cli.why.source import FileSource, ServerSource

    console = Console()
    token = args.token if args.token is not None else admin_token(os.environ.get(TOKEN, ""))
    server = ServerSource(args.url, token)
    if args.room is None:
        console.print(rooms_told(server.rooms(), args.url))
        return
    source = FileSource(Path(args.room)) if _is_file(args.room) else server
    if args.refused is not None:
        console.print(refusal_told(*source.refusal(args.room, *args.refused)))
    elif args.tick is not None:
        console.print(tick_told(*source.tick(args.room, args.tick)))
    else:
        console.print(slowest_told(source.slowest(args.room, args.count), args.count))


def _is_file(room: str) -> bool:
    """A room's id is letters and digits."""
    return "." in room or os.sep in room or Path(room).is_file()


def _misuse(text: str) -> int:
    sys.stderr.write(f"pelton why: {text}\n")
    return 2


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 50:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 50, got {text!r}")
    return int(text)
