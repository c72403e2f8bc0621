"""A player's events: in order, once, bounded; and again what a lost connection took with it."""

from __future__ import annotations

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pelton.server.deliver.lanes import Lanes

MAX, BYTES_MAX, COSMETIC_MAX = 4, 40, 2


def lanes() -> Lanes:
    return Lanes(MAX, BYTES_MAX, COSMETIC_MAX)


def test_events_go_with_the_next_frame_and_only_with_that() -> None:
    mine = lanes()
    mine.post(b"a")
    mine.post(b"b")
    assert mine.take() == [b"a", b"b"]
    mine.written(5, [])
    assert mine.take() == []


def test_what_was_not_written_is_taken_again() -> None:
    mine = lanes()
    mine.post(b"a")
    mine.take()
    mine.post(b"b")
    assert mine.take() == [b"a", b"b"]


def test_who_comes_back_is_told_again_what_did_not_arrive() -> None:
    mine = lanes()
    for tick, event in enumerate([b"a", b"b", b"c"], 1):
        mine.post(event)
        mine.written(tick, [(tick, "late")])
    mine.post(b"d")
    assert mine.rewind(1, 4) == (0, [(2, "late"), (3, "late")])
    assert mine.take() == [b"b", b"c", b"d"]


def test_what_was_heard_is_not_kept() -> None:
    mine = lanes()
    mine.post(b"a")
    mine.written(1, [])
    mine.heard(1)
    assert mine.rewind(0, 9) == (0, [])
    assert mine.take() == []


def test_what_was_told_makes_room_for_what_was_not() -> None:
    mine = lanes()
    for tick in range(1, MAX + 3):
        mine.post(b"e%d" % tick)
        mine.written(tick, [])
    assert not mine.full
    assert mine.rewind(0, 9) == (2, [])
    assert mine.take() == [b"e%d" % tick for tick in range(3, MAX + 3)]


def test_a_refusal_outlives_the_events_that_went_with_it() -> None:
    mine = lanes()
    for tick in range(1, MAX + 3):
        mine.post(b"e")
        mine.written(tick, [(tick, "late")])
    assert mine.rewind(1, 9) == (2, [(tick, "late") for tick in range(2, MAX + 3)])


def test_too_many_that_wait_are_too_many() -> None:
    mine = lanes()
    fills = []
    for event in [b"a"] * MAX + [b"b"]:
        mine.post(event)
        fills.append(mine.full)
    assert fills == [False] * MAX + [True]
    assert (mine.shed(), mine.full, mine.take()) == (1, False, [b"a"] * (MAX - 1) + [b"b"])
    assert mine.rewind(0, 1) == (1, [])
    assert mine.rewind(0, 2) == (1, []), "the answer may not have arrived, as no frame has"
    assert mine.rewind(2, 3) == (0, [])


def test_too_many_bytes_that_wait_are_too_many() -> None:
    mine = lanes()
    mine.post(b"x" * (BYTES_MAX + 1))
    assert mine.full
    assert (mine.shed(), mine.take()) == (1, [])


def test_the_oldest_cosmetic_events_give_way() -> None:
    mine = lanes()
    assert [mine.post_cosmetic(event) for event in (b"a", b"b", b"c")] == [0, 0, 1]
    mine.post(b"e")
    assert mine.take() == [b"e", b"b", b"c"]
    mine.written(1, [])
    assert mine.rewind(0, 9) == (0, [])
    assert mine.take() == [b"e"]


def test_without_room_for_cosmetic_events_none_is_sent() -> None:
    mine = Lanes(MAX, BYTES_MAX, 0)
    assert (mine.post_cosmetic(b"a"), mine.waiting, mine.take()) == (1, False, [])


class Telling(RuleBasedStateMachine):
    """A client that hears some frames, loses its connection and comes back: every event once, in order, or counted."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = lanes()
        self.tick = 0
        self.posted = 0
        self.under_way: deque[tuple[int, list[bytes], list[tuple[int, str]]]] = deque()
        """Frames written that have not arrived."""
        self.arrived_tick = 0
        self.arrived: list[int] = []
        self.deaf = False
        """The answer to who came back did not arrive, and so nothing after it will."""
        self.lost: dict[int, int] = {}
        """What the client was told is lost, by the tick up to which frames had arrived: then it is told all again."""
        self.refused = 0
        self.refusals: list[int] = []
        """Told."""
        self.owed: list[tuple[int, str]] = []

    @property
    def lost_at_most(self) -> int:
        return sum(self.lost.values())

    @rule()
    def refuse(self) -> None:
        self.refused += 1
        self.owed.append((self.refused, "late"))

    @rule(size=st.integers(1, 12))
    def post(self, size: int) -> None:
        self.posted += 1
        self.lanes.post(b"%d" % self.posted + b"." * size)
        if self.lanes.full:
            self.lanes.shed()

    @rule()
    def write(self) -> None:
        self.tick += 1
        self.under_way.append((self.tick, self.lanes.take(), self.owed))
        self.lanes.written(self.tick, self.owed)
        self.owed = []

    @rule()
    def arrive(self) -> None:
        if self.under_way and not self.deaf:
            self.arrived_tick, events, refused = self.under_way.popleft()
            self.refusals += [seq for seq, _ in refused]
            self.arrived += [int(event.rstrip(b".")) for event in events]

    @rule()
    def say(self) -> None:
        self.lanes.heard(self.arrived_tick)

    @rule(told=st.booleans())
    def break_and_come_back(self, *, told: bool) -> None:
        """`told` is whether what is answered arrives, too."""
        self.under_way.clear()
        self.deaf = not told
        self.tick += 1
        lost, refused = self.lanes.rewind(self.arrived_tick, self.tick)
        self.owed = refused + self.owed
        if told:
            self.lost[self.arrived_tick] = lost

    @invariant()
    def everything_comes_once_and_in_order(self) -> None:
        assert self.arrived == sorted(set(self.arrived))

    @invariant()
    def refusals_come_once_in_order_and_all(self) -> None:
        under_way = [seq for _, _, refused in self.under_way for seq, _ in refused]
        assert self.refusals == list(range(1, len(self.refusals) + 1))
        assert len(self.refusals) <= self.refused
        if not under_way and not self.owed and not self.lanes._told and not self.lanes._refused:
            assert len(self.refusals) == self.refused

    @invariant()
    def what_is_missing_was_counted(self) -> None:
        if not self.under_way and not self.lanes.waiting and not self.deaf:
            self.break_and_come_back(told=True)
            if not self.lanes.waiting:
                assert self.posted - len(self.arrived) <= self.lost_at_most


Telling.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestTelling = Telling.TestCase
