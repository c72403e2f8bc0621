"""From the command line's arguments to a plan, and back to the command that plays it again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace

from pelton.swarm.behaviour import BadBehaviour, find_behaviour
from pelton.swarm.behaviours import BY_GAME
from pelton.swarm.mix import Mix, parse_mix
from pelton.swarm.options import BOTS, URL
from pelton.swarm.plan import Plan
from pelton.swarm.population import Session, Storm

__all__ = ["Misuse", "part_words", "plan_from", "words_of"]

RAMP_BOTS_PER_S, RAMP_MAX_S = 100, 2.0
APART = (  # what makes no sense together, and why
    ("behaviour", "mix", "one says how all bots play, the other how each kind does"),
    ("fill", "bots", "--fill says itself how many are wanted"),
    ("fill", "arrivals", "--fill says itself who comes when"),
    ("fill", "session", "--fill says itself who comes when"),
    ("fill", "churn", "--fill says itself who comes when"),
    ("fill", "storm", "company should not vanish"),
    ("fill", "bot", "--fill plays with several"),
    ("fill", "workers", "a few bots need one process"),
    ("bot", "workers", "one bot needs one process"),
)
NEEDS = (
    ("bots_max", "arrivals", "it bounds those that come by themselves"),
    ("shared_uplink", "net", "it is the line that bad networks share"),
)


class Misuse(Exception):
    """The arguments make no sense together."""


def plan_from(args: argparse.Namespace) -> Plan:
    """What the arguments ask for. Misuse or BadBehaviour says what is wrong with them."""
    _check(args)
    bots = args.bots if args.bots is not None else (0 if args.arrivals or args.fill else BOTS)
    plan = Plan(
        url=args.url,
        game=args.game,
        mix=_mix(args.behaviour, args.mix, args.game),
        bots=bots,
        seed=args.seed,
        ramp_s=min(RAMP_MAX_S, bots / RAMP_BOTS_PER_S) if args.ramp is None else args.ramp,
        duration_s=0.0 if args.fill else args.duration,
        arrivals_per_s=args.arrivals or 0.0,
        bots_max=args.bots_max,
        session=Session(*args.session) if args.session else None,
        churn_per_min=args.churn or 0.0,
        storm=Storm(*args.storm) if args.storm else None,
        is_network_bad=bool(args.net),
        is_patient=bool(args.fill),
        words=("pelton", "swarm", *words_of(args)),
    )
    if args.worker is not None:
        return replace(plan, part=args.worker[0], parts=args.worker[1])
    return plan if args.bot is None else replace(plan, only=args.bot, bots=1, ramp_s=0.0)


def words_of(args: argparse.Namespace) -> Iterator[str]:
    """What says which swarm it is and what its bots meet; not how long it lasts, nor how it is shown."""
    if args.url != URL:
        yield from ("--url", args.url)
    if args.game != "arena":
        yield from ("--game", args.game)
    for name in ("behaviour", "mix", "churn"):
        value = getattr(args, name)
        if value is not None:
            yield from (f"--{name}", f"{value}")
    for name in ("session", "storm"):
        value = getattr(args, name)
        if value is not None:
            yield from (f"--{name}", f"{value[0]:g},{value[1]}")
    if args.net:
        yield from ("--net", *args.net)
    if args.shared_uplink is not None:
        yield from ("--shared-uplink", f"{args.shared_uplink:g}")
    yield from ("--seed", f"{args.seed}")


def part_words(args: argparse.Namespace) -> Iterator[str]:
    """What each process of several is told."""
    yield from words_of(args)
    yield from ("--duration", f"{args.duration}")
    for name in ("bots", "ramp", "arrivals", "bots_max"):
        value = getattr(args, name)
        if value is not None:
            yield from (_flag(name), f"{value}")


def _check(args: argparse.Namespace) -> None:
    given = {name for name, value in vars(args).items() if value is not None and (name, value) != ("workers", 1)}
    for one, other, reason in APART:
        if {one, other} <= given:
            raise Misuse(f"{_flag(one)} and {_flag(other)} do not go together: {reason}")
    for one, other, reason in NEEDS:
        if one in given and other not in given:
            raise Misuse(f"{_flag(one)} needs {_flag(other)}: {reason}")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _mix(place: str | None, mix: str | None, game: str) -> Mix:
    if (place or mix) and "" not in sys.path:
        sys.path.insert(0, "")  # bots in the current folder, as with `python -m`
    if mix is not None:
        return parse_mix(mix)
    if place is not None:
        return Mix.of(find_behaviour(place))
    if game not in BY_GAME:
        known = ", ".join(BY_GAME)
        raise BadBehaviour(f"no bot knows the game {game!r} (known: {known}); say how with --behaviour (idler: any)")
    return Mix.of(BY_GAME[game])
