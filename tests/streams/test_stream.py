"""The async edge: `next` and `async for` wait for readiness, then take; nothing is lost, and there are no tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Inbox, Merge, Offer, Poll, Stream, StreamError, Waker
from tests.streams.fakes import Counting, Endless, Script, Wakes, inbox_of, taken

T = TypeVar("T")


async def parked(awaitable: Awaitable[T]) -> asyncio.Task[T]:
    """Start waiting and return once it waits."""

    async def wait() -> T:
        return await awaitable

    task = asyncio.ensure_future(wait())
    await turns()
    assert not task.done()
    return task


async def turns(count: int = 3) -> None:
    """Let everything run that can run."""
    for _ in range(count):
        await asyncio.sleep(0)


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


@pytest.fixture
def inbox() -> Inbox[int]:
    return Inbox(0, 100, 100)


async def test_next_takes_what_is_ready_without_waiting(inbox: Inbox[int]) -> None:
    inbox.offer(1)
    waiting = inbox.next()
    with pytest.raises(StopIteration) as done:
        waiting.send(None)
    assert done.value.value == 1


async def test_next_waits_for_an_item(inbox: Inbox[int]) -> None:
    task = await parked(inbox.next())
    inbox.offer(1)
    assert await task == 1


@pytest.mark.parametrize("end", [Inbox.end, Inbox.close])
async def test_next_is_woken_by_the_end(inbox: Inbox[int], end: Callable[[Inbox[int]], None]) -> None:
    task = await parked(inbox.next())
    end(inbox)
    assert await task is CLOSED
    assert await inbox.next() is CLOSED


async def test_next_raises_the_error_once_and_then_answers_closed(inbox: Inbox[int]) -> None:
    task = await parked(inbox.next())
    inbox.end(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await task
    assert await inbox.next() is CLOSED


async def test_a_cancelled_next_loses_nothing_and_may_be_called_again(inbox: Inbox[int]) -> None:
    await cancelled(await parked(inbox.next()))
    inbox.offer(1)
    assert await inbox.next() == 1
    task = await parked(inbox.next())
    inbox.offer(2)
    assert await task == 2


async def test_a_next_that_is_cancelled_after_it_was_woken_loses_nothing(inbox: Inbox[int]) -> None:
    task = await parked(inbox.next())
    inbox.offer(1)
    await cancelled(task)
    assert (len(inbox), inbox.delivered) == (1, 0)
    assert await inbox.next() == 1


async def test_an_offer_between_a_cancel_and_its_effect_raises_nothing_and_is_kept(inbox: Inbox[int]) -> None:
    task = await parked(inbox.next())
    task.cancel()
    assert inbox.offer(1) is Offer.OK
    await asyncio.wait([task])
    assert task.cancelled()
    assert await inbox.next() == 1


@pytest.mark.parametrize("later", range(6))
async def test_whenever_a_next_is_cancelled_the_item_is_either_given_or_still_there(
    inbox: Inbox[int], later: int
) -> None:
    task = await parked(inbox.next())
    inbox.offer(1)
    await turns(later)
    task.cancel()
    await asyncio.wait([task])
    given = [] if task.cancelled() else [task.result()]
    assert given + taken(inbox) == [1]


async def test_a_next_that_timed_out_loses_nothing(inbox: Inbox[int]) -> None:
    for number in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(inbox.next(), 0.001)
        inbox.offer(number)
        assert await inbox.next() == number


async def test_a_merge_loses_nothing_by_a_cancelled_next(inbox: Inbox[int]) -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", inbox)
    await cancelled(await parked(merge.next()))
    inbox.offer(1)
    assert await merge.next() == ("a", 1)
    task = await parked(merge.next())
    merge.add("b", inbox_of([2]))
    assert await task == ("b", 2)


@pytest.mark.parametrize(
    "stage", [lambda stream: stream, lambda stream: stream.map(abs), lambda stream: stream.take(9)]
)
async def test_a_second_task_is_refused_and_the_first_one_still_gets_the_item(
    inbox: Inbox[int], stage: Callable[[Stream[int]], Stream[int]]
) -> None:
    stream = stage(inbox)
    first = await parked(stream.next())
    with pytest.raises(ConcurrentPoll):
        await stream.next()
    inbox.offer(1)
    assert await first == 1


async def test_a_poll_with_another_waker_is_refused_while_a_task_waits(inbox: Inbox[int]) -> None:
    task = await parked(inbox.next())
    with pytest.raises(ConcurrentPoll):
        inbox.poll(lambda: None)
    inbox.offer(1)
    assert await task == 1


async def test_the_stream_of_a_task_that_gave_up_may_be_merged(inbox: Inbox[int]) -> None:
    await cancelled(await parked(inbox.next()))
    inbox.forget()
    merge: Merge[str, int] = Merge()
    merge.add("a", inbox)
    assert merge.poll() is PENDING
    inbox.offer(1)
    assert merge.poll() == ("a", 1)


async def test_a_stream_may_be_waited_for_on_one_loop_after_another() -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)

    async def time_out() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(inbox.next(), 0.001)

    await asyncio.to_thread(asyncio.run, time_out())
    task = await parked(inbox.next())
    inbox.offer(1)
    assert await task == 1


async def test_async_for_ends_at_closed(inbox: Inbox[int]) -> None:
    async def iterate() -> list[int]:
        return [number async for number in inbox.map(lambda number: number * 10)]

    inbox.offer(1)
    task = await parked(iterate())
    inbox.offer(2)
    inbox.offer(3)
    inbox.end()
    assert await task == [10, 20, 30]


async def test_async_for_raises_what_the_source_raised() -> None:
    seen: list[int] = []

    async def iterate() -> None:
        async for number in Script(1, OSError("gone"), 3):
            seen.append(number)  # noqa: PERF401 - extend would lose them with the raise

    with pytest.raises(OSError, match="gone"):
        await iterate()
    assert seen == [1]


async def test_async_for_that_is_broken_off_takes_nothing_more_and_may_be_taken_up_again() -> None:
    inbox = inbox_of(range(4))
    inbox.end()
    async for number in inbox:
        if number == 1:
            break
    assert len(inbox) == 2
    assert [number async for number in inbox] == [2, 3]


async def test_a_step_of_async_for_that_was_cancelled_ends_nothing(inbox: Inbox[int]) -> None:
    """An async generator would be dead by then, and the loop would end as if the stream had."""
    iterator = aiter(inbox)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(iterator), 0.001)
    inbox.offer(1)
    assert await anext(iterator) == 1


async def test_a_stream_that_calls_its_waker_from_within_poll_is_polled_again() -> None:
    class Pacing(Script):
        def poll(self, waker: Waker | None = None) -> Any:
            if waker is not None:
                waker()
            return super().poll(waker)

    pacing = Pacing(PENDING, PENDING, 1)
    assert await asyncio.wait_for(pacing.next(), 1) == 1
    assert len(pacing.wakers) == 3


async def test_waiting_polls_once_per_wake(inbox: Inbox[int]) -> None:
    source = Counting(inbox)
    task = await parked(source.next())
    await turns(10)
    assert source.polls == 1
    inbox.offer(1)
    inbox.offer(2)
    assert await task == 1
    assert source.polls == 2
    assert await source.next() == 2
    task = await parked(source.next())
    await turns(10)
    assert source.polls == 4, "an old wake is no reason to go on polling"
    inbox.offer(3)
    assert await task == 3


async def test_waiting_creates_no_task(inbox: Inbox[int]) -> None:
    merge: Merge[str, int] = Merge()
    merge.add("inbox", inbox.map(abs))
    before = asyncio.all_tasks()
    task = await parked(merge.next())
    assert asyncio.all_tasks() == before | {task}
    inbox.offer(1)
    assert await task == ("inbox", 1)


async def test_polling_creates_no_task(inbox: Inbox[int]) -> None:
    before = asyncio.all_tasks()
    merge: Merge[str, int] = Merge()
    for key in "abc":
        merge.add(key, Endless().map(abs).filter(lambda number: number % 2).take(50))
    merge.add("inbox", inbox)
    inbox.offer(1)
    for _ in range(20):
        await merge.next()
        merge.poll(None)
        list(merge.sweep(2, 5))
        list(merge.ready(1))
        assert asyncio.all_tasks() == before
    merge.close()
    assert await merge.next() is CLOSED
    await turns()
    assert asyncio.all_tasks() == before


def test_the_core_needs_no_event_loop() -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", inbox_of([1, 2]).map(abs))
    assert taken(merge) == [("a", 1), ("a", 2)]


class OnlyPoll(Stream[int]):
    """What the contract asks of a subclass, and no more."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = iter(range(5))

    def poll(self, waker: Waker | None = None) -> int | Poll:
        return next(self._numbers, CLOSED)


