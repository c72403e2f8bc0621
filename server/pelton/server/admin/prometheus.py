"""The numbers of `/metrics`, as Prometheus reads them (text format 0.0.4).

The only labels are `game`, of which the configuration offers a few, and `reason`, of which the code has a few: rooms,
players and addresses come and go, and each new label value would be a time series for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from types import MappingProxyType

from pelton.server.admin.stats import counters
from pelton.server.admin.watched import Watched
from pelton.server.clock import NS_PER_S
from pelton.server.metrics import Metrics, Refusal
from pelton.server.tick_times import BOUNDS_NS, GameTimes, TickTimes

__all__ = ["CONTENT_TYPE", "HELP", "exposition"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

HELP: Mapping[str, str] = MappingProxyType(
    {
        "connections_total": "Connections accepted.",
        "actions_taken": "Actions handed to a game.",
        "actions_refused": "Actions refused with a reason.",
        "messages_bad": "Messages that ended their connection.",
        "frames_sent": "Frames sent to clients.",
        "frames_skipped": "Frames not sent because the client was still busy with an earlier one.",
        "keyframes_sent": "Frames sent that carry the whole state a client may see.",
        "resyncs": "Times a client asked for groups anew, because its digests were not those of the server.",
        "ticks": "Ticks run.",
        "ticks_late": "Ticks that began more than one tick interval after they were due.",
        "ticks_skipped": "Ticks given up because the server had fallen too far behind.",
        "room_faults": "Rooms ended by an exception in their game's code.",
    }
)
"""Of each counter that has no label. `connections` is a gauge, `ticks_overrun` is told by game, and refused connections
by reason."""


def exposition(watched: Watched) -> str:
    """Everything, a line each."""
    return "".join(f"{line}\n" for line in _lines(watched))


def _lines(watched: Watched) -> Iterator[str]:
    usage, times = watched.usage(), watched.times
    yield from _one("process_cpu_seconds_total", "counter", "CPU time, user and system.", usage.cpu_ns / NS_PER_S)
    yield from _one("process_resident_memory_bytes", "gauge", "Memory that is in RAM.", usage.rss_bytes)
    yield from _one("pelton_uptime_seconds", "gauge", "Time since the server started.", watched.uptime_s)
    yield from _one("pelton_connections", "gauge", "Connections open now.", watched.metrics.connections)
    yield from _by_game("pelton_rooms", "gauge", "Rooms open now.", _rooms(watched))
    yield from _by_game("pelton_players", "gauge", "Seats taken or promised now.", _players(watched))
    for name, value in counters(watched.metrics).items():
        if name in HELP:
            yield from _one(f"pelton_{name.removesuffix('_total')}_total", "counter", HELP[name], value)
    yield from _refusals(watched.metrics)
    overruns = {name: game.overruns for name, game in times.games.items()}
    text = "Ticks whose work took longer than their room's tick interval."
    yield from _by_game("pelton_ticks_overrun_total", "counter", text, overruns)
    yield from _histograms(times)


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _one(name: str, kind: str, text: str, value: float) -> Iterator[str]:
    yield from _head(name, kind, text)
    yield f"{name} {value}"


def _by_game(name: str, kind: str, text: str, values: Mapping[str, float]) -> Iterator[str]:
    yield from _head(name, kind, text)
    for game, value in sorted(values.items()):
        yield f'{name}{{game="{_escaped(game)}"}} {value}'


def _refusals(metrics: Metrics) -> Iterator[str]:
    name = "pelton_connections_refused_total"
    yield from _head(name, "counter", "Connections turned away, by reason.")
    found = counters(metrics)
    for reason in Refusal:
        yield f'{name}{{reason="{reason.value}"}} {found[f"refused_{reason.value}"]}'


def _rooms(watched: Watched) -> Mapping[str, int]:
    """Also 0, for a game that had rooms: a series that ends is no drop to 0."""
    found = Counter(dict.fromkeys(watched.times.games, 0))
    found.update(opened.ticker.game for opened in watched.lobby)
    return found


def _players(watched: Watched) -> Mapping[str, int]:
    found = Counter(dict.fromkeys(watched.times.games, 0))
    for opened in watched.lobby:
        found[opened.ticker.game] += opened.ticker.taken
    return found


def _histograms(times: TickTimes) -> Iterator[str]:
    name = "pelton_tick_duration_seconds"
    yield from _head(name, "histogram", "How long the work of a tick took: the game's step and the frames written.")
    for game, own in sorted(times.games.items()):
        yield from _histogram(name, f'game="{_escaped(game)}"', own)


def _histogram(name: str, label: str, own: GameTimes) -> Iterator[str]:
    within = list(accumulate(own.counts))
    for bound_ns, count in zip(BOUNDS_NS, within[:-1], strict=True):
        yield f'{name}_bucket{{{label},le="{bound_ns / NS_PER_S}"}} {count}'
    yield f'{name}_bucket{{{label},le="+Inf"}} {within[-1]}'
    yield f"{name}_sum{{{label}}} {own.sum_ns / NS_PER_S}"
    yield f"{name}_count{{{label}}} {within[-1]}"


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
