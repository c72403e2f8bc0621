"""Whole servers as processes, Pelton and the naive way behind the same sockets: what a room costs, if it holds.

The server is alone on one core, the load on another. How long ticks took is the server's own note.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.load import percentile
from benchmarks.measurement import Measurement
from benchmarks.peers import HERE, ROOT, pelton_environment
from benchmarks.processes import Server, ServerError, output_of
from benchmarks.streams_report import Part, Row, Target

__all__ = ["LIVES", "Live", "Ticks", "Window", "live", "served"]

HZ = 20
LOAD_TIMEOUT_S = 90.0
TICK_P99_MAX_MS = 25.0
MISSING_MAX = 0.05
WAYS = ("pelton", "naive")


@dataclass(frozen=True, slots=True)
class Live:
    """A room that is measured, and its crowd."""

    key: str
    about: str
    game: str
    clients: int
    actions_hz: float

    def crowded(self, share: int) -> Live:
        """The same with one of so many of its clients."""
        return replace(self, clients=self.clients // share)


LIVES = (
    Live("a", "(a) {clients:,} rows, everyone sees all", "Open", 200, 20),
    Live("b", "(b) {clients:,} players on a grid", "Field", 1_000, 2),
    Live("c", "(c) 10,000 rows, 20 change, {clients:,} clients", "Store", 100, 4),
)


@dataclass(frozen=True, slots=True)
class Window:
    """How long it is played before it counts, and how long it counts."""

    warmup_s: float
    window_s: float


@dataclass(frozen=True, slots=True)
class Ticks:
    """What the server noted of its ticks, each list in their order."""

    began_ns: Sequence[int]
    wall_ns: Sequence[int]
    cpu_ns: Sequence[int]
    skipped: Sequence[int]

    def within(self, began_s: float, ended_s: float) -> Ticks:
        """Those that began in this time."""
        picked = [at for at, began_ns in enumerate(self.began_ns) if began_s <= began_ns / 1e9 < ended_s]
        return Ticks(*([values[at] for at in picked] for values in asdict(self).values()))

    def wall_ms(self, share: float) -> float:
        """The time that this share of the ticks does not exceed."""
        return percentile(self.wall_ns, share) / 1e6


def served(
    game: str, way: str, settings: Sequence[str], load: Callable[[Server, int], str]
) -> tuple[dict[str, float], Ticks]:
    """Serve the game while the load runs; what the load found out, and the server's own notes."""
    server_cpu, load_cpu = sorted(os.sched_getaffinity(0))[:2]
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.json"
        sets = [f"--set=games.bench=state_games:{game}", *(f"--set={setting}" for setting in settings)]
        command = [sys.executable, str(HERE / "state_server.py"), f"--way={way}", f"--notes={notes}", *sets]
        with Server(command, pelton_environment(), server_cpu) as server:
            try:
                output = load(server, load_cpu)
            except ServerError as error:
                raise ServerError(f"{error}; the server's log: {server.last_words()}") from None
        try:
            return json.loads(output), Ticks(**json.loads(notes.read_text()))
        except (OSError, ValueError) as error:
            raise ServerError(f"the server left no notes: {error}") from None


@dataclass(frozen=True, slots=True)
class Run:
    """A server that was started once, or the reason why it does not count."""

    measurement: Measurement | None
    ticks: Ticks | None
    problems: Sequence[str]


def _run(room: Live, way: str, window: Window) -> Run:
    def load(server: Server, cpu: int) -> str:
        options: dict[str, object] = {
            "port": server.port,
            "server-pid": server.pid,
            "dialect": "pelton",
            "witness": "acks",
            "clients": room.clients,
            "actions-hz": room.actions_hz,
            "warmup": window.warmup_s,
            "window": window.window_s,
        }
        return output_of("benchmarks.load", options, ROOT, cpu, LOAD_TIMEOUT_S)

    try:
        found, ticks = served(room.game, way, (), load)
    except ServerError as error:
        return Run(None, None, [str(error)])
    measurement = Measurement(**found)  # type: ignore[arg-type]  # as the load wrote it
    in_window = ticks.within(measurement.began_s, measurement.began_s + measurement.window_s)
    return Run(measurement, in_window, list(measurement.problems()))


