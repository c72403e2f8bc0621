"""One frame per seat per tick, and a player who does not read is nobody else's trouble."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from pelton.protocol.close_codes import SLOW_CONSUMER
from pelton.server.deliver import encoder as encoder_module
from pelton.server.simulate.seat import EventNames, Seat
from tests.server.blocks import Told, all_told
from tests.server.deliver.show import Show
from tests.server.fakes import FakeSession, new_seat, offer, session_of
from tests.server.games import Add, Score, Tally


class Stage(Show):
    """A room in which everybody counts for himself."""

    def __init__(self, *seats: Seat, overrides: tuple[str, ...] = ()) -> None:
        super().__init__(Tally, *seats, overrides=overrides)

    def come_and_go(self) -> Seat:
        (seat,) = self.come(99)
        self.tick(2)
        self.ticker.release(seat)
        self.tick(2)
        return seat


@pytest.fixture
def ada() -> Seat:
    return new_seat(1)


@pytest.fixture
def bob() -> Seat:
    return new_seat(2)


def test_a_player_is_told_of_his_seat_before_his_first_frame(ada: Seat, bob: Seat) -> None:
    stage = Stage(ada)
    stage.tick(2)
    stage.ticker.request(bob)
    stage.tick()
    assert session_of(ada).story == ["joined", "frame", "frame", "frame"]
    assert session_of(bob).story == ["joined", "frame"]
    assert [card.tick for card in (*session_of(ada).cards, *session_of(bob).cards)] == [1, 3]
    assert [(frame.tick, frame.base) for frame in session_of(bob).frames] == [(3, 0)]


def test_everybody_gets_a_frame_every_tick_also_when_nothing_changed(ada: Seat, bob: Seat) -> None:
    stage = Stage(ada, bob)
    stage.tick(10)
    for seat in (ada, bob):
        assert [frame.tick for frame in session_of(seat).frames] == list(range(1, 11))
    assert session_of(ada).frames[5].parts == []
    assert (stage.metrics.frames_sent, stage.metrics.keyframes_sent, stage.metrics.frames_skipped) == (20, 2, 0)


def test_an_empty_room_encodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> bytes:
        raise AssertionError("encoded for nobody")

    monkeypatch.setattr(encoder_module, "frame_body", refuse)
    Stage().tick(3)


# Those who go.


def test_nothing_is_sent_to_who_has_left(ada: Seat, bob: Seat) -> None:
    stage = Stage(ada, bob)
    stage.tick(2)
    stage.ticker.release(ada)
    stage.tick(3)
    assert session_of(ada).frames[-1].tick == 2
    assert session_of(bob).frames[-1].tick == 5
    assert all_told(session_of(bob).frames[2], Score) == [Told(0, 0, removed=[1])]


def test_who_has_left_is_not_kept() -> None:
    """Neither by the room nor by what it sends with: players come and go for as long as a room lives."""
    stage = Stage(new_seat(1))
    gone = weakref.ref(session_of(stage.come_and_go()))
    gc.collect()
    assert gone() is None


def test_who_came_and_went_before_the_tick_is_told_nothing(ada: Seat, bob: Seat) -> None:
    stage = Stage(ada, bob)
    stage.ticker.release(ada)
    stage.tick()
    assert session_of(ada).story == []
    assert session_of(bob).story == ["joined", "frame"]


def test_seats_that_come_and_go_in_the_same_tick_do_not_disturb_each_other(ada: Seat, bob: Seat) -> None:
    stage = Stage(ada)
    stage.tick()
    stage.ticker.release(ada)
    stage.ticker.request(bob)
    stage.tick(2)
    assert session_of(ada).story == ["joined", "frame"]
    assert session_of(bob).story == ["joined", "frame", "frame"]
    assert all_told(session_of(bob).frames[0], Score) == [Told(0, 0, whole=True, entered={2: [0, ""]})]


class Hasty(FakeSession):
    """Gone the moment it hears that it is seated, as a connection that breaks in the middle of a tick."""

    def joined(self, seat: Seat, message: Any, events: EventNames, grace_s: float) -> None:
        super().joined(seat, message, events, grace_s)
        seat.live = False


def test_who_breaks_on_being_seated_is_sent_no_frame_and_none_is_counted(ada: Seat) -> None:
    hasty = new_seat(2, Hasty())
    stage = Stage(ada, hasty)
    stage.tick()
    assert session_of(hasty).story == ["joined"]
    assert session_of(ada).story == ["joined", "frame"]
    assert stage.metrics.frames_sent == 1


# Those who do not read.


def test_who_skipped_gets_what_he_missed_and_all_that_he_is_owed(ada: Seat) -> None:
    stage = Stage(ada)
    stage.tick()
    session_of(ada).reads = False
    offer(ada, 1, Add(1), Add(2))
    ada.refused.append((3, "overflow"))
    stage.tick(4)
    session_of(ada).reads = True
    stage.tick()
    frame = session_of(ada).frames[-1]
    assert (frame.base, frame.ack, [list(refusal) for refusal in frame.refused]) == (1, 2, [[3, "overflow"]])
    assert all_told(frame, Score) == [Told(0, 0, changed={1: {"total": 3}})]
    assert (stage.metrics.frames_skipped, stage.metrics.keyframes_sent) == (4, 1)


def test_who_skipped_more_than_is_remembered_gets_a_keyframe(ada: Seat) -> None:
    stage = Stage(ada, overrides=("deliver.history_ticks=3",))
    stage.tick()
    for skips, base in ((2, 1), (3, 0), (2, 8)):
        session_of(ada).reads = False
        stage.tick(skips)
        session_of(ada).reads = True
        stage.tick()
        assert session_of(ada).frames[-1].base == base
    assert stage.metrics.keyframes_sent == 2


def test_who_never_reads_is_closed_after_the_timeout_and_costs_the_others_nothing(ada: Seat) -> None:
    stalled = new_seat(2, FakeSession(reads=False))
    stage = Stage(stalled, ada, overrides=("deliver.stall_timeout_s=10",))
    stage.tick(201)  # the first of these is the first that he did not take: 10 s later is not yet too late
    assert session_of(stalled).closings == []
    stage.tick()
    assert [code for code, _ in session_of(stalled).closings] == [SLOW_CONSUMER.code]
    assert [frame.tick for frame in session_of(ada).frames] == list(range(1, 203))
    assert [frame.tick for frame in session_of(ada).frames if frame.base == 0] == [1]
    assert session_of(stalled).offers == 1, "no frame is made for who cannot take it"


def test_who_reads_now_and_then_is_not_closed(ada: Seat) -> None:
    stage = Stage(ada, overrides=("deliver.stall_timeout_s=1",))
    for _ in range(10):
        session_of(ada).reads = False
        stage.tick(20)
        session_of(ada).reads = True
        stage.tick()
    assert session_of(ada).closings == []
    assert len(session_of(ada).frames) == 10
