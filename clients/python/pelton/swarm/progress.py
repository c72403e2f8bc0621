"""A swarm's progress, live, on standard error. Only on a terminal: in a log nothing moves, so nothing is written."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from pelton.swarm.outcome import Playing

__all__ = ["shown_live"]

REFRESH_S = 0.25


@asynccontextmanager
async def shown_live(crowd: Playing, *, wanted: bool) -> AsyncGenerator[None, None]:
    """Show the crowd's progress while the block runs, if it is wanted and standard error is a terminal."""
    if not (wanted and sys.stderr.isatty()):  # rich would take FORCE_COLOR for a terminal
        yield
        return
    console = Console(stderr=True)
    # No refresh thread: it would take the interpreter from the bots whenever it likes.
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[figures]}"),
        console=console,
        auto_refresh=False,
        transient=True,
    ) as progress:
        drawing = asyncio.create_task(_draw(progress, crowd))
        try:
            yield
        finally:
            drawing.cancel()


async def _draw(progress: Progress, crowd: Playing) -> None:
    line = progress.add_task("arriving", total=1, figures="")
    frames_before = sent_before = 0
    while True:
        tally, (played_s, _) = crowd.tally, crowd.elapsed()
        what, done, total = _stage(crowd, played_s)
        p99_s = tally.input_to_ack.percentile_s(99)
        figures = (
            f"{(tally.frames - frames_before) / REFRESH_S:,.0f} frames/s "
            f"{(tally.sent - sent_before) / REFRESH_S:,.0f} actions/s "
            f"p99 {1000 * (p99_s or 0):.0f} ms "
            f"{tally.failed_bots + tally.violated} errors"
        )
        frames_before, sent_before = tally.frames, tally.sent
        progress.update(line, description=what, completed=done, total=total, figures=figures)
        progress.refresh()
        await asyncio.sleep(REFRESH_S)


def _stage(crowd: Playing, played_s: float) -> tuple[str, float, float | None]:
    """What goes on, how much of it is done, and of how much; None if nobody knows."""
    plan = crowd.plan
    if plan.is_patient:
        return (f"{crowd.alive} bots keep company" if crowd.alive else "waiting for people", 0, None)
    if played_s <= 0:
        return (f"arriving {crowd.arrived}/{crowd.wanted}", crowd.arrived, crowd.wanted or None)
    who = "playing" if crowd.alive == plan.bots else f"{crowd.alive} play"
    if plan.duration_s:
        done_s = min(played_s, plan.duration_s)
        return (f"{who} {int(done_s)}/{plan.duration_s:g} s", done_s, plan.duration_s)
    return (f"{who} {int(played_s)} s", 0, None)
