"""How far a simulation is, live, on standard error. Only on a terminal: in a log nothing moves."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from pelton.testing.world import World

__all__ = ["shown", "shown_seeds"]

SLICE_S = 1.0
REFRESH_S = 0.25


@contextmanager
def shown(world: World, seconds: float) -> Generator[Callable[[], None]]:
    """Gives what lets the world run for so long, and shows how far it is."""
    with _line() as say:

        def advance() -> None:
            began_s, said_s = time.perf_counter(), 0.0
            while world.now_s < seconds:
                world.advance(min(SLICE_S, seconds - world.now_s))
                took_s = time.perf_counter() - began_s
                if took_s - said_s >= REFRESH_S:
                    said_s = took_s
                    speed = world.now_s / took_s
                    frames = f"{world.watch.frames:,} frames"
                    say(f"{world.now_s:,.0f} of {seconds:,.0f} s, {speed:.0f} times as fast, {frames}")

        yield advance


@contextmanager
def shown_seeds(seeds: int, first: int) -> Generator[Callable[[int], None]]:
    """Gives what is to be told of each seed that is tried."""
    with _line() as say:
        yield lambda seed: say(f"seed {seed}, {seed - first + 1} of {seeds}")


@contextmanager
def _line() -> Generator[Callable[[str], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    status = Status("", console=Console(stderr=True), refresh_per_second=4)
    with status:
        yield status.update
