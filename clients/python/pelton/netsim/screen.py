"""What `pelton netsim` shows: a live line on a terminal, lines about what went wrong, a summary."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from pelton.netsim.proxy import Counts, Proxy

__all__ = ["shown_live", "summary"]

REFRESH_S = 0.25


def summary(counts: Counts, lasted_s: float) -> str:
    """Two lines for people."""
    lines = [
        f"{_many(counts.connections, 'connection')} in {lasted_s:.1f} s"
        + (f", {counts.unreachable} could not reach the target" if counts.unreachable else "")
        + (f", {counts.refused} more refused" if counts.refused else ""),
        _carried(counts) + (f", {counts.half_open} half-open" if counts.half_open else ""),
    ]
    return "\n".join(lines)


@asynccontextmanager
async def shown_live(proxy: Proxy, *, wanted: bool) -> AsyncGenerator[None]:
    """Show what goes through the proxy while the block runs, if it is wanted and standard error is a terminal."""
    if not (wanted and sys.stderr.isatty()):  # rich would take FORCE_COLOR for a terminal
        yield
        return
    console = Console(stderr=True)
    # No refresh thread, as in pelton.swarm.progress.
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,  # the address goes where it is looked for
    ) as progress:

        def say(text: str) -> None:
            console.print(f"pelton netsim: {text}", markup=False, highlight=False)

        said, proxy.say = proxy.say, say
        drawing = asyncio.create_task(_draw(progress, proxy))
        try:
            yield
        finally:
            drawing.cancel()
            proxy.say = said


async def _draw(progress: Progress, proxy: Proxy) -> None:
    await proxy.started.wait()  # whoever starts it may write a line of its own first
    line = progress.add_task("", total=None)
    while True:
        counts = proxy.counts()
        progress.update(
            line, description=f"{_many(counts.connections, 'connection')}, {counts.open} open: {_carried(counts)}"
        )
        progress.refresh()
        await asyncio.sleep(REFRESH_S)


def _carried(counts: Counts) -> str:
    return (
        f"{_size(counts.up_bytes)} up, {_size(counts.down_bytes)} down, "
        f"{_many(counts.stalls, 'stall')}, {_many(counts.resets, 'reset')}"
    )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    return (
        f"{count:,} bytes" if count < 10_000 else f"{count / 1000:,.0f} kB" if count < 1e7 else f"{count / 1e6:,.0f} MB"
    )