def test_a_subclass_needs_only_poll_to_be_driven() -> None:
    assert taken(OnlyPoll()) == list(OnlyPoll().ready()) == [0, 1, 2, 3, 4]
    assert list(OnlyPoll().map(str).ready(2)) == ["0", "1"]
    OnlyPoll().forget()
    assert not OnlyPoll().park(Wakes())


def test_a_subclass_needs_only_poll_to_reach_its_end_below_a_stage() -> None:
    assert taken(OnlyPoll().map(str)) == ["0", "1", "2", "3", "4"]


def test_a_subclass_needs_only_poll_to_be_taken_from() -> None:
    assert taken(OnlyPoll().take(2)) == [0, 1]


def test_a_subclass_needs_only_poll_to_be_merged() -> None:
    merge: Merge[str, int] = Merge()
    merge.add("a", OnlyPoll())
    assert merge.poll() == ("a", 0)
    merge.close()


def test_a_subclass_with_only_poll_shows_its_own_error() -> None:
    class Faulty(OnlyPoll):
        def poll(self, waker: Waker | None = None) -> int | Poll:
            raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        list(Faulty().ready())


@pytest.mark.parametrize("limit", [None, 3])
def test_ready_stops_at_pending_and_takes_up_again(limit: int | None) -> None:
    script = Script(1, 2, PENDING, 3)
    assert list(script.ready(limit)) == [1, 2]
    assert list(script.ready(limit)) == [3]
    assert list(script.ready(limit)) == []


def test_ready_parks_nobody() -> None:
    script = Script(1, PENDING)
    list(script.ready())
    assert script.wakers == [None, None]


def test_ready_closes_a_stream_that_raised() -> None:
    script = Script(1, LookupError(), 2)
    seen = script.ready()
    assert next(seen) == 1
    with pytest.raises(LookupError):
        next(seen)
    assert script.closes == 1


def test_ready_that_is_broken_off_does_not_close() -> None:
    script = Script(1, 2)
    seen = script.ready()
    assert next(seen) == 1
    del seen
    assert (script.closes, script.poll()) == (0, 2)


def test_misuse_is_told_by_one_family_of_errors() -> None:
    assert issubclass(ConcurrentPoll, StreamError)


def test_the_answers_of_poll_are_members_of_poll() -> None:
    assert (PENDING, CLOSED) == (Poll.PENDING, Poll.CLOSED)
    assert len(Poll) == 2
