"""The same few changes in ever more rows: what has not changed must cost nothing. In this process, without sockets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median

from benchmarks.state_encode import WARM_TICKS, Cost, calm, changed
from benchmarks.state_games import LargeStore, SmallStore, Store
from benchmarks.state_hall import Hall
from benchmarks.streams_report import Part, Row, Target

__all__ = ["still"]

CLIENTS = 100
FLAT_MAX = 1.50
STORES = (SmallStore, Store, LargeStore)

NOTES = (
    "In process, CPU of the thread; 20 rows change in a tick, 100 clients see all.",
    "`game`: the rules of the tick, and finding out what changed. The worst tick is the one in which",
    "the digest of the group is due: that is over all rows, and in the mean.",
)


def still(runs: int, ticks: int) -> Part:
    """1,000, 10,000 and 100,000 rows."""
    headings = ("game ms", "encode ms", "mean", "worst", "x the fewest", "mean, x the fewest", "B/client/s")
    part = Part("still", "Mostly still rows: what it costs that they are there", NOTES, headings)
    found: list[list[tuple[Cost, Cost]]] = [[] for _ in STORES]
    for _ in range(runs):
        for runs_of_store, store in zip(found, STORES, strict=True):
            runs_of_store.append(_run(store, ticks))
    for store, costs in zip(STORES, found, strict=True):
        part.rows.append(_row(f"{store.rows:,} rows", costs, found[0]))
    part.targets.append(
        Target("(c) encode CPU of a tick, 100,000 rows beside 1,000", FLAT_MAX, _rise(found[-1], found[0], median))
    )
    return part


def _run(store: type[Store], ticks: int) -> tuple[Cost, Cost]:
    """What the game and the encoding took."""
    hall = Hall(store, CLIENTS)
    for _ in range(WARM_TICKS):
        hall.step_ms()
        hall.deliver_ms()
    game, encoding = Cost(), Cost()
    with calm():
        for _ in range(ticks):
            game.add(hall.step_ms(), 0)
            changed(hall, encoding)
    return game, encoding


def _rise(
    costs: Sequence[tuple[Cost, Cost]],
    fewest: Sequence[tuple[Cost, Cost]],
    average: Callable[[Sequence[float]], float],
) -> float:
    """Encoding, beside that of the fewest rows in the same run."""
    pairs = zip(costs, fewest, strict=True)
    return median(average(many.ticks_ms) / average(few.ticks_ms) for (_, many), (_, few) in pairs)


def _row(name: str, costs: Sequence[tuple[Cost, Cost]], fewest: Sequence[tuple[Cost, Cost]]) -> Row:
    every = [took for _, cost in costs for took in cost.ticks_ms]
    figures = {
        "game_ms": median(took for game, _ in costs for took in game.ticks_ms),
        "encode_ms": median(every),
        "mean_ms": fmean(every),
        "worst_ms": max(every),
        "rise": _rise(costs, fewest, median),
        "mean_rise": _rise(costs, fewest, fmean),
        "client_bytes_s": median(cost.client_bytes_s(CLIENTS) for _, cost in costs),
    }
    patterns = (*["{:.3f}"] * 4, "{:.2f}x", "{:.2f}x", "{:,.0f}")
    cells = [pattern.format(figure) for pattern, figure in zip(patterns, figures.values(), strict=True)]
    return Row(name, cells, figures)
