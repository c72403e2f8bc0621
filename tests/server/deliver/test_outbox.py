"""What one player is sent: what happened, or once what he missed since he did not read; and every refusal once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import Reason
from pelton.protocol.close_codes import SLOW_CONSUMER
from pelton.server import U32, Row, Table
from pelton.server.deliver.encoder import TickEncoder
from pelton.server.deliver.lanes import Lanes
from pelton.server.deliver.outbox import Outbox, Written
from pelton.server.deliver.sight import Sights
from pelton.server.simulate.seat import Seat
from tests.server.blocks import Told, told
from tests.server.fakes import FakeSession, new_seat, session_of

HISTORY = 5


class Counter(Row):
    value = U32()


class Room:
    """A state that changes with every tick, and its encodings."""

    def __init__(self) -> None:
        self.counters = Table(Counter, table_name="counters")
        self.counters.bind({})
        self.counter = self.counters.add(1)
        self.sights = Sights(self.counters.layers)
        self.tick = 0

    def step(self) -> TickEncoder:
        self.tick += 1
        self.counter.value += 1
        self.counters.commit(self.tick)
        return TickEncoder(self.tick, [self.counters], 3600)

    def outbox(self, seat: Seat) -> Outbox:
        return Outbox(seat, self.sights, HISTORY, Lanes(64, 4096, 8))


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def seat() -> Seat:
    return new_seat()


def deliver(outbox: Outbox, room: Room) -> int:
    encoder = room.step()
    return outbox.deliver(encoder.tick, encoder)


def values(seat: Seat) -> list[Told]:
    (part,) = session_of(seat).frames[-1].parts
    return [told(part, Counter)]


def test_the_first_frame_is_the_whole_and_the_next_ones_build_on_it(room: Room, seat: Seat) -> None:
    outbox = room.outbox(seat)
    assert [deliver(outbox, room) for _ in range(3)] == [Written.KEYFRAME, Written.DELTA, Written.DELTA]
    assert [(frame.tick, frame.base) for frame in session_of(seat).frames] == [(1, 0), (2, 1), (3, 2)]
    assert values(seat) == [Told(0, 0, changed={1: {"value": 3}})]


def test_who_comes_later_begins_with_the_whole(room: Room, seat: Seat) -> None:
    for _ in range(9):
        room.step()
    outbox = room.outbox(seat)
    assert [deliver(outbox, room) for _ in range(2)] == [Written.KEYFRAME, Written.DELTA]
    assert [(frame.tick, frame.base) for frame in session_of(seat).frames] == [(10, 0), (11, 10)]


@pytest.mark.parametrize("skips", [1, 2, HISTORY - 1])
def test_who_skipped_gets_all_he_missed_in_one_frame(room: Room, seat: Seat, skips: int) -> None:
    outbox, session = room.outbox(seat), session_of(seat)
    deliver(outbox, room)
    session.reads = False
    assert [deliver(outbox, room) for _ in range(skips)] == [Written.SKIPPED] * skips
    session.reads = True
    assert deliver(outbox, room) == Written.DELTA
    assert (session.frames[-1].tick, session.frames[-1].base) == (2 + skips, 1)
    assert values(seat) == [Told(0, 0, changed={1: {"value": 2 + skips}})]
    assert deliver(outbox, room) == Written.DELTA
    assert (session.frames[-1].tick, session.frames[-1].base) == (3 + skips, 2 + skips)


@pytest.mark.parametrize("skips", [HISTORY, HISTORY + 1, 4 * HISTORY])
def test_who_skipped_more_than_is_remembered_gets_the_whole_once(room: Room, seat: Seat, skips: int) -> None:
    outbox, session = room.outbox(seat), session_of(seat)
    deliver(outbox, room)
    session.reads = False
    for _ in range(skips):
        deliver(outbox, room)
    session.reads = True
    assert [deliver(outbox, room) for _ in range(2)] == [Written.KEYFRAME, Written.DELTA]
    assert [(frame.tick, frame.base) for frame in session.frames[1:]] == [(2 + skips, 0), (3 + skips, 2 + skips)]


def test_a_tick_that_was_not_delivered_at_all_counts_as_a_skip(room: Room, seat: Seat) -> None:
    """The baseline is what was written, whoever forgot to write the tick between."""
    outbox = room.outbox(seat)
    deliver(outbox, room)
    room.step()
    assert deliver(outbox, room) == Written.DELTA
    assert (session_of(seat).frames[-1].base, values(seat)) == (1, [Told(0, 0, changed={1: {"value": 3}})])


# Refusals and acks.


def test_refusals_are_kept_until_they_are_written(room: Room, seat: Seat) -> None:
    outbox, session = room.outbox(seat), session_of(seat)
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
    outbox = room.outbox(seat)
    for acked in (0, 5, 5, 2**53 - 1):
        seat.acked = acked
        deliver(outbox, room)
    assert [frame.ack for frame in session_of(seat).frames] == [0, 5, 5, 2**53 - 1]


def test_two_players_share_the_body_and_differ_in_the_head(room: Room) -> None:
    ada, bob = new_seat(1), new_seat(2)
    bob.acked, bob.refused = 9, [(8, Reason.NOT_ALLOWED)]
    outboxes = [room.outbox(seat) for seat in (ada, bob)]
    for _ in range(2):
        encoder = room.step()
        for outbox in outboxes:
            outbox.deliver(room.tick, encoder)
    for at in (0, 1):
        assert session_of(ada).bodies[at] is session_of(bob).bodies[at]
    frames = [session_of(seat).frames[0] for seat in (ada, bob)]
    assert [frame.ack for frame in frames] == [0, 9]
    assert [[list(refusal) for refusal in frame.refused] for frame in frames] == [[], [[8, "not_allowed"]]]


# Questions.


def test_a_question_is_kept_until_its_answer_is_written(room: Room, seat: Seat) -> None:
    outbox, session = room.outbox(seat), session_of(seat)
    deliver(outbox, room)
    seat.ask().verify = True
    session.reads = False
    deliver(outbox, room)
    assert seat.questions is not None
    session.reads = True
    deliver(outbox, room)
    assert values(seat)[0].digest is not None
    deliver(outbox, room)
    assert values(seat)[0].digest is None


def test_who_asks_for_everything_gets_a_keyframe(room: Room, seat: Seat) -> None:
    outbox = room.outbox(seat)
    deliver(outbox, room)
    seat.ask().everything = True
    assert [deliver(outbox, room) for _ in range(2)] == [Written.KEYFRAME, Written.DELTA]
    assert [frame.base for frame in session_of(seat).frames] == [0, 0, 2]


# Stalling.

TIMEOUT_NS = 1000


def test_who_takes_nothing_for_longer_than_the_timeout_is_closed(room: Room, seat: Seat) -> None:
    outbox = room.outbox(seat)
    for now_ns in (5000, 5500, 6000):
        outbox.stalled(now_ns, TIMEOUT_NS)
        assert session_of(seat).closings == []
    outbox.stalled(6001, TIMEOUT_NS)
    assert [code for code, _ in session_of(seat).closings] == [SLOW_CONSUMER.code]


def test_a_frame_that_is_taken_starts_the_time_anew(room: Room, seat: Seat) -> None:
    outbox = room.outbox(seat)
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
    seat = new_seat(session=session)
    outbox = room.outbox(seat)
    written = 0
    for take in takes:
        session.reads = take
        outcome = deliver(outbox, room)
        assert (outcome == Written.SKIPPED) == (not take)
        if take:
            frame = session.frames[-1]
            is_whole = written == 0 or written < room.tick - HISTORY
            assert frame.base == (0 if is_whole else written)
            (part,) = values(seat)
            assert (part.entered, part.changed) == (
                ({1: [room.tick]}, {}) if is_whole else ({}, {1: {"value": room.tick}})
            )
            written = frame.tick
