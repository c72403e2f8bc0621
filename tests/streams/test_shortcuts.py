"""What a merge does without a poll is exactly what it does with one: two of everything, one without short cuts."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.streams import Merge, Poll, Stream, Waker
from tests.streams.fakes import Counting, Wakes, inbox_of, merge_of, standing
from tests.streams.machine import shapes
from tests.streams.model import Shape

Key: TypeAlias = int


class Party:
    """A merge of inboxes with the stages that their shapes have, and what came out of it."""

    def __init__(self, shapes: list[Shape], *, short: bool) -> None:
        self.merge: Merge[Key, Any] = Merge()
        self.lows = [Wakes() for _ in shapes]
        self.inboxes = [shape.inbox(lows) for shape, lows in zip(shapes, self.lows, strict=True)]
        for key, (shape, inbox) in enumerate(zip(shapes, self.inboxes, strict=True)):
            self.merge.add(key, shape.stages(inbox if short else Counting(inbox)), shape.weight)
        self.came: list[Any] = []

    def offer(self, key: Key, count: int) -> None:
        for _ in range(count):
            self.came.append(self.inboxes[key].offer(len(self.came)))

    def end(self, key: Key, count: int) -> None:
        self.inboxes[key].end(OSError() if count % 2 else None)

    def close(self, key: Key, _: int) -> None:
        self.inboxes[key].close()

    def remove(self, key: Key, _: int) -> None:
        if key in self.merge:
            self.merge.remove(key).close()

    def sweep(self, key: Key, count: int) -> None:
        self.came += map(repr, self.merge.sweep(1 + key, 3 * count))

    def sweep_in_part(self, key: Key, count: int) -> None:
        """And poll and offer in between."""
        for number, (source, item) in enumerate(self.merge.sweep(2 + key, 9)):
            self.came.append((source, repr(item)))
            if number == count:
                break
            if number == 1:
                self.poll(0, 1)
                self.offer(key, 2)

    def poll(self, _: Key, count: int) -> None:
        for _turn in range(count):
            self.came.append(repr(self.merge.poll()))

    @property
    def seen(self) -> Any:
        """All that can be told from outside."""
        accounts = [
            (one.accepted, one.delivered, one.conflated, one.shed, one.abandoned, one.paused, one.weight)
            for one in self.inboxes
        ]
        stats = [self.merge.stats(key) for key in range(len(self.inboxes)) if key in self.merge]
        return self.came, accounts, stats, self.merge.totals(), standing(self.merge), [one.count for one in self.lows]


DOING = ["offer", "offer", "offer", "end", "close", "remove", "sweep", "sweep", "sweep_in_part", "poll"]
doings = st.lists(st.tuples(st.sampled_from(DOING), st.integers(0, 2), st.integers(0, 6)), min_size=5, max_size=40)


@settings(deadline=None)  # how long an example takes is not tested here
@given(st.lists(shapes, min_size=3, max_size=3), doings)
def test_whatever_happens_a_merge_that_takes_what_is_at_hand_does_what_one_that_polls_does(
    several: list[Shape], doings: list[tuple[str, Key, int]]
) -> None:
    short, long = (Party(several, short=short) for short in (True, False))
    for doing, key, count in doings:
        for party in (short, long):
            getattr(party, doing)(key, count)
        assert short.seen == long.seen


def test_items_are_at_hand_again_once_the_producer_was_told_to_go_on() -> None:
    inbox = inbox_of(range(5), low=2, high=4)
    assert (inbox.paused, bool(inbox.at_hand)) == (True, False)
    assert [inbox.poll() for _ in range(3)] == [0, 1, 2]
    assert (inbox.paused, list(inbox.at_hand)) == (False, [3, 4])


class WakesItself(Stream[int]):
    """Calls its waker even though it has an item to give."""

    def poll(self, waker: Waker | None = None) -> int | Poll:
        if waker is not None:
            waker()
        return 1


def test_a_source_that_wakes_itself_while_it_gives_an_item_stands_in_the_list_once() -> None:
    merge = merge_of(a=WakesItself(), b=inbox_of(range(9)))
    assert [key for key, _ in merge.sweep(3, 99)] == ["a", "b", "a", "b", "a", "b"]
    assert sorted(standing(merge)) == ["a", "b"]
