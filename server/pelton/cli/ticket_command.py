"""`pelton ticket`: makes a ticket with the server's secret, for development and for scripts."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable

from pelton.cli import config_command

__all__ = ["add_arguments", "run"]

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
YEAR_S = 366 * 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who it is for, and for how long; the secret comes with the configuration."""
    parser.add_argument("--user", required=True, metavar="ID", help="the user's id, 1 to 64 characters")
    parser.add_argument(
        "--for", dest="lasts_s", type=_duration_s, default=3600, metavar="TIME", help="how long: 90s, 15m, 1h, 7d (1h)"
    )
    parser.add_argument("--game", default="", metavar="NAME", help="good for this game only")
    parser.add_argument("--room", default="", metavar="ID", help="good for this room only")
    parser.add_argument(
        "--claim",
        dest="claims",
        action="append",
        type=_claim,
        default=[],
        metavar="NAME=TEXT",
        help="something else that the game is told of the user; may be repeated",
    )
    config_command.add_arguments(parser)


def run(arguments: argparse.Namespace, now_s: Callable[[], float] = time.time) -> int:
    """Print the ticket, and nothing else, on standard output."""
    from pelton.server.auth.identity import Identity
    from pelton.server.auth.ticket import mint_ticket
    from pelton.server.config import ConfigError

    try:
        auth = config_command.load(arguments).config.auth
        ends_s = int(now_s()) + arguments.lasts_s
        identity = Identity(arguments.user, dict(arguments.claims), ends_s, arguments.game, arguments.room)
        ticket = mint_ticket(auth.secret, auth.audience, identity)
    except ConfigError as error:
        return config_command.report(error)
    except ValueError as error:
        print(f"pelton ticket: {error}", file=sys.stderr)
        return config_command.EXIT_MISUSE
    print(ticket)
    return 0


def _duration_s(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    lasts_s = int(found[1]) * UNITS_S[found[2]] if found else 0
    if not 0 < lasts_s <= YEAR_S:
        raise argparse.ArgumentTypeError(f"expected a time of 1s to 366d, like 90s, 15m, 1h or 7d, got {text!r}")
    return lasts_s


def _claim(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"expected NAME=TEXT, got {text!r}")
    return name, value
