"""The command `pelton simulate`: a game, its bots and their network on virtual time. Parsing imports only argparse.

Exit codes: 0 everything was right, 1 something was wrong, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pelton.server import Room
    from pelton.swarm import Behaviour
    from pelton.testing.explore import Exploration
    from pelton.testing.watch import Check

__all__ = ["add_arguments", "run"]

WRONG, MISUSE = 1, 2


class _Misuse(Exception):
    """The command line asks for what is not there."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` reads."""
    add = parser.add_argument
    add("game", metavar="GAME", help="the game: module:Class, or a Python file with one Room in it")
    add("-n", "--bots", type=_count, default=8, metavar="N", help="how many bots play (8)")
    add("--seconds", type=_seconds, default=60.0, metavar="S", help="how much virtual time goes by (60)")
    add("--seed", type=int, default=0, metavar="K", help="the same seed does the same again (0)")
    add(
        "--net",
        default="lan",
        metavar="SPEC",
        help="the bots' network: lan, wifi, 4g, train, awful, or conditions (lan)",
    )
    add("--behaviour", metavar="MODULE:FUNCTION", help="how bots play (as in `pelton swarm`; else they try everything)")
    add("--check", metavar="MODULE:FUNCTION", help="called with the room after each tick; raises if something is wrong")
    add(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the server, as for `pelton serve`"
    )
    add("--explore", type=_count, metavar="N", help="try N seeds from --seed on, and make the first failure small")
    add("--json", action="store_true", help="print the summary as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Simulate; the exit code."""
    from pelton.netsim import BadConditions
    from pelton.server.config import ConfigError
    from pelton.server.simulate.errors import GameError
    from pelton.swarm import BadBehaviour

    sys.path.insert(0, "")  # games and bots in the current folder, as with `python -m`
    try:
        plan = _plan(args)
        plan.world(args.seed).close()  # finds out what is wrong with the settings
    except (_Misuse, BadConditions, BadBehaviour, ConfigError, GameError) as error:
        sys.stderr.write(f"pelton simulate: {error}\n")
        return MISUSE
    _be_quick()
    return _explore(plan, args) if args.explore else _simulate(plan, args)


def _plan(args: argparse.Namespace) -> Exploration:
    from pelton.testing.explore import Exploration

    game = _game(args.game)
    return Exploration(
        game=game,
        bots=args.bots,
        seconds=args.seconds,
        net=args.net,
        behaviour=_behaviour(args.behaviour, game, exploring=bool(args.explore)),
        check=_check(args.check),
        settings=tuple(args.set),
    )


def _be_quick() -> None:
    """No logging of what happens to bots on bad networks, and a garbage collector that looks less often."""
    import gc
    import logging

    logging.disable(logging.ERROR)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _simulate(plan: Exploration, args: argparse.Namespace) -> int:
    import time

    from pelton.testing.failure import SimulationFailed
    from pelton.testing.progress import shown
    from pelton.testing.summary import figures, text

    world = plan.world(args.seed)
    began_s = time.perf_counter()
    failed: SimulationFailed | None = None
    try:
        with shown(world, args.seconds) as advance:
            advance()
            world.finish()
    except SimulationFailed as found:
        failed = found
    took_s = time.perf_counter() - began_s
    summary = figures(world, plan, took_s, failed)
    sys.stdout.write(text(summary, as_json=args.json))
    if failed is not None:
        _tell(failed)
    world.close()
    return WRONG if failed is not None else 0


def _explore(plan: Exploration, args: argparse.Namespace) -> int:
    from pelton.testing.explore import as_test, explore
    from pelton.testing.progress import shown_seeds

    with shown_seeds(args.explore, args.seed) as on_seed:
        found = explore(plan, args.explore, args.seed, on_seed)
    if found is None:
        sys.stdout.write(f"{args.explore} seeds from {args.seed} on: everything was right\n")
        return 0
    _tell(found.failed)
    if found.script is None:
        sys.stdout.write(f"# seed {found.seed} fails; what the bots did there, written down, does not\n")
    else:
        script = found.script
        sys.stdout.write(
            f"# seed {found.seed} fails; {found.full.size} things happened there, {script.size} of them are enough\n"
        )
    sys.stdout.write(f"\n{as_test(plan, found)}")
    return WRONG


def _tell(failed: BaseException) -> None:
    """What is wrong; the traceback of what was raised, if something was."""
    import traceback

    if failed.__cause__ is not None:
        sys.stderr.write("".join(traceback.format_exception(failed.__cause__)) + "\n")
    sys.stderr.write(f"{failed}\n\n")


def _game(place: str) -> type[Room]:
    from pelton.server.loading import games_in_file, load_game

    if place.endswith(".py"):
        entries = games_in_file(Path(place))
        if len(entries) > 1:
            raise _Misuse(f"{place} has several Rooms ({', '.join(entries)}); name one as module:Class")
        place = next(iter(entries.values()))
    return load_game("GAME", place)


def _behaviour(place: str | None, game: type[Room], *, exploring: bool) -> Behaviour | None:
    from pelton.protocol.schema import snake_case
    from pelton.swarm.behaviour import find_behaviour
    from pelton.swarm.behaviours import BY_GAME

    if place is not None:
        return find_behaviour(place)
    ships = game.__module__.startswith("pelton.games.")
    return BY_GAME.get(snake_case(game.__name__)) if ships and not exploring else None


def _check(place: str | None) -> Check | None:
    if place is None:
        return None
    module_name, _, name = place.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise _Misuse(f"--check {place!r}: {error}; expected module:function") from error
    if not callable(found):
        raise _Misuse(f"--check {place!r}: {name} cannot be called")
    return found  # type: ignore[no-any-return]  # what it takes shows when it is called


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds, more than 0, got {text!r}")
    return seconds
