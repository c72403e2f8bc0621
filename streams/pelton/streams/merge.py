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
from pelton.streams.poll import CLOSED, PENDING, Budget, ConcurrentPoll, Poll, Waker
from pelton.streams.slot import MergeStats, Slot, SourceStats
from pelton.streams.stage import close_all
from pelton.streams.stream import Stream

__all__ = ["Merge"]

K = TypeVar("K")
T = TypeVar("T")


class Merge(Stream["tuple[K, T | Err | Left]"], Generic[K, T]):
    """A fair, keyed merge whose sources come and go.

    Items arrive as `(key, item)`, per source in order. A source that ends gives `(key, Left(reason))`, one that raises
    `(key, Err(error))`; either way it is gone from the merge and the others are untouched. The merge itself is CLOSED
    after `close()`, and, with `until="empty"`, when its last source is gone.
    """

    def __init__(self, until: Literal["closed", "empty"] = "closed") -> None:
        if until not in ("closed", "empty"):
            raise ValueError(f"until is closed or empty, not {until!r}")
        self.fifo: deque[Slot[K, T]] = deque()
        """The sources that may have something, first come, first served."""
        self.waker: Waker | None = None
        """Of the consumer, while it waits."""
        self._slots: dict[K, Slot[K, T]] = {}
        self._spent: list[Slot[K, T]] = []  # without credit until the sweep is over
        self._sweep = 0
        self._left = 0  # of the sweep's total
        self._polled_for: Budget | None = None
        self._in_poll = self._out_of_budget = False
        self._until_empty = until == "empty"
        self._closed = False
        self._gone = [0, 0, 0]  # delivered, dropped and fruitless, of sources that are not here any more
        self._ended = self._failed = 0

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: object) -> bool:
        return key in self._slots

    @property
    def finished(self) -> bool:
        return self._closed

    def add(self, key: K, stream: Stream[T], weight: int = 1) -> None:
        """Take in a source under a new key. `weight` scales its share of a sweep."""
        if self._closed:
            raise ValueError("a closed merge takes no sources")
        if key in self._slots:
            raise ValueError(f"the merge already has a source under the key {key!r}")
        if weight < 1:
            raise ValueError(f"a source needs a weight of 1 or more, got {weight}")
        slot = self._slots[key] = Slot(self, key, stream, weight)
        slot()  # whether it has something is known after the first poll

    def remove(self, key: K) -> Stream[T]:
        """Give a source back, undrained and not closed. KeyError if there is none under `key`."""
        slot = self._slots[key]
        self._drop(slot)
        slot.stream.forget()
        if self._until_empty and not self._slots:
            self.wake()
        return slot.stream

    def stats(self, key: K) -> SourceStats:
        """What a source did since it was added. KeyError if it is not here any more."""
        return self._slots[key].stats()

    def totals(self) -> MergeStats:
        """What all sources together did since the beginning."""
        slots = self._slots.values()
        return MergeStats(
            sources=len(slots),
            ready=len(self.fifo) + len(self._spent),
            delivered=self._gone[0] + sum(slot.delivered for slot in slots),
            dropped=self._gone[1] + sum(slot.dropped for slot in slots),
            fruitless=self._gone[2] + sum(slot.fruitless for slot in slots),
            ended=self._ended,
            failed=self._failed,
        )

    def poll(self, waker: Waker | None = None) -> tuple[K, T | Err | Left] | Poll:
        if self._closed:
            return CLOSED
        self._gather()
        self._polled_for = waker if isinstance(waker, Budget) else None
        self._in_poll, self._out_of_budget = True, False
        try:
            item = self._first()
        finally:
            self._in_poll = False
        self._gather()
        if item is PENDING and self._until_empty and not self._slots:
            self.close()
            return CLOSED
        if item is PENDING and self.finished:
            return CLOSED  # from within the poll of one of its sources
        if item is PENDING and waker is not None and not self._out_of_budget:
            self._wait(waker)
        return item

    def _first(self) -> tuple[K, T | Err | Left] | Literal[Poll.PENDING]:
        asked: set[Slot[K, T]] = set()
        while self.fifo and not self._out_of_budget:
            slot = self.fifo.popleft()
            if slot in asked:  # who wakes itself in vain must not hold up the caller
                self._spent.append(slot)
                continue
            item = self._ask(slot)
            if not isinstance(item, Poll):
                slot.limit += 1  # a sweep that is under way does not charge for it
                return slot.key, item
            asked.add(slot)
        return PENDING

    def sweep(
        self, quantum: int, total: int, deadline: Callable[[], bool] | None = None
    ) -> Generator[tuple[K, T | Err | Left]]:
        """Iterate lazily over what is ready: at most `quantum` times weight a source, `total` in all, exactly.

        What a source's own stages drop counts like what they give. `deadline()` is asked after each item; when it
        says True the sweep ends. What is not asked for is not taken. Sources may be added and removed while it runs. A
        new sweep ends an old one that somebody still holds. A source polled in vain is not polled again in it.
        """
        self._gather()
        fifo = self.fifo
        self._sweep = sweep = self._sweep + 1
        left = total
        try:
            while left > 0 and fifo and self._sweep == sweep:
                if deadline is not None and left < total and deadline():
                    break
                slot = fifo.popleft()
                if slot.sweep != sweep:
                    slot.sweep = sweep
                    slot.limit = slot.used + quantum * slot.weight
                if slot.used >= slot.limit:
                    self._spent.append(slot)
                    continue
                at_hand = slot.stream.at_hand
                if at_hand:  # what `_ask` does, without three calls for every action of every player
                    item: T | Err | Left = at_hand.popleft()
                    slot.used += 1
                    if at_hand and slot.weight == 1:
                        fifo.append(slot)
                    else:
                        self._rotate(slot)
                else:
                    self._left = left
                    asked = self._ask(slot)
                    left = self._left
                    if asked is PENDING:
                        slot.limit = slot.used  # not again in this sweep
                        continue
                    item = asked
                left -= 1
                yield slot.key, item
        finally:
            if self._sweep == sweep:
                self._gather()

    def close(self) -> None:
        """Close every source, even if one raises; their errors come as one group."""
        if self._closed:
            return
        self._closed = True
        slots = list(self._slots.values())
        self.fifo.clear()
        self._spent.clear()
        for slot in slots:
            self._drop(slot)
        try:
            close_all(slot.stream for slot in slots)
        finally:
            self.wake()

    def forget(self) -> None:
        self.waker = None

    # What the slots call.

    def spend(self, slot: Slot[K, T]) -> bool:
        """The slot's source gave an item that was dropped on the way. Whether it may go on."""
        slot.dropped += 1
        slot.used += 1
        if self._in_poll:
            slot.limit += 1
            self._out_of_budget = self._polled_for is not None and not self._polled_for.spend()
            return not self._out_of_budget
        self._left -= 1
        return slot.used < slot.limit and self._left > 0

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

    def _ask(self, slot: Slot[K, T]) -> T | Err | Left | Literal[Poll.PENDING]:
        """Poll one source. PENDING has parked it; an end or an error takes it out and is an item."""
        slot.queued = False  # before the poll: a waker called from within it must count
        stream = slot.stream
        try:
            item = stream.poll(slot)
        except Exception as error:  # noqa: BLE001 - one source's error is an item and ends that source alone
            return self._failed_with(slot, error)
        except BaseException:
            slot()  # Ctrl-C, for one, is no error of the source: it keeps a place
            raise
        if item is PENDING:
            slot.fruitless += 1
            return item
        if item is CLOSED:
            return self._ended_by(slot)
        if not slot.live:
            self._gone[0] += 1  # it took itself out of the merge: its counts are added up already
            return item
        slot.used += 1
        if not slot.queued:  # else it woke itself
            if slot.weight == 1 and stream.backlog:  # as in `_rotate`, without the call
                slot.queued = True
                self.fifo.append(slot)
            else:
                self._rotate(slot)
        return item

    def _rotate(self, slot: Slot[K, T]) -> None:
        """After an item: back into the FIFO, in front while the slot's turn lasts, unless there is nothing for sure."""
        slot.queued = False
        stream = slot.stream
        if not stream.backlog and stream.park(slot):
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

    def _failed_with(self, slot: Slot[K, T], error: Exception) -> Err:
        self._drop(slot)
        self._failed += 1
        return Err(error)

    def _ended_by(self, slot: Slot[K, T]) -> Left:
        self._drop(slot)
        self._ended += 1
        return Left(slot.stream.reason)

    def _drop(self, slot: Slot[K, T]) -> None:
        if not slot.live:
            return  # removed from within its own poll
        slot.live = False
        self._gone[0] += slot.delivered
        self._gone[1] += slot.dropped
        self._gone[2] += slot.fruitless
        del self._slots[slot.key]
        for waiting in (self.fifo, self._spent):
            if slot.queued and slot in waiting:  # also who was woken by the very poll that ended it
                waiting.remove(slot)
