"""Real bytes under way in one direction."""

from __future__ import annotations

import math
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pelton.netsim import Conditions, Way
from pelton.netsim.flow import SLICE_BYTES, WINDOW_BYTES, Flow


def new_flow(conditions: Conditions) -> Flow:
    return Flow(Way(conditions, upward=True, random=Random(1)))


def test_bytes_are_handed_out_when_they_arrive_and_the_end_behind_them() -> None:
    flow = new_flow(Conditions(latency_ms=100))
    flow.take(0.0, b"first")
    flow.take(0.05, b"second")
    flow.end(0.06)
    assert (flow.next_s, flow.arrived(0.09), flow.ended(0.09)) == (0.1, b"", False)
    assert (flow.arrived(0.12), flow.next_s) == (b"first", 0.15000000000000002)
    assert (flow.arrived(0.2), flow.ended(0.155), flow.ended(0.2)) == (b"second", False, True)
    assert (flow.room(0.2), flow.arrived_bytes) == (0, 11)


def test_what_arrives_at_once_is_handed_out_slice_by_slice() -> None:
    flow = new_flow(Conditions(buffer_bytes=100_000))
    data = Random(1).randbytes(40_000)
    flow.take(0.0, data)
    slices = [flow.arrived(0.0) for _ in range(4)]
    assert [len(part) for part in slices] == [SLICE_BYTES, SLICE_BYTES, 40_000 - 2 * SLICE_BYTES, 0]
    assert b"".join(slices) == data


def test_no_more_is_under_way_than_a_window_however_long_the_line() -> None:
    flow = new_flow(Conditions(latency_ms=60_000, buffer_bytes=65_536))
    taken = 0
    while room := flow.room(0.0):
        flow.take(0.0, b"x" * room)
        taken += room
    assert taken == WINDOW_BYTES


def test_while_the_receiver_takes_nothing_there_is_room_for_a_buffer_and_no_more() -> None:
    flow = new_flow(Conditions(latency_ms=10, buffer_bytes=5000))
    flow.take(0.0, b"x" * 4000)
    assert (flow.room(0.005), flow.room(0.02)) == (5000, 1000)
    flow.take(0.02, b"x" * 1000)
    assert flow.room(9.0) == 0
    flow.arrived(9.0)
    assert flow.room(9.0) == 5000


def test_a_cut_leaves_a_part_of_the_next_piece_and_nothing_else() -> None:
    flow = new_flow(Conditions(latency_ms=10, up_kbit_s=100))
    flow.take(0.0, b"abcdefgh" + b"x" * 5000)
    assert flow.cut(0.5) == (b"abcdefgh" + b"x" * 5000)[:730]
    assert (flow.next_s, flow.cut(0.5), flow.arrived(99.0)) == (math.inf, b"", b"")


def test_in_silence_bytes_vanish_and_the_senders_buffer_fills_up_for_good() -> None:
    flow = new_flow(Conditions(latency_ms=10, buffer_bytes=5000))
    flow.take(0.0, b"under way")
    flow.silence(0.005)
    assert flow.room(0.01) == 5000
    flow.take(0.01, b"x" * 4000)
    flow.take(0.02, b"x" * 1000)
    assert flow.room(0.03) == 0
    flow.end(0.03)
    assert (flow.room(99.0), flow.arrived(99.0), flow.ended(99.0), flow.next_s) == (0, b"", False, math.inf)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=5000), st.booleans()), max_size=30),
    st.floats(0, 0.5),
    st.integers(0, 1000),
)
def test_all_bytes_come_out_once_and_in_order(steps: list[tuple[float, bytes, bool]], loss: float, seed: int) -> None:
    conditions = Conditions(latency_ms=20, jitter_ms=30, up_kbit_s=500, loss=loss, buffer_bytes=8000)
    flow = Flow(Way(conditions, upward=True, random=Random(seed)))
    now_s, sent, got = 0.0, b"", b""
    for gap_s, data, takes in steps:
        now_s += gap_s
        part = data[: flow.room(now_s)]
        if part:
            flow.take(now_s, part)
            sent += part
        if takes:
            got += flow.arrived(now_s)
    while flow.next_s < math.inf:
        got += flow.arrived(flow.next_s)
    assert got == sent
