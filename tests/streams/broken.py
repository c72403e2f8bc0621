"""Streams that break one promise each, for tests of the checks that must find them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal, TypeAlias

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Poll, Stream, Waker
from pelton.streams.testing import ManualSource

Answer: TypeAlias = int | Poll


class ByHand(Stream[int]):
    """Doubles each item, with nothing but the contract in hand. Keeps every promise."""

    def __init__(self, source: Stream[int]) -> None:
        self.source = source
        self.over = False

    def poll(self, waker: Waker | None = None) -> Answer:
        if self.over:
            return CLOSED
        try:
            item = self.source.poll(waker)
        except ConcurrentPoll:
            raise
        except BaseException:
            self.close()
            raise
        if item is CLOSED:
            self.close()
        return item if isinstance(item, Poll) else item * 2

    def close(self) -> None:
        self.over = True
        self.source.close()

    def forget(self) -> None:
        self.source.forget()


class TakesAndAnswersPending(ByHand):
    """Takes an item and answers PENDING; the item is gone."""

    turn = 0

    def poll(self, waker: Waker | None = None) -> Answer:
        item = super().poll(waker)
        self.turn += 1
        return PENDING if self.turn % 2 and not isinstance(item, Poll) else item


class KeepsAnItemBack(ByHand):
    """Takes an item, answers PENDING, and gives it at the next poll."""

    kept: int | None = None

    def poll(self, waker: Waker | None = None) -> Answer:
        kept, self.kept = self.kept, None
        if kept is not None:
            return kept
        item = super().poll(waker)
        if isinstance(item, Poll):
            return item
        self.kept = item
        return PENDING


class ForgetsTheWaker(ByHand):
    def poll(self, waker: Waker | None = None) -> Answer:
        return super().poll(None)


class CallsTheWakerTwice(ByHand):
    def poll(self, waker: Waker | None = None) -> Answer:
        if waker is None:
            return super().poll(None)

        def twice() -> None:
            waker()
            waker()

        return super().poll(twice)


class CallsTheWakerAtOnce(ByHand):
    """Says that polling may help when it does not: whoever awaits it would never rest."""

    def poll(self, waker: Waker | None = None) -> Answer:
        item = super().poll(waker)
        if item is PENDING and waker is not None:
            waker()
        return item


class EndsForAWhile(ByHand):
    """Has something to say after its end."""

    ends = 0

    def poll(self, waker: Waker | None = None) -> Answer:
        item = super().poll(waker)
        self.ends += item is CLOSED
        return 99 if self.ends == 2 else item


class EndsForPollOnly(ByHand):
    def fused(self, limit: int | None) -> Iterator[int]:
        return super().fused(limit) if not self.over else iter([99])


class TellsTheSecondConsumer(ByHand):
    """Keeps one waker, the last."""

    last: Waker | None = None

    def poll(self, waker: Waker | None = None) -> Answer:
        item = super().poll(None if waker is None else self.ring)
        if item is PENDING and waker is not None:
            self.last = waker
        return item

    def ring(self) -> None:
        last, self.last = self.last, None
        if last is not None:
            last()


class DropsTheFirstConsumer(ByHand):
    """Refuses the second, and forgets the first over it."""

    def poll(self, waker: Waker | None = None) -> Answer:
        try:
            return super().poll(waker)
        except ConcurrentPoll:
            self.source.forget()
            raise


class RemembersTheConsumerForEver(ByHand):
    def forget(self) -> None:
        """Do nothing."""


class LeavesItsSourceOpen(ByHand):
    def close(self) -> None:
        self.over = True


class ClosesInSilence(ByHand):
    """Does not tell who waits that he waits in vain."""

    def close(self) -> None:
        self.source.forget()
        super().close()


class GoesOnAfterClose(ByHand):
    def close(self) -> None:
        self.source.close()
        self.source = ManualSource(1)


class IsEager(ByHand):
    """Has a look before anybody asked."""

    def __init__(self, source: Stream[int]) -> None:
        super().__init__(source)
        super().poll()


class TakesAnErrorForTheEnd(ByHand):
    def poll(self, waker: Waker | None = None) -> Answer:
        try:
            return super().poll(waker)
        except ConcurrentPoll:
            raise
        except Exception:  # noqa: BLE001 - that is what is wrong with it
            return CLOSED


class PassesOverErrors(ByHand):
    """Neither raises nor closes."""

    def poll(self, waker: Waker | None = None) -> Answer:
        if self.over:
            return CLOSED
        try:
            item = self.source.poll(waker)
        except ConcurrentPoll:
            raise
        except Exception:  # noqa: BLE001 - that is what is wrong with it
            self.over = True
            return CLOSED
        if item is CLOSED:
            self.close()
        return item if isinstance(item, Poll) else item * 2


class RaisesAndStaysOpen(ByHand):
    def poll(self, waker: Waker | None = None) -> Answer:
        item = CLOSED if self.over else self.source.poll(waker)
        if item is CLOSED:
            self.close()
        return item if isinstance(item, Poll) else item * 2


class SkipsInReady(ByHand):
    """`ready` gives other items than `poll`."""

    def fused(self, limit: int | None) -> Iterator[int]:
        items = super().fused(limit)
        next(items, None)
        return items


class IgnoresTheLimit(ByHand):
    def fused(self, limit: int | None) -> Iterator[int]:
        return super().fused(None)


class ListsWhatIsReady(ByHand):
    """Takes all before it gives one: with an error among them, those before it are lost."""

    def fused(self, limit: int | None) -> Iterator[int]:
        return iter(list(super().fused(limit)))


class IgnoresTheBudget(ByHand):
    """Drops odd numbers for as long as there are any."""

    def poll(self, waker: Waker | None = None) -> Answer:
        while not isinstance(item := super().poll(waker), Poll) and item // 2 % 2:
            """Dropped."""
        return item


class AwaitsAfterTaking(ByHand):
    """Who gives up while it awaits something else takes the item along."""

    async def next(self) -> int | Literal[Poll.CLOSED]:
        item = await super().next()
        await asyncio.sleep(0)
        return item


class AwaitsInATask(ByHand):
    """Goes on waiting after who asked for it gave up, and takes an item that nobody gets."""

    async def next(self) -> int | Literal[Poll.CLOSED]:
        return await asyncio.shield(asyncio.ensure_future(super().next()))
