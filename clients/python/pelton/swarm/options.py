"""The options of `pelton swarm`, and what may stand behind each. Imports nothing but argparse."""

from __future__ import annotations

import argparse
import math
from urllib.parse import urlsplit

__all__ = ["BOTS", "URL", "add_arguments"]

URL = "ws://127.0.0.1:7777/"
BOTS = 10
WORKERS_MAX = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `command.run` reads."""
    _add_who(parser)
    _add_when(parser)
    add = parser.add_argument_group("on which network, in how many processes").add_argument
    add(
        "--net",
        nargs="+",
        metavar="SPEC[:SHARE]",
        help="bad networks, with weights: 4g wifi:3 train,loss=0.05:2",
    )
    add("--shared-uplink", type=_kbit, metavar="KBIT", help="all of them behind one line of so many kbit/s")
    add("--workers", type=_workers, default=1, metavar="W", help="processes; 0: one for each core (1)")
    add("--worker", type=_part, help=argparse.SUPPRESS)
    add = parser.add_argument_group("what is shown").add_argument
    add("--json", action="store_true", help="print the summary as one JSON object")
    add("--quiet", action="store_true", help="show no progress, and the summary only if something was wrong")


def _add_who(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("who plays").add_argument
    add("-n", "--bots", type=_count, metavar="N", help=f"how many bots play; who leaves is replaced ({BOTS})")
    add("--url", type=_url, default=URL, metavar="URL", help=f"the server's address ({URL})")
    add("--game", default="arena", metavar="NAME", help="the game to play (arena)")
    add(
        "--behaviour",
        metavar="NAME",
        help="how bots play: one that ships, or module:function, an async generator decorated with @bot",
    )
    add("--mix", metavar="NAME=W,...", help="several behaviours by weight: wanderer=80,hunter=15,mybots:camper=5")
    add("--seed", type=int, default=0, metavar="K", help="the same seed gives every bot the same dice (0)")
    add("--bot", type=_number, metavar="NUMBER", help="play only this bot of the swarm, as it would play in it")


def _add_when(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("who comes when").add_argument
    add(
        "--duration",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="seconds to play once all are in; 0: until Ctrl-C (10)",
    )
    add("--ramp", type=_seconds, metavar="S", help="seconds over which bots arrive (one for every 100, at most 2)")
    add("--arrivals", type=_rate, metavar="R", help="so many a second come by themselves, at random, to stay a session")
    add("--bots-max", type=_count, metavar="N", help="turn away who comes while so many play")
    add(
        "--session",
        type=_session,
        metavar="S[,KIND]",
        help="how long a bot stays: S on average (exp, the default), or all S (fixed)",
    )
    add("--churn", type=_share, metavar="SHARE", help="so many leave each minute and are replaced: 0.1 is a tenth")
    add(
        "--storm",
        type=_storm,
        metavar="S[,SHARE]",
        help="every S seconds cut off this share of the bots at once (1: all); they come back at once",
    )
    add(
        "--fill",
        type=_count,
        metavar="N",
        help="company for a person: in the room where one is, bots and people together are N",
    )


def _wrong(expected: str, text: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise _wrong("a whole number from 1", text)
    return int(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise _wrong("the number of a bot, from 0", text)
    return int(text)


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > WORKERS_MAX:
        raise _wrong(f"a whole number, 0 to {WORKERS_MAX}", text)
    return int(text)


def _seconds(text: str) -> float:
    seconds = _float(text)
    if not 0 <= seconds < math.inf:
        raise _wrong("seconds, 0 or more", text)
    return seconds


def _rate(text: str) -> float:
    rate = _float(text)
    if not 0 < rate <= 10_000:
        raise _wrong("bots a second, above 0 and up to 10000", text)
    return rate


def _kbit(text: str) -> float:
    kbit = _float(text)
    if not 0 < kbit < math.inf:
        raise _wrong("kbit/s, above 0", text)
    return kbit


def _share(text: str) -> float:
    share = _float(text)
    if not 0 < share <= 1:
        raise _wrong("a share above 0 and up to 1 (0.1 is a tenth)", text)
    return share


def _session(text: str) -> tuple[float, str]:
    seconds, comma, kind = text.partition(",")
    mean_s = _float(seconds)
    if not 0 < mean_s < math.inf or (comma and kind not in ("exp", "fixed")):
        raise _wrong("seconds above 0, and `,exp` or `,fixed` (60,fixed)", text)
    return mean_s, kind or "exp"


def _storm(text: str) -> tuple[float, float]:
    seconds, comma, share = text.partition(",")
    every_s, cut = _float(seconds), _float(share) if comma else 1.0
    if not 0.1 <= every_s < math.inf or not 0 < cut <= 1:
        raise _wrong("seconds from 0.1, and a share above 0 and up to 1 (30,0.5)", text)
    return every_s, cut


def _part(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    return int(part), int(parts)


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        good = False
    if not good:
        raise _wrong("ws://host:port/ or wss://host/", text)
    return text
