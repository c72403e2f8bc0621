"""Under overload frames come with every other tick and tell of far groups more rarely; what they tell is as true."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pelton.protocol.typed import frame_body
from pelton.server import Grid, Quant, Room, Row, Table
from pelton.server.deliver import encoder as encoder_module
from pelton.server.deliver.delta import Delta
from pelton.server.deliver.fanout import Fanout
from pelton.server.overload.state import Overload
from pelton.server.simulate.seat import Questions, Seat
from tests.server.blocks import Told, all_told
from tests.server.deliver.show import Show
from tests.server.fakes import new_seat, session_of, settings


class Dot(Row):
    x = Quant(0, 120, 1)
    y = Quant(0, 120, 1)


class Field(Room):
    seats = 64
    dots = Table(Dot, groups=Grid("x", "y", cell=10, reach=1, far=3, every=4))


class Strained(Show):
    """A player at 5, 5, a dot beside him and one far off; both move with every tick."""

    def __init__(self, *seats: Seat, digests: int = 3600) -> None:
        super().__init__(Field, *seats)
        self.overload = Overload()
        digest = f"deliver.digest_interval_ticks={digests}"
        self.fanout = Fanout(settings(digest).deliver, self.metrics, self.overload)
        self.dots = self.room.dots
        for seat in seats:
            self.dots.add(seat.player.id, x=5, y=5)
        self.near, self.far = self.dots.add(100, x=8, y=1), self.dots.add(101, x=35, y=1)

    def go(self, count: int = 1) -> None:
        for _ in range(count):
            self.near.y = self.far.y = (self.ticker.tick + 1) % 9
            self.tick()


@pytest.fixture
def ada() -> Seat:
    return new_seat(1)


def ticks(seat: Seat) -> list[tuple[int, int]]:
    return [(frame.tick, frame.base) for frame in session_of(seat).frames]


def told_of(seat: Seat, row_id: int) -> list[int]:
    """The ticks of the frames that told of a change in this row."""
    return [
        frame.tick
        for frame in session_of(seat).frames
        if frame.base
        for told in all_told(frame, Dot)
        if row_id in told.changed
    ]


def test_frames_build_on_the_one_before_the_tick_that_was_left_out(ada: Seat) -> None:
    show = Strained(ada)
    show.go(2)
    show.overload.is_thin = True
    show.go(6)
    show.overload.is_thin = False
    show.go(2)
    assert ticks(ada) == [(1, 0), (2, 1), (4, 2), (6, 4), (8, 6), (9, 8), (10, 9)]
    assert (show.metrics.frames_skipped, show.metrics.keyframes_sent) == (0, 1)
    assert session_of(ada).closings == []


def test_a_tick_without_frames_is_no_time_in_which_the_client_takes_nothing(ada: Seat) -> None:
    show = Strained(ada)
    show.overload.is_thin = True
    show.clock.advance(100)
    show.go(1000)
    assert session_of(ada).closings == []


def test_who_does_not_read_is_closed_as_ever(ada: Seat) -> None:
    show = Strained(ada)
    show.go()
    show.overload.is_thin = True
    session_of(ada).reads = False
    show.go(int(10 / 0.05) + 4)
    assert [code for code, _ in session_of(ada).closings[:1]] == [4503]


def test_who_is_owed_more_than_the_state_gets_it_at_once(ada: Seat) -> None:
    show = Strained(ada)
    show.overload.is_thin = True
    show.go(4)
    ada.refuse(1, "not_allowed")
    show.go()
    ada.questions = Questions()
    ada.questions.verify = True
    show.go(2)
    assert ticks(ada) == [(1, 0), (2, 1), (4, 2), (5, 4), (6, 5), (7, 6)][: len(ticks(ada))]
    assert [list(refusal) for refusal in session_of(ada).frames[3].refused] == [[1, "not_allowed"]]


def test_who_comes_in_a_tick_without_frames_has_his_first_one_then(ada: Seat) -> None:
    show = Strained(ada)
    show.overload.is_thin = True
    show.go(2)
    (bob,) = show.come(2)
    show.go(4)
    assert ticks(bob) == [(3, 0), (4, 3), (6, 4)]


def test_one_encode_serves_all_and_both_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason why all have their frame in the same tick."""
    seats = [new_seat(number) for number in range(1, 9)]
    show = Strained(*seats)
    show.go(2)
    counted: Counter[str] = Counter()
    delta, body = Delta.all, frame_body

    def counted_delta(self: Delta) -> dict[int, bytes]:
        counted["delta"] += 1
        return delta(self)

    def counted_body(*arguments: Any) -> bytes:
        counted["body"] += 1
        return body(*arguments)

    monkeypatch.setattr(Delta, "all", counted_delta)
    monkeypatch.setattr(encoder_module, "frame_body", counted_body)
    show.go(8)
    usual = Counter(counted)
    counted.clear()
    show.overload.is_thin = True
    show.go(8)
    assert (usual["body"], counted["body"]) == (8, 4)
    assert counted["delta"] * 2 == usual["delta"]
    assert len({session_of(seat).bodies[-1] for seat in seats}) == 1


def test_far_groups_are_told_of_half_as_often_and_near_ones_as_ever(ada: Seat) -> None:
    show = Strained(ada)
    show.go(8)
    show.overload.far_factor = 2
    show.go(24)
    show.overload.far_factor = 1
    show.go(8)
    assert told_of(ada, 100) == list(range(2, 41))
    assert told_of(ada, 101) == [4, 8, 16, 24, 32, 36, 40]


def test_what_is_told_late_is_as_it_is_now(ada: Seat) -> None:
    show = Strained(ada)
    show.overload.far_factor = 2
    show.go(16)
    *_, told = [told for told in all_told(session_of(ada).frames[-1], Dot) if 101 in told.changed]
    assert isinstance(told, Told)
    assert told.changed[101] == {"y": 16 % 9}


class Plain(Room):
    dots = Table(Dot, groups=Grid("x", "y", cell=10, reach=6))


@pytest.mark.parametrize("interval", [1, 2, 8])
@pytest.mark.parametrize("is_thin", [False, True])
def test_every_group_has_its_digest_once_in_the_interval_or_with_every_frame(
    ada: Seat, is_thin: bool, interval: int
) -> None:
    show = Show(Plain, ada)
    overload = Overload(is_thin=is_thin)
    show.fanout = Fanout(settings(f"deliver.digest_interval_ticks={interval}").deliver, show.metrics, overload)
    for number in range(1, 7):
        show.room.dots.add(number, x=number * 10, y=number)
    show.tick(4)
    session_of(ada).frames.clear()
    show.tick(16)
    frames = session_of(ada).frames
    seen = Counter(told.group for frame in frames for told in all_told(frame, Dot) if told.digest is not None)
    assert list(seen.values()) == [min(16 // interval, len(frames))] * 6
