"""What holds for one direction of a connection whatever is sent through it, under any conditions."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pelton.netsim import PRESETS, Conditions, Route, Uplink, Way
from pelton.netsim.way import SEGMENT_BYTES

EPSILON_S = 1e-6

Sends = list[tuple[float, int]]

rates = st.one_of(st.just(0.0), st.floats(20, 100_000))
freezes = st.one_of(st.just((0.0, 0.0)), st.tuples(st.floats(0.1, 5), st.floats(1, 3000)))
conditions = st.builds(
    lambda freeze, **fields: Conditions(freeze_every_s=freeze[0], freeze_ms=freeze[1], **fields),
    freezes,
    latency_ms=st.floats(0, 500),
    jitter_ms=st.one_of(st.just(0.0), st.floats(0, 200)),
    up_kbit_s=rates,
    down_kbit_s=rates,
    loss=st.one_of(st.just(0.0), st.floats(0, 0.5)),
    buffer_bytes=st.integers(1460, 100_000),
    throttled=st.booleans(),
)
# The time since the last send, and how much.
sends = st.lists(st.tuples(st.one_of(st.just(0.0), st.floats(0, 2)), st.integers(1, 20_000)), max_size=30)
seeds = st.integers(0, 2**32)


def arrivals(way: Way, sends: Sends) -> list[tuple[float, float, int]]:
    """(sent, arrived, size) of each piece; each send as large as there is room."""
    now_s, pieces = 0.0, []
    for gap_s, wanted in sends:
        now_s += gap_s
        size = min(wanted, way.room(now_s))
        if size:
            taken = way.send(now_s, size)
            assert sum(part for _, part in taken) == size, "all bytes, once"
            pieces += [(now_s, at_s, part) for at_s, part in taken]
    return pieces


@given(conditions, sends, seeds, st.booleans())
def test_all_arrives_in_order_and_not_before_the_latency(
    suffered: Conditions, sends: Sends, seed: int, upward: bool
) -> None:
    route = Route.draw(suffered, Random(seed), 0.0)
    pieces = arrivals(route.up if upward else route.down, sends)
    times = [at_s for _, at_s, _ in pieces]
    assert times == sorted(times)
    assert all(math.isfinite(at_s) and part > 0 for _, at_s, part in pieces)
    assert all(at_s >= sent_s + suffered.latency_ms / 1000 - EPSILON_S for sent_s, at_s, _ in pieces)


@given(conditions, sends, seeds)
def test_the_same_seed_and_calls_give_the_same_times(suffered: Conditions, sends: Sends, seed: int) -> None:
    first, second = (arrivals(Route.draw(suffered, Random(seed), 0.0).up, sends) for _ in range(2))
    assert first == second


@given(conditions, sends, seeds)
def test_the_buffer_never_holds_more_than_its_bound_and_always_empties(
    suffered: Conditions, sends: Sends, seed: int
) -> None:
    way, now_s = Route.draw(suffered, Random(seed), 0.0).up, 0.0
    for gap_s, wanted in sends:
        now_s += gap_s
        room = way.room(now_s)
        assert 0 <= room <= suffered.buffer_bytes
        if size := min(wanted, room):
            way.send(now_s, size)
            assert way.room(now_s) >= room - size
    while (more_s := way.more_room_s(now_s)) < math.inf:
        before = way.room(now_s)
        assert more_s > now_s
        now_s = more_s
        assert way.room(now_s) > before
    assert way.room(now_s) == suffered.buffer_bytes


@given(st.floats(20, 100_000), sends, seeds, freezes, st.floats(0, 0.5))
def test_no_more_arrives_since_the_beginning_than_the_line_can_carry(
    kbit_s: float, sends: Sends, seed: int, freeze: tuple[float, float], loss: float
) -> None:
    """With stalls, what was held up arrives at once: the receiver had it and could not hand it on."""
    suffered = Conditions(up_kbit_s=kbit_s, loss=loss, freeze_every_s=freeze[0], freeze_ms=freeze[1])
    pieces = arrivals(Route.draw(suffered, Random(seed), 0.0).up, sends)
    arrived = 0
    for _, at_s, part in pieces:
        arrived += part
        assert arrived <= (at_s - pieces[0][0] + EPSILON_S) * kbit_s * 125


@given(st.floats(20, 100_000), sends, st.floats(0, 500))
def test_the_bandwidth_is_not_exceeded_over_any_window(kbit_s: float, sends: Sends, latency_ms: float) -> None:
    way = Way(Conditions(latency_ms=latency_ms, up_kbit_s=kbit_s), upward=True, random=Random(1))
    pieces = arrivals(way, sends)
    for first in range(len(pieces)):
        arrived = 0
        for _, at_s, part in pieces[first + 1 :]:
            arrived += part
            assert arrived <= (at_s - pieces[first][1] + EPSILON_S) * kbit_s * 125


@given(
    st.floats(20, 10_000),
    st.lists(st.tuples(st.floats(0, 0.5), st.integers(0, 3), st.integers(1, 4000)), max_size=40),
    st.lists(conditions, min_size=4, max_size=4),
    seeds,
)
def test_a_shared_line_carries_one_segment_at_a_time(
    kbit_s: float, calls: list[tuple[float, int, int]], suffered: list[Conditions], seed: int
) -> None:
    shared, random, now_s = NotedUplink(kbit_s), Random(seed), 0.0
    bots = [Route.draw(one, random, 0.0, shared).up for one in suffered]
    for gap_s, bot, size in calls:
        now_s += gap_s
        bots[bot].send(now_s, size)
    spans = sorted(shared.spans)
    assert all(first[1] <= second[0] + EPSILON_S for first, second in pairwise(spans))


class NotedUplink(Uplink):
    """Remembers when it carried what."""

    def __init__(self, kbit_s: float) -> None:
        super().__init__(kbit_s)
        self.spans: list[tuple[float, float]] = []
        self._kbit_s = kbit_s

    def carry(self, now_s: float, begin_s: float, size: int) -> float:
        through_s = super().carry(now_s, begin_s, size)
        self.spans.append((through_s - size / (self._kbit_s * 125), through_s))
        assert self.spans[-1][0] >= begin_s - EPSILON_S
        return through_s


@given(st.floats(0, 300), st.floats(0.05, 0.5), st.integers(1, 60_000), seeds, st.floats(1, 1000))
def test_a_message_arrives_after_the_latency_or_at_least_a_round_trip_later(
    latency_ms: float, loss: float, size: int, seed: int, rto_min_ms: float
) -> None:
    suffered = Conditions(latency_ms=latency_ms, loss=loss, rto_min_ms=rto_min_ms)
    way = Way(suffered, upward=True, random=Random(seed))
    latency_s = latency_ms / 1000
    pieces = way.send(0.0, size)
    for at_s, _ in pieces:
        assert at_s == latency_s or at_s >= 3 * latency_s - EPSILON_S
    if size <= SEGMENT_BYTES and way.stalls:
        assert pieces[0][0] >= 3 * latency_s + rto_min_ms / 1000 - EPSILON_S


def test_the_times_are_the_same_in_every_process_and_version() -> None:
    """Numbers that stay: who changes the model breaks every simulation that was noted by its seed, and should know."""
    route = Route.draw(PRESETS["awful"], Random(7), 0.0)
    times = [way.send(number / 4, 400)[0][0] for number in range(40) for way in (route.up, route.down)]
    noted = [route.fate.reset_at_s, route.fate.silent_from_s, route.fate.cut, *times[:2], *times[-2:]]
    assert [round(time_s, 6) for time_s in noted] == NOTED


NOTED = [23.478891, 19.622215, 0.650934, 0.175782, 0.215483, 10.785577, 9.933091]