FIGURES: tuple[tuple[str, str, str, Callable[[Measurement, Ticks], float]], ...] = (
    ("us/update", "delivery_us", "{:.1f}", lambda load, _: load.delivery_us),
    ("B/client/s", "client_bytes_s", "{:,.0f}", lambda load, _: load.delivery_bytes * HZ),
    ("tick p50 ms", "tick_p50_ms", "{:.1f}", lambda _, ticks: ticks.wall_ms(0.5)),
    ("p99", "tick_p99_ms", "{:.1f}", lambda _, ticks: ticks.wall_ms(0.99)),
    ("CPU p50", "tick_cpu_p50_ms", "{:.1f}", lambda _, ticks: percentile(ticks.cpu_ns, 0.5) / 1e6),
    ("late p99 ms", "late_p99_ms", "{:.1f}", lambda load, _: load.late_p99_ms),
    ("came", "delivered", "{:.1%}", lambda load, _: load.delivered),
    ("KiB/conn", "connection_kib", "{:.1f}", lambda load, _: load.connection_kib),
    ("RSS MiB", "rss_mib", "{:.0f}", lambda load, _: load.rss_kib / 1024),
    ("waited", "waited", "{:.1%}", lambda load, _: load.waited),
    ("load", "load_cpu_share", "{:.0%}", lambda load, _: load.load_cpu_share),
)

NOTES = (
    "Processes: the server alone on one core, the load on another, 20 ticks a second. Actions: {actions}.",
    "`us/update`: CPU of the whole server by updates delivered. `tick`: from the look at the sockets before it to",
    "its last frame, wall clock. `came`: of the frames that were due. A row that did not hold says why instead.",
)


def live(rooms: Sequence[Live], runs: int, window: Window) -> Part:
    """Every room, Pelton and the naive way taking turns."""
    actions = ", ".join(f"{room.actions_hz:g} a second each in ({room.key})" for room in rooms)
    headings = [heading for heading, *_ in FIGURES]
    part = Part("live", "Whole servers", [NOTES[0].format(actions=actions), *NOTES[1:]], headings)
    for room in rooms:
        found: dict[str, list[Run]] = {way: [] for way in WAYS}
        for number in range(runs):
            for way in WAYS[:: -1 if number % 2 else 1]:
                found[way].append(_run(room, way, window))
        for way, ran in found.items():
            part.rows.append(_row(f"{room.about.format(clients=room.clients)}: {way}", ran))
        if room.key == "b":
            part.targets += _targets(part.rows[-2])
    problems = [f"{row.name}: {problem}" for row in part.rows for problem in _strings(row.figures["problems"])]
    part.notes = [*part.notes, *(f"Not used: {problem}" for problem in problems)]
    return part


def _row(name: str, ran: Sequence[Run]) -> Row:
    usable = [(run.measurement, run.ticks) for run in ran if run.measurement and run.ticks and not run.problems]
    figures: dict[str, object] = {"runs": len(usable)}
    cells: list[str] = []
    for _, key, pattern, value in FIGURES:
        figure = median(value(load, ticks) for load, ticks in usable) if usable else None
        figures[key] = figure
        cells.append("-" if figure is None else pattern.format(figure))
    figures["problems"] = [", ".join(run.problems) for run in ran if run.problems]
    figures["measurements"] = [asdict(run.measurement) for run in ran if run.measurement]
    return Row(name, cells, figures)


def _targets(row: Row) -> list[Target]:
    p99_ms, came = _number(row.figures["tick_p99_ms"]), _number(row.figures["delivered"])
    missing = None if came is None else 1 - came
    return [
        Target("(b) tick p99 in ms", TICK_P99_MAX_MS, p99_ms, "{:.1f}"),
        Target("(b) frames that did not come, at 20 Hz on one core", MISSING_MAX, missing, "{:.1%}"),
    ]


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _strings(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []
