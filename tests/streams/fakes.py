"""Streams and wakers that tell what was done to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pelton.streams import CLOSED, PENDING, Budget, Inbox, Merge, Poll, Stream, Waker

T = TypeVar("T")


class Wakes:
    """A waker that counts its calls."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


class Purse(Budget):
    """A waker with so much to spend; counts its calls."""

    def __init__(self, credit: int) -> None:
        self.credit = credit
        self.count = 0

    def __call__(self) -> None:
        self.count += 1

    def spend(self) -> bool:
        self.credit -= 1
        if self.credit > 0:
            return True
        self()
        return False


class Counting(Stream[T]):
    """Passes everything through and counts the polls, by what they answered."""

    def __init__(self, source: Stream[T]) -> None:
        self.source = source
        self.polls = self.items = self.fruitless = self.ends = self.closes = 0

    @property
    def reason(self) -> str:
        return self.source.reason

    def poll(self, waker: Waker | None = None) -> T | Poll:
        self.polls += 1
        item = self.source.poll(waker)
        self.items += not isinstance(item, Poll)
        self.fruitless += item is PENDING
        self.ends += item is CLOSED
        return item

    def close(self) -> None:
        self.closes += 1
        self.source.close()

    def park(self, waker: Waker) -> bool:
        return self.source.park(waker)

    def forget(self) -> None:
        self.source.forget()


class Script(Stream[Any]):
    """Answers each poll with the next of `answers`; an exception is raised. After the last: CLOSED.

    It has no `fused` and no `park` of its own.
    """

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.wakers: list[Waker | None] = []
        self.closes = 0

    def poll(self, waker: Waker | None = None) -> Any:
        self.wakers.append(waker)
        if not self.answers:
            return CLOSED
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            self.answers.clear()
            raise answer
        return answer

    def close(self) -> None:
        self.closes += 1
        self.answers.clear()


class Endless(Stream[int]):
    """Always has the next number. Calls `on_poll` with the waker it is polled with."""

    def __init__(self, on_poll: Callable[[Waker | None], None] | None = None) -> None:
        self.on_poll = on_poll
        self.polls = 0

    def poll(self, waker: Waker | None = None) -> int:
        self.polls += 1
        if self.on_poll is not None:
            self.on_poll(waker)
        return self.polls

    def close(self) -> None:
        """Nothing to let go of."""


def inbox_of(items: Iterable[T], low: int = 0, high: int = 1000, hard: int = 1000) -> Inbox[T]:
    """An inbox that holds `items` already."""
    inbox: Inbox[T] = Inbox(low, high, hard)
    for item in items:
        inbox.offer(item)
    return inbox


def empty() -> Inbox[int]:
    """An inbox with room for all that a test offers."""
    return Inbox(0, 100, 100)


def merge_of(**sources: Stream[int]) -> Merge[str, int]:
    """A merge of these sources under their names."""
    merge: Merge[str, int] = Merge()
    for key, stream in sources.items():
        merge.add(key, stream)
    return merge


def taken(stream: Stream[T]) -> list[T]:
    """Poll until there is nothing more just now."""
    items: list[T] = []
    while not isinstance(item := stream.poll(), Poll):
        items.append(item)
        assert len(items) < 100_000, "it never comes to an end"
    return items


def standing(merge: Merge[Any, Any]) -> list[Any]:
    """The keys in the ready list of a merge, in order; those of removed sources are left out."""
    return [slot.key for slot in merge.fifo if slot.live]


def nowhere(merge: Merge[Any, Any]) -> list[Any]:
    """The keys of sources that stand not in the ready list: their wakers must be stored with them."""
    queued = standing(merge)
    return [key for key in merge._slots if key not in queued]
