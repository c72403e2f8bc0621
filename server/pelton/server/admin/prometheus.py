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
        "greetings_late": "Connections closed because the authenticator did not answer in time.",
        "tickets_refused": "Connections closed because their ticket was not good.",
        "tickets_expired": "Connections closed because the time of their ticket was over.",
        "users_replaced": "Connections closed because the same user connected anew.",
        "joins_limited": "Joins rejected because too many came at once, or from one player.",
        "actions_taken": "Actions handed to a game.",
        "actions_refused": "Actions refused with a reason.",
        "actions_overflowed": "Actions refused because as many as may wait for a player already did.",
        "actions_overweight": "Actions refused because as many bytes as may wait for a player already did.",
        "actions_late": "Actions refused because they had waited for their room for too long.",
        "turns_deferred": "Players who had actions left after a tick, tick by tick.",
        "ticks_full": "Ticks that took as many actions as a tick may take in total.",
        "messages_bad": "Messages that ended their connection.",
        "bytes_received": "Bytes received from clients, with what a WebSocket adds.",
        "bytes_sent": "Bytes sent to clients, with what a WebSocket adds.",
        "messages_unfinished": "Connections closed because a message was begun and did not come whole.",
        "slices_cut": "Visits of a connection that had to leave some of its frames for later.",
        "intakes_cut": "Looks at the sockets that were over before everybody had been read.",
        "reads_held": "Times a connection was not read because it had used up its frames.",
        "floods_closed": "Connections closed because they wanted more than they may, without a break.",
        "pings_sent": "WebSocket pings sent to clients that were silent.",
        "connections_silent": "Connections closed because nothing was heard of them.",
        "frames_sent": "Frames sent to clients.",
        "frames_skipped": "Frames not sent because the client was still busy with an earlier one.",
        "frames_paced": "Frames that a client which is behind was not even to get.",
        "events_shed": "Events that a player was never told, as too many waited for him.",
        "cosmetic_dropped": "Cosmetic events that gave way to newer ones.",
        "drops": "Connections lost whose seats were kept.",
        "resumes": "Seats that came back on another connection.",
        "resumes_refused": "Attempts to resume with a token that was not the seat's.",
        "keyframes_sent": "Frames sent that carry the whole state a client may see.",
        "resyncs": "Times a client asked for groups anew, because its digests were not those of the server.",
        "dumps_written": "Records of rooms that were written into a file.",
        "dumps_lost": "Records of rooms that were to be written into a file, and were not.",
        "admin_actions": "What admins did by the admin port: rooms paused, players kicked and so on.",
        "ticks": "Ticks run.",
        "ticks_late": "Ticks that began more than one tick interval after they were due.",
        "ticks_skipped": "Ticks given up because the server had fallen too far behind.",
        "room_faults": "Rooms ended by an exception in their game's code.",
        "unhandled_errors": "Exceptions that no connection and no room answers for.",
        "overload_changes": "Steps up or down the overload ladder.",
        "rooms_overrun": "Rooms ended because they took more than their share.",
        "stalls": "Times the event loop stood still.",
    }
)
"""Of each counter that has no label. `connections`, `seated` and `greetings_pending` are gauges, `ticks_overrun` is
told by game, and refused connections by reason."""


def exposition(watched: Watched) -> str:
    """Everything, a line each."""
    return "".join(f"{line}\n" for line in _lines(watched))


def _lines(watched: Watched) -> Iterator[str]:
    usage, times = watched.usage(), watched.times
    yield from _one("process_cpu_seconds_total", "counter", "CPU time, user and system.", usage.cpu_ns / NS_PER_S)
    yield from _one("process_resident_memory_bytes", "gauge", "Memory that is in RAM.", usage.rss_bytes)
    yield from _one("pelton_uptime_seconds", "gauge", "Time since the server started.", watched.uptime_s)
    yield from _one("pelton_connections", "gauge", "Connections open now.", watched.metrics.connections)
    pending = watched.metrics.greetings_pending
    yield from _one("pelton_greetings_pending", "gauge", "Connections that wait for an authenticator now.", pending)
    yield from _one("pelton_seated", "gauge", "Connections with a seat now.", watched.metrics.seated)
    yield from _strain(watched)
    yield from _by_game("pelton_rooms", "gauge", "Rooms open now.", _rooms(watched))
    yield from _by_game("pelton_players", "gauge", "Seats taken or promised now.", _players(watched))
    polls = watched.lobby.polls
    yield from _one("pelton_wakers", "gauge", "Inboxes that wait for an action, each with one waker.", polls.wakers)
    text = "Polls of an inbox that found nothing."
    yield from _one("pelton_polls_fruitless_total", "counter", text, polls.fruitless)
    for name, value in counters(watched.metrics).items():
        if name in HELP:
            yield from _one(f"pelton_{name.removesuffix('_total')}_total", "counter", HELP[name], value)
    yield from _refusals(watched.metrics)
    overruns = {name: game.overruns for name, game in times.games.items()}
    text = "Ticks whose work took longer than their room's tick interval."
    yield from _by_game("pelton_ticks_overrun_total", "counter", text, overruns)
    yield from _histograms(times)


def _strain(watched: Watched) -> Iterator[str]:
    """What comes of too much load, and shows it."""
    state, lag = watched.lobby.overload, watched.times.lag
    text = "Step of the overload ladder: 0 all is well, to 5."
    yield from _one("pelton_overload_step", "gauge", text, state.step)
    text = "Load of the last second, of the tick budget at full speed."
    yield from _one("pelton_overload_p95_share", "gauge", text, state.p95_share)
    (p99,) = lag.percentiles_us((99,))
    text = "How late the event loop was, of 100 times the 99 best; since the start."
    yield from _one("pelton_loop_lag_p99_seconds", "gauge", text, (p99 or 0) / 1e6)
    yield from _one("pelton_loop_lag_max_seconds", "gauge", "How late it was at most.", lag.max_us / 1e6)


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
