"""Tries many seeds until one fails, makes what happened there small, and writes it as a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pelton.server import Room
from pelton.swarm import Behaviour
from pelton.testing.failure import SimulationFailed
from pelton.testing.script import Script
from pelton.testing.shrink import shrink
from pelton.testing.watch import Check
from pelton.testing.world import World

__all__ = ["Exploration", "Found", "as_test", "explore"]

AFTERMATH_S = 1.0
"""A script is watched for so long after the failure was seen first."""
REPLAYS_MAX = 600


@dataclass(frozen=True, slots=True)
class Exploration:
    """What is tried, seed by seed."""

    game: type[Room]
    bots: int = 8
    seconds: float = 30.0
    net: str = "lan"
    behaviour: Behaviour | None = None
    check: Check | None = None
    settings: Sequence[str] = ()

    def world(self, seed: int, script: Script | None = None, *, blind: bool = False) -> World:
        """A world to try; `blind` if nobody need look at the state."""
        return World(
            self.game,
            bots=self.bots,
            seed=seed,
            net=self.net,
            behaviour=self.behaviour,
            check=self.check,
            script=script,
            settings=self.settings,
            blind=blind,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A failure, with the seed it was found with and, if it could be repeated by a script, the smallest such script."""

    seed: int
    failed: SimulationFailed
    full: Script
    script: Script | None
    seconds: float
    """How long the script has to run."""


def explore(
    plan: Exploration, seeds: int, first_seed: int = 0, on_seed: Callable[[int], None] | None = None
) -> Found | None:
    """Try `seeds` seeds from `first_seed` on; the first failure, shrunk, or None. `on_seed` is told of each."""
    for seed in range(first_seed, first_seed + seeds):
        if on_seed is not None:
            on_seed(seed)
        world = plan.world(seed)
        try:
            failed = _failed(world, plan.seconds, to_the_end=True)
            if failed is not None:
                return _found(plan, seed, failed, world.script())
        finally:
            world.close()
    return None


def _found(plan: Exploration, seed: int, failed: SimulationFailed, full: Script) -> Found:
    signature, seconds = failed.failure.signature, failed.failure.at_s + AFTERMATH_S

    def fails(script: Script) -> bool:
        world = plan.world(seed, script, blind=failed.failure.kind != "replica")
        try:
            again = _failed(world, seconds, to_the_end=False)
        finally:
            world.close()
        return again is not None and again.failure.signature == signature

    script = shrink(full, fails, REPLAYS_MAX) if fails(full) else None
    return Found(seed, failed, full, script, seconds)


def _failed(world: World, seconds: float, *, to_the_end: bool) -> SimulationFailed | None:
    try:
        world.advance(seconds)
        if to_the_end:
            world.finish()
    except SimulationFailed as failed:
        return failed
    return None


def as_test(plan: Exploration, found: Found) -> str:
    """The failure as a test to be pasted; it fails until the game is right."""
    game, check = plan.game, plan.check
    needed = [(game.__module__, game.__qualname__), ("pelton.testing", "simulate")]
    arguments = [game.__qualname__]
    if check is not None:
        name = getattr(check, "__name__", "check")
        needed.append((check.__module__, name))
        arguments.append(f"check={name}")
    if found.script is None:
        body = "\n"
        arguments += [f"bots={plan.bots}", f"seed={found.seed}", f"net={plan.net!r}"]
        seconds = plan.seconds
    else:
        body = f"\nSCRIPT = {found.script}\n\n\n"
        needed += [("pelton.testing", name) for name in ("Acted", "Script", "Stall", "Visit") if f"{name}(" in body]
        arguments.append("script=SCRIPT")
        seconds = found.seconds
    if plan.settings:
        arguments.append(f"settings={list(plan.settings)!r}")
    return (
        _imports(needed)
        + body
        + "async def test_found_by_exploring() -> None:\n"
        + f"    async with simulate({', '.join(arguments)}) as world:\n"
        + f"        await world.run(seconds={seconds:.1f})\n"
    )


def _imports(needed: Sequence[tuple[str, str]]) -> str:
    """One line for each module."""
    names: dict[str, list[str]] = {}
    for module, name in sorted(needed):
        names.setdefault(module, []).append(name)
    return "".join(f"from {module} import {', '.join(found)}\n" for module, found in names.items())
