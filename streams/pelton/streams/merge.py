"""Many keyed streams as one, fairly. Cost follows the sources that are ready, not all there are.

Sources that may have something stand in a FIFO; a source that answered PENDING is not asked again before its
waker fired. `sweep` serves the FIFO by deficit round robin: one item (times weight) a visit, at most `quantum`
(times weight) a sweep, `total` over all. Who runs out of credit keeps his place for the next sweep. The order
depends on the order of arrival alone, never on chance: a tick can be replayed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Generic, Literal, TypeVar

from pelton.streams.items import Err, Left
from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, Waker
from pelton.streams.stream import Stream

__all__ = ["Merge"]

K = TypeVar("K")
T = TypeVar("T")


class _Slot(Generic[K, T]):
    """One source in the merge, and the waker it is polled with. It stands in the FIFO at most once."""

    __slots__ = ("credit", "deficit", "key", "live", "merge", "queued", "stream", "sweep", "weight")

    def __init__(self, merge: Merge[K, T], key: K, stream: Stream[T], weight: int) -> None:
        self.merge = merge
        self.key = key
        self.stream = stream
        self.weight = self.deficit = weight
        self.credit = self.sweep = 0
        self.live = True
        self.queued = False

    def __call__(self) -> None:
        if self.live and not self.queued:
            self.queued = True
            self.merge.fifo.append(self)
            if self.merge.waker is not None:
                self.merge.wake()


class Merge(Stream["tuple[K, T | Err | Left]"], Generic[K, T]):
    """A fair, keyed merge whose sources come and go.

    Items arrive as `(key, item)`, per source in order. A source that ends gives `(key, Left())`, one that raises
    `(key, Err(error))`; either way it is gone from the merge and the others are untouched. The merge itself is CLOSED
    only after `close()`: an empty one waits for sources to come.
    """

    def __init__(self) -> None:
        self.fifo: deque[_Slot[K, T]] = deque()
        """The sources that may have something, first come, first served. Theirs to enter, this merge's to serve."""
        self.waker: Waker | None = None
        """Of the consumer, while it waits."""
        self._slots: dict[K, _Slot[K, T]] = {}
        self._spent: list[_Slot[K, T]] = []  # without credit until the sweep is over
        self._sweep = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: object) -> bool:
        return key in self._slots

    def add(self, key: K, stream: Stream[T], weight: int = 1) -> None:
        """Take in a source under a new key. `weight` scales its share of a sweep."""
        if self._closed:
            raise ValueError("a closed merge takes no sources")
        if key in self._slots:
            raise ValueError(f"the merge already has a source under the key {key!r}")
        if weight < 1:
            raise ValueError(f"a source needs a weight of 1 or more, got {weight}")
        slot = self._slots[key] = _Slot(self, key, stream, weight)
        slot()  # whether it has something is known after the first poll

    def remove(self, key: K) -> Stream[T]:
        """Give a source back, undrained and not closed. KeyError if there is none under `key`."""
        slot = self._slots.pop(key)
        slot.live = False
        for waiting in (self.fifo, self._spent):
            if slot.queued and slot in waiting:
                waiting.remove(slot)
        slot.stream.forget()
        return slot.stream

    def poll(self, waker: Waker | None = None) -> tuple[K, T | Err | Left] | Poll:
        if self._closed:
            return CLOSED
        self._gather()
        asked: set[_Slot[K, T]] = set()
        while self.fifo:
            slot = self.fifo.popleft()
            if slot in asked:  # who wakes itself in vain must not hold up the caller
                self._spent.append(slot)
                continue
            item = self._ask(slot)
            if not isinstance(item, Poll):
                self._rotate(slot)
                return slot.key, item
            asked.add(slot)
        self._gather()
        if waker is not None:
            self._wait(waker)
        return PENDING

    def sweep(self, quantum: int, total: int) -> Generator[tuple[K, T | Err | Left]]:
        """Iterate lazily over what is ready: at most `quantum` times weight a source, `total` in all, exactly.

        What is not asked for is not taken. Sources may be added and removed while it runs. A new sweep ends an old one
        that somebody still holds. A source that was polled in vain is not polled again in the same sweep.
        """
        self._gather()
        fifo = self.fifo
        self._sweep = sweep = self._sweep + 1
        try:
            while total > 0 and fifo and self._sweep == sweep:
                slot = fifo.popleft()
                if slot.sweep != sweep:
                    slot.sweep = sweep
                    slot.credit = quantum * slot.weight
                if slot.credit < 1:
                    self._spent.append(slot)
                    continue
                item = self._ask(slot)
                if isinstance(item, Poll):
                    slot.credit = 0
                    continue
                slot.credit -= 1
                total -= 1
                self._rotate(slot)
                yield slot.key, item
        finally:
            if self._sweep == sweep:
                self._gather()

    def close(self) -> None:
        """Close every source, even if one raises; their errors come as one group."""
        if self._closed:
            return
        self._closed = True
        slots, self._slots = self._slots, {}
        self.fifo.clear()
        self._spent.clear()
        errors: list[Exception] = []
        for slot in slots.values():
            slot.live = False
            try:
                slot.stream.close()
            except Exception as error:  # noqa: BLE001 - collected and raised as a group below
                errors.append(error)
        self.wake()
        if errors:
            raise ExceptionGroup("closing the sources of a merge", errors)

    def forget(self) -> None:
        self.waker = None

    def wake(self) -> None:
        """Tell the consumer, if one waits, that polling may help."""
        waker, self.waker = self.waker, None
        if waker is not None:
            waker()

    def _wait(self, waker: Waker) -> None:
        if self.waker is not None and self.waker != waker:
            raise ConcurrentPoll(self)
        self.waker = waker
        if self.fifo:
            self.wake()  # somebody woke while the others were asked

    def _ask(self, slot: _Slot[K, T]) -> T | Err | Left | Literal[Poll.PENDING]:
        """Poll one source. PENDING has parked it; an end or an error takes it out and is an item."""
        slot.queued = False  # before the poll: a waker called from within it must count
        try:
            item = slot.stream.poll(slot)
        except Exception as error:  # noqa: BLE001 - one source's error is an item and ends that source alone
            self._drop(slot)
            return Err(error)
        if item is CLOSED:
            self._drop(slot)
            return Left()
        return item

    def _rotate(self, slot: _Slot[K, T]) -> None:
        """After an item: back into the FIFO, in front while its turn lasts, unless nothing is left for sure."""
        if slot.queued or not slot.live or slot.stream.park(slot):
            return
        slot.queued = True
        slot.deficit -= 1
        if slot.deficit:
            self.fifo.appendleft(slot)
        else:
            slot.deficit = slot.weight
            self.fifo.append(slot)

    def _gather(self) -> None:
        """Sources that ran out of credit stand behind those that were not served yet."""
        if self._spent:
            self.fifo.extend(self._spent)
            self._spent.clear()

    def _drop(self, slot: _Slot[K, T]) -> None:
        slot.live = False
        if self._slots.get(slot.key) is slot:  # it may have been replaced from within its own poll
            del self._slots[slot.key]
