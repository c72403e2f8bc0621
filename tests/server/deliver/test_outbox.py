"""What one player is sent: deltas while he keeps up, the whole state once after he did not, and every refusal once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import Reason
from pelton.protocol.close_codes import SLOW_CONSUMER
from pelton.server import U32, Row, Table
from pelton.server.deliver.encoder import TickEncoder
from pelton.server.deliver.outbox import Outbox, Written
from pelton.server.simulate.seat import Seat
from tests.server.fakes import FakeSession, new_seat, session_of


class Counter(Row):
    value = U32()


class Room:
    """A state that changes with every tick, and its encodings."""

    def __init__(self) -> None:
        self.counters = Table(Counter, "counters")
        self.counter = self.counters.add(1)
        self.tick = 0

    def step(self) -> TickEncoder:
        self.tick += 1
        self.counter.value += 1
        return TickEncoder(self.tick, [self.counters.take_delta()], lambda: [self.counters.whole()], with_digest=False)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def seat() -> Seat:
    return new_seat()


def deliver(outbox: Outbox, room: Room) -> int:
    encoder = room.step()
    return outbox.deliver(room.tick, encoder)


def test_the_first_frame_is_the_whole_and_the_next_ones_build_on_it(room: Room, seat: Seat) -> None:
    outbox = Outbox(seat)
    assert [deliver(outbox, room) for _ in range(3)] == [Written.KEYFRAME, Written.DELTA, Written.DELTA]
    assert [(frame.tick, frame.base) for frame in session_of(seat).frames] == [(1, 0), (2, 1), (3, 2)]


def test_who_comes_later_begins_with_the_whole(room: Room, seat: Seat) -> None:
    for _ in range(5):
        room.step()
    outbox = Outbox(seat)
    assert [deliver(outbox, room) for _ in range(2)] == [Written.KEYFRAME, Written.DELTA]
    assert [(frame.tick, frame.base) for frame in session_of(seat).frames] == [(6, 0), (7, 6)]


def test_after_a_skip_comes_the_whole_once(room: Room, seat: Seat) -> None:
    outbox, session = Outbox(seat), session_of(seat)
    deliver(outbox, room)
    session.reads = False
    assert [deliver(outbox, room) for _ in range(4)] == [Written.SKIPPED] * 4
    session.reads = True
    assert [deliver(outbox, room) for _ in range(2)] == [Written.KEYFRAME, Written.DELTA]
    assert [(frame.tick, frame.base) for frame in session.frames] == [(1, 0), (6, 0), (7, 6)]
    assert session.frames[1].tables == [[[], [1], [6]]]


def test_a_tick_that_was_not_delivered_at_all_counts_as_a_skip(room: Room, seat: Seat) -> None:
    """The baseline is what was written, whoever forgot to write the tick between."""
    outbox = Outbox(seat)
    deliver(outbox, room)
    room.step()
    assert deliver(outbox, room) == Written.KEYFRAME


# Refusals and acks.


def test_refusals_are_kept_until_they_are_written(room: Room, seat: Seat) -> None:
    outbox, session = Outbox(seat), session_of(seat)
    session.reads = False
    seat.refused.append((1, Reason.INVALID))
    deliver(outbox, room)
    seat.refused.append((3, Reason.OVERFLOW))
    deliver(outbox, room)
    assert seat.refused == [(1, Reason.INVALID), (3, Reason.OVERFLOW)]
    session.reads = True
    deliver(outbox, room)
    deliver(outbox, room)
    assert [[(seq, reason) for seq, reason in frame.refused] for frame in session.frames] == [
        [(1, "invalid"), (3, "overflow")],
        [],
    ]
    assert seat.refused == []


def test_the_ack_of_a_frame_is_the_seats(room: Room, seat: Seat) -> None:
    outbox = Outbox(seat)
    for acked in (0, 5, 5, 2**53 - 1):
        seat.acked = acked
        deliver(outbox, room)
    assert [frame.ack for frame in session_of(seat).frames] == [0, 5, 5, 2**53 - 1]


def test_two_players_share_the_body_and_differ_in_the_head(room: Room) -> None:
    ada, bob = new_seat(1), new_seat(2)
    bob.acked, bob.refused = 9, [(8, Reason.NOT_ALLOWED)]
    encoder = room.step()
    for seat in (ada, bob):
        Outbox(seat).deliver(room.tick, encoder)
    assert all(session_of(seat).bodies[0] is encoder.keyframe() for seat in (ada, bob))
    frames = [session_of(seat).frames[0] for seat in (ada, bob)]
    assert [frame.ack for frame in frames] == [0, 9]
    assert [[list(refusal) for refusal in frame.refused] for frame in frames] == [[], [[8, "not_allowed"]]]


# Stalling.

TIMEOUT_NS = 1000


def test_who_takes_nothing_for_longer_than_the_timeout_is_closed(seat: Seat) -> None:
    outbox = Outbox(seat)
    for now_ns in (5000, 5500, 6000):
        outbox.stalled(now_ns, TIMEOUT_NS)
        assert session_of(seat).closings == []
    outbox.stalled(6001, TIMEOUT_NS)
    assert [code for code, _ in session_of(seat).closings] == [SLOW_CONSUMER.code]


def test_a_frame_that_is_taken_starts_the_time_anew(room: Room, seat: Seat) -> None:
    outbox = Outbox(seat)
    outbox.stalled(0, TIMEOUT_NS)
    deliver(outbox, room)
    outbox.stalled(2000, TIMEOUT_NS)
    outbox.stalled(3000, TIMEOUT_NS)
    assert session_of(seat).closings == []
    outbox.stalled(3001, TIMEOUT_NS)
    assert len(session_of(seat).closings) == 1


# The law: a frame builds on the frame before it, or on nothing; and each client always has what the room had.


@given(st.lists(st.booleans(), max_size=40))
def test_every_frame_builds_on_the_one_written_before_it(takes: list[bool]) -> None:
    room, session = Room(), FakeSession()
    outbox = Outbox(new_seat(session=session))
    written = value = 0
    for take in takes:
        session.reads = take
        outcome = deliver(outbox, room)
        assert (outcome == Written.SKIPPED) == (not take)
        if take:
            frame = session.frames[-1]
            assert frame.base in (0, written)
            assert (frame.base == 0) == (written != room.tick - 1 or room.tick == 1)
            written, value = frame.tick, (frame.tables[0] or [])[2][0]
            assert (written, value) == (room.tick, room.counter.value)
