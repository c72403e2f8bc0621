"""Many keyed streams as one, fairly. Cost follows the sources that are ready, not all there are.

Sources that may have something stand in a FIFO; a source that answered PENDING is not asked again before its
waker fired. `sweep` serves the FIFO by deficit round robin: one item (times weight) a visit, at most `quantum`
(times weight) a sweep, `total` over all. Who runs out of credit keeps his place for the next sweep. The order
depends on the order of arrival alone, never on chance: a tick can be replayed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Generic, Literal, TypeVar

from pelton.streams.items import Err, Left
from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, Waker
from pelton.streams.stream import Stream

__all__ = ["Merge"]

K = TypeVar("K")
T = TypeVar("T")


class _Slot(Generic[K, T]):
    """One source in the merge, and the waker it is polled with. It stands in the FIFO at most once."""

    __slots__ = ("credit", "deficit", "enqueue", "key", "live", "queued", "stream", "sweep", "weight")

    def __init__(self, enqueue: Callable[[_Slot[K, T]], None], key: K, stream: Stream[T], weight: int) -> None:
        self.enqueue = enqueue
        self.key = key
        self.stream = stream
        self.weight = self.deficit = weight
        self.credit = self.sweep = 0
        self.live = True
        self.queued = False

    def __call__(self) -> None:
        if self.live and not self.queued:
            self.queued = True
            self.enqueue(self)


class Merge(Stream["tuple[K, T | Err | Left]"], Generic[K, T]):
    """A fair, keyed merge whose sources come and go.

    Items arrive as `(key, item)`, per source in order. A source that ends gives `(key, Left())`, one that
    raises `(key, Err(error))`; either way it is gone from the merge and the others are untouched. The merge
    itself is CLOSED only after `close()`: an empty one waits for sources to come.
    """

    def __init__(self) -> None:
        self._slots: dict[K, _Slot[K, T]] = {}
        self._fifo: deque[_Slot[K, T]] = deque()
        self._waker: Waker | None = None
        self._sweeps = 0
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
        slot = self._slots[key] = _Slot(self._enqueue, key, stream, weight)
        slot()  # whether it has something is known after the first poll

    def remove(self, key: K) -> Stream[T]:
        """Give a source back, undrained and not closed. KeyError if there is none under `key`."""
        slot = self._slots.pop(key)
        slot.live = False
        slot.stream.forget()
        return slot.stream

    def poll(self, waker: Waker | None = None) -> tuple[K, T | Err | Left] | Poll:
        if self._closed:
            return CLOSED
        for served in self.sweep(1, 1):
            return served
        if waker is not None:
            if self._waker is not None and self._waker is not waker:
                raise ConcurrentPoll(self)
            self._waker = waker
        return PENDING

    def sweep(self, quantum: int, total: int) -> Generator[tuple[K, T | Err | Left]]:
        """Iterate lazily over what is ready: at most `quantum` times weight a source, `total` in all, exactly.

        What is not asked for is not taken. Sources may be added and removed while it runs.
        """
        fifo = self._fifo
        spent: list[_Slot[K, T]] = []
        self._sweeps = sweep = self._sweeps + 1
        try:
            while total > 0 and fifo:
                slot = fifo.popleft()
                if not slot.live:
                    continue
                if slot.sweep != sweep:
                    slot.sweep = sweep
                    slot.credit = quantum * slot.weight
                    if not slot.credit:
                        spent.append(slot)
                        continue
                item = self._visit(slot)
                if item is PENDING:
                    continue
                slot.credit -= 1
                total -= 1
                if slot.live:
                    self._requeue(slot, spent)
                yield slot.key, item
        finally:
            fifo.extend(spent)

    def close(self) -> None:
        """Close every source, even if one raises; their errors come as one group."""
        if self._closed:
            return
        self._closed = True
        errors: list[Exception] = []
        for slot in self._slots.values():
            slot.live = False
            try:
                slot.stream.close()
            except Exception as error:  # noqa: BLE001 - collected and raised as a group below
                errors.append(error)
        self._slots.clear()
        self._fifo.clear()
        self._wake()
        if errors:
            raise ExceptionGroup("closing the sources of a merge", errors)

    def forget(self) -> None:
        self._waker = None

    def _visit(self, slot: _Slot[K, T]) -> T | Err | Left | Literal[Poll.PENDING]:
        """Poll one source. PENDING has parked it; an end or an error has removed it and is an item."""
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

    def _requeue(self, slot: _Slot[K, T], spent: list[_Slot[K, T]]) -> None:
        if slot.queued:
            return  # woken from within its own poll: it stands there already
        slot.queued = True
        slot.deficit -= 1
        if not slot.credit:
            slot.deficit = slot.weight
            spent.append(slot)
        elif slot.deficit:
            self._fifo.appendleft(slot)
        else:
            slot.deficit = slot.weight
            self._fifo.append(slot)

    def _drop(self, slot: _Slot[K, T]) -> None:
        slot.live = False
        del self._slots[slot.key]

    def _enqueue(self, slot: _Slot[K, T]) -> None:
        self._fifo.append(slot)
        self._wake()

    def _wake(self) -> None:
        waker, self._waker = self._waker, None
        if waker is not None:
            waker()
