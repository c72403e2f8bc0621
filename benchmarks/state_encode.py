"""What it costs to say what changed, beside packing all that is seen: in this process, without sockets.

Both ways take turns, tick by tick, on the same state and for the same clients.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean, median

from benchmarks.state_games import Field, Open, Store
from benchmarks.state_hall import Hall
from benchmarks.state_naive import NaiveWay
from benchmarks.streams_report import Part, Row, Target
from pelton.server import Room

__all__ = ["CHANGED", "HZ", "WARM_TICKS", "Cost", "calm", "changed", "encode"]

HZ = 20
WARM_TICKS = 3
NAIVE_ROWS_MAX = 200_000
"""The naive ways pack so many rows a tick at most; with more to pack, they do it for fewer clients and count on."""
NAIVE_STRIDE = 20
"""And then not in every tick either."""
ENCODE_MAX, BYTES_MAX = 0.10, 0.50
CHANGED = "what changed (Pelton)"
MAPS, ARRAYS, SHARED = "all as maps", "all as arrays", "all as arrays, once for all who see the same"


@dataclass(frozen=True, slots=True)
class Question:
    """A room that is measured."""

    key: str
    about: str
    game: type[Room]
    clients: int


QUESTIONS = (
    Question("a", "(a) {clients:,} rows, everyone sees all", Open, 200),
    Question("b", "(b) {clients:,} players on a grid", Field, 1_000),
    Question("c", "(c) 10,000 rows, 20 change, {clients:,} clients", Store, 100),
)


@dataclass(slots=True)
class Cost:
    """One way in one run: of each tick the milliseconds, and what all clients were sent."""

    ticks_ms: list[float] = field(default_factory=list)
    bytes_sent: int = 0
    ticks: int = 0

    def add(self, took_ms: float, sent: int) -> None:
        """One more tick."""
        self.ticks_ms.append(took_ms)
        self.bytes_sent += sent
        self.ticks += 1

    def client_bytes_s(self, clients: int) -> float:
        """What a client is sent in a second of 20 ticks."""
        return self.bytes_sent / self.ticks / clients * HZ


def measured(question: Question, ticks: int, clients: int) -> tuple[dict[str, Cost], list[float], float]:
    """One run: the cost of each way, the milliseconds of each tick of the game itself, the rows that a client sees."""
    hall = Hall(question.game, clients)
    for _ in range(WARM_TICKS):
        hall.step_ms()
        hall.deliver_ms()
    costs = {name: Cost() for name in (CHANGED, MAPS, ARRAYS, SHARED)}
    rows = hall.rows_seen()
    stride = 1 if rows * clients <= NAIVE_ROWS_MAX else NAIVE_STRIDE
    game_ms: list[float] = []
    with calm():
        for tick in range(ticks):
            game_ms.append(hall.step_ms())
            if tick % 2:
                changed(hall, costs[CHANGED])
            if tick % stride == 0:
                _naive(hall, costs)
            if not tick % 2:
                changed(hall, costs[CHANGED])
    return costs, game_ms, rows


@contextmanager
def calm() -> Generator[None]:
    """Without garbage collection: none of the ways makes any, and a pause would hit one of them by chance."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def changed(hall: Hall, cost: Cost) -> None:
    """Pelton's way, once; what the clients take to count is not its cost."""
    heard = hall.heard_bytes
    took_ms = hall.deliver_ms()
    cost.add(took_ms - hall.hand_over_ms(), hall.heard_bytes - heard)


