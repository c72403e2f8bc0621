"""The command `pelton swarm`: arguments, exit codes, and where the output goes. Parsing imports nothing but argparse.

Exit codes: 0 everything was right, 1 something was wrong, 2 wrong usage, 3 nothing could be reached,
130 (SIGTERM: 143) interrupted before the duration was over.
"""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pelton.swarm.behaviour import Behaviour
    from pelton.swarm.crowd import Crowd
    from pelton.swarm.loop import Interrupts
    from pelton.swarm.plan import Plan

__all__ = ["add_arguments", "plan_from", "run"]

WRONG, MISUSE, UNREACHABLE, SIGNALLED = 1, 2, 3, 128
URL = "ws://127.0.0.1:7777/"
RAMP_BOTS_PER_S, RAMP_MAX_S = 100, 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` reads."""
    add = parser.add_argument
    add("-n", "--bots", type=_count, default=10, metavar="N", help="how many bots play (10)")
    add(
        "--duration",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="seconds to play once all are in; 0: until Ctrl-C (10)",
    )
    add("--seed", type=int, default=0, metavar="K", help="the same seed gives every bot the same dice (0)")
    add("--url", type=_url, default=URL, metavar="URL", help=f"the server's address ({URL})")
    add("--game", default="arena", metavar="NAME", help="the game to play (arena)")
    add("--behaviour", metavar="MODULE:FUNCTION", help="how bots play: an async generator decorated with @bot")
    add("--ramp", type=_seconds, metavar="S", help="seconds over which bots arrive (one for every 100, at most 2)")
    add("--json", action="store_true", help="print the summary as one JSON object")
    add("--quiet", action="store_true", help="show no progress, and the summary only if something was wrong")


def run(args: argparse.Namespace) -> int:
    """Play; the exit code."""
    from pelton.swarm.behaviour import BadBehaviour

    try:
        behaviour = _behaviour(args.behaviour, args.game)
    except BadBehaviour as error:
        sys.stderr.write(f"pelton swarm: {error}\n")
        return MISUSE
    return _run(plan_from(args, behaviour), as_json=args.json, quiet=args.quiet)


def _run(plan: Plan, *, as_json: bool, quiet: bool) -> int:
    import asyncio

    from pelton.swarm.loop import Interrupts, allow_sockets, collect_less_often, loop_factory

    allow_sockets(plan.bots)
    collect_less_often()
    interrupts = Interrupts()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            crowd = runner.run(_play(plan, interrupts, show=not quiet))
    except asyncio.CancelledError:
        sys.stderr.write("pelton swarm: interrupted twice, ended without a summary\n")
        return SIGNALLED + (interrupts.received or 0)
    code = _exit_code(crowd, interrupts)
    if as_json or not quiet or code:
        _print_summary(crowd, as_json=as_json)
    return code


async def _play(plan: Plan, interrupts: Interrupts, *, show: bool) -> Crowd:
    import time

    from pelton.swarm.crowd import Crowd
    from pelton.swarm.progress import shown_live
    from pelton.swarm.tally import Tally

    crowd = Crowd(plan, Tally(), cpu_s=time.process_time)
    interrupts.watch(crowd.dismiss)
    async with shown_live(crowd, wanted=show):
        await crowd.play()
    return crowd


def _exit_code(crowd: Crowd, interrupts: Interrupts) -> int:
    from pelton.swarm.report import problems

    tally = crowd.tally
    if tally.started and not tally.connected:
        return UNREACHABLE
    if problems(tally):
        return WRONG
    if interrupts.received is not None and crowd.plan.duration_s:
        return SIGNALLED + interrupts.received
    return 0


def _print_summary(crowd: Crowd, *, as_json: bool) -> None:
    """The summary on standard output; the first traceback out of a behaviour, if there is one, on standard error."""
    import json

    from rich.console import Console

    from pelton.swarm.report import figures, shown

    trace = next((failure.trace for failure in crowd.tally.failures if failure.trace), "")
    sys.stderr.write(trace)
    if as_json:
        sys.stdout.write(json.dumps(figures(crowd), indent=2) + "\n")
    else:
        Console().print(shown(crowd))


def plan_from(args: argparse.Namespace, behaviour: Behaviour) -> Plan:
    """What the arguments ask for."""
    from pelton.swarm.mix import Mix
    from pelton.swarm.plan import Plan

    bots: int = args.bots
    ramp_s: float | None = args.ramp
    return Plan(
        url=args.url,
        game=args.game,
        mix=Mix.of(behaviour),
        bots=bots,
        seed=args.seed,
        ramp_s=min(RAMP_MAX_S, bots / RAMP_BOTS_PER_S) if ramp_s is None else ramp_s,
        duration_s=args.duration,
    )


def _behaviour(place: str | None, game: str) -> Behaviour:
    from pelton.swarm.behaviour import BadBehaviour, find_behaviour
    from pelton.swarm.behaviours import BY_GAME

    if place is not None:
        sys.path.insert(0, "")  # bots in the current folder, as with `python -m`
        return find_behaviour(place)
    if game not in BY_GAME:
        raise BadBehaviour(f"no bot knows the game {game!r} (known: {', '.join(BY_GAME)}); say how with --behaviour")
    return BY_GAME[game]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds, 0 or more, got {text!r}")
    return seconds


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        good = False
    if not good:
        raise argparse.ArgumentTypeError(f"expected ws://host:port/ or wss://host/, got {text!r}")
    return text