def _naive(hall: Hall, costs: Mapping[str, Cost]) -> None:
    """Each naive way once, for as many clients as it can be done for in reasonable time."""
    seen, clients = hall.groups_seen(), len(hall.players)
    seen = seen[: max(1, int(NAIVE_ROWS_MAX / hall.rows_seen()))]
    for name in (MAPS, ARRAYS):
        way = NaiveWay(hall.table, as_maps=name == MAPS)
        began_ns = time.thread_time_ns()
        way.begin()
        ready_ns = time.thread_time_ns()
        sent = sum([len(way.payload(groups)) for groups in seen])
        packed_ns = time.thread_time_ns() - ready_ns
        times = clients / len(seen)
        costs[name].add((ready_ns - began_ns + packed_ns * times) / 1e6, round(sent * times))
    began_ns = time.thread_time_ns()
    way = NaiveWay(hall.table, as_maps=False)
    way.begin()
    shared: dict[tuple[int, ...], bytes] = {}
    sent = 0
    for groups in seen:
        if groups not in shared:
            shared[groups] = way.payload(groups)
        sent += len(shared[groups])
    costs[SHARED].add((time.thread_time_ns() - began_ns) / 1e6, round(sent * clients / len(seen)))


def encode(keys: Sequence[str], runs: int, ticks: int, share: int = 1) -> Part:
    """Every room, Pelton beside the naive ways, with one of `share` of its clients."""
    part = Part(
        "encode",
        "Encoding: CPU of one tick, all frames of all clients",
        (
            "In process, CPU of the thread, medians over the ticks and runs (smallest-largest of the runs' medians).",
            "`game`: the rules of the tick, and finding out what changed. `worst`: the worst tick of all.",
            "`all as ...`: msgpack of every row that the client sees, for every client; ratios are within a run.",
        ),
        ("rows seen", "game ms", "encode ms", "mean", "worst", "CPU / maps", "CPU / arrays", "B/client/s", "B / maps"),
    )
    for question in QUESTIONS:
        if question.key in keys:
            clients = question.clients // share
            found = [measured(question, ticks, clients) for _ in range(runs)]
            part.rows += _rows(question.about.format(clients=clients), clients, found)
            if question.key == "b":
                part.targets += _targets(part.rows[-4])
    return part


Found = tuple[dict[str, Cost], list[float], float]


def _rows(about: str, clients: int, found: Sequence[Found]) -> Iterator[Row]:
    for name in (CHANGED, MAPS, ARRAYS, SHARED):
        medians = [median(costs[name].ticks_ms) for costs, _, _ in found]
        ratios = {
            other: median(median(costs[name].ticks_ms) / median(costs[other].ticks_ms) for costs, _, _ in found)
            for other in (MAPS, ARRAYS)
        }
        bytes_s = median(costs[name].client_bytes_s(clients) for costs, _, _ in found)
        maps_bytes_s = median(costs[MAPS].client_bytes_s(clients) for costs, _, _ in found)
        every = [took for costs, _, _ in found for took in costs[name].ticks_ms]
        game_ms = median(took for _, game, _ in found for took in game)
        rows = fmean(seen for _, _, seen in found)
        figures = {
            "rows_seen": rows,
            "game_ms": game_ms,
            "encode_ms": medians,
            "mean_ms": fmean(every),
            "worst_ms": max(every),
            "cpu_of_maps": ratios[MAPS],
            "cpu_of_arrays": ratios[ARRAYS],
            "client_bytes_s": bytes_s,
            "bytes_of_maps": bytes_s / maps_bytes_s,
        }
        cells = [
            f"{rows:.0f}",
            f"{game_ms:.2f}",
            f"{median(medians):.2f} ({min(medians):.2f}-{max(medians):.2f})",
            f"{fmean(every):.2f}",
            f"{max(every):.2f}",
            f"{ratios[MAPS]:.3f}x",
            f"{ratios[ARRAYS]:.3f}x",
            f"{bytes_s:,.0f}",
            f"{bytes_s / maps_bytes_s:.3f}x",
        ]
        yield Row(f"{about}: {name}", cells, figures)


def _targets(row: Row) -> Iterator[Target]:
    cpu, size = row.figures["cpu_of_maps"], row.figures["bytes_of_maps"]
    assert isinstance(cpu, float)
    assert isinstance(size, float)
    yield Target("(b) encode CPU beside packing all as maps", ENCODE_MAX, cpu, "{:.3f}x")
    yield Target("(b) bytes beside all as maps", BYTES_MAX, size, "{:.3f}x")
