"""`then`, `buffered` and `buffer_unordered`: order, bounds, a fixed number of tasks, and errors in their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import pytest

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Inbox, Left, Merge, Scope, Stream, from_iter
from tests.streams.fakes import Counting, Wakes, inbox_of, taken
from tests.streams.running import finished, parked, turns

pytestmark = pytest.mark.usefixtures("quiet_loop")


class Work:
    """An async function whose every call is finished by hand, or at once."""

    def __init__(self, *, by_hand: bool = True) -> None:
        self.by_hand = by_hand
        self.begun: list[int] = []
        self.tasks: set[object] = set()
        self.cancelled: list[int] = []
        self.waiting: dict[int, asyncio.Future[int]] = {}

    async def __call__(self, item: int) -> int:
        self.begun.append(item)
        self.tasks.add(asyncio.current_task())
        if not self.by_hand:
            await asyncio.sleep(0)
            return item
        self.waiting[item] = asyncio.get_running_loop().create_future()
        try:
            return await self.waiting[item]
        except asyncio.CancelledError:
            self.cancelled.append(item)
            raise

    def finish(self, *items: int) -> None:
        for item in items:
            self.waiting.pop(item).set_result(item)

    def fail(self, item: int, error: Exception) -> None:
        self.waiting.pop(item).set_exception(error)


Make: TypeAlias = "Callable[[Stream[int], Scope, Work], Stream[int]]"
STAGES: dict[str, Make] = {
    "then": lambda stream, scope, work: stream.then(scope, work),
    "buffered": lambda stream, scope, work: stream.buffered(scope, work, 3),
    "unordered": lambda stream, scope, work: stream.buffer_unordered(scope, work, 3),
}
every_stage = pytest.mark.parametrize("make", STAGES.values(), ids=list(STAGES))
SIZES = {"then": 1, "buffered": 3, "unordered": 3}
every_size = pytest.mark.parametrize(("name", "size"), SIZES.items(), ids=list(SIZES))


# Order.


async def test_then_runs_one_at_a_time_in_order() -> None:
    work = Work()
    async with Scope() as scope:
        stream = from_iter(range(3)).then(scope, work)
        for item in range(3):
            assert stream.poll() is PENDING
            await turns()
            assert work.begun == list(range(item + 1))
            work.finish(item)
            await turns()
            assert work.begun == list(range(item + 1)), "its result waits to be taken: nothing else is begun"
            assert stream.poll() == item
        assert await finished(stream.next()) is CLOSED


async def test_buffered_gives_the_results_in_the_order_of_the_items() -> None:
    work = Work()
    async with Scope() as scope:
        stream = from_iter(range(3)).buffered(scope, work, 3)
        assert stream.poll() is PENDING
        await turns()
        work.finish(2)
        work.finish(1)
        await turns()
        assert stream.poll() is PENDING
        work.finish(0)
        await turns()
        assert taken(stream) == [0, 1, 2]


async def test_buffer_unordered_gives_the_results_in_the_order_in_which_they_are_done() -> None:
    work = Work()
    async with Scope() as scope:
        stream = from_iter(range(3)).buffer_unordered(scope, work, 3)
        given: list[int] = []
        assert stream.poll() is PENDING
        await turns()
        for item in (2, 0, 1):
            work.finish(item)
            await turns()
            given += taken(stream)
        assert given == [2, 0, 1]
        assert await finished(stream.next()) is CLOSED


# Bounds.


@every_stage
async def test_nothing_runs_before_the_first_poll(make: Make) -> None:
    work = Work()
    source = Counting(from_iter(range(3)))
    async with Scope() as scope:
        make(source, scope, work).map(str).filter(len)
        await turns()
        assert (len(scope), source.polls, work.begun) == (0, 0, [])


@every_size
async def test_running_and_finished_ones_together_are_never_more_than_the_size(name: str, size: int) -> None:
    work = Work()
    given = 0
    async with Scope() as scope:
        stream = STAGES[name](from_iter(range(20)), scope, work)
        while (item := stream.poll()) is not CLOSED:
            given += item is not PENDING
            await turns()
            assert len(work.begun) - given <= size
            if work.waiting:
                work.finish(max(work.waiting))
            await turns()
            assert len(work.begun) - given <= size
    assert (given, sorted(work.begun)) == (20, list(range(20)))


@every_size
async def test_as_many_run_at_once_as_the_size_says(name: str, size: int) -> None:
    work = Work()
    async with Scope() as scope:
        assert STAGES[name](from_iter(range(20)), scope, work).poll() is PENDING
        await turns()
        assert work.begun == list(range(size))


@every_size
async def test_there_are_as_many_tasks_as_run_at_once_and_none_per_item(name: str, size: int) -> None:
    work = Work(by_hand=False)
    async with Scope() as scope:
        stream = STAGES[name](from_iter(range(100)), scope, work)
        assert sorted(await finished_all(stream, scope, size)) == list(range(100))
    assert len(work.tasks) <= size


async def finished_all(stream: Stream[int], scope: Scope, tasks_max: int) -> list[int]:
    """All its items, while the tasks of the scope are counted."""
    items: list[int] = []
    while (item := await finished(stream.next())) is not CLOSED:
        assert len(scope) <= tasks_max
        items.append(item)
    return items


@every_stage
async def test_tasks_are_gone_when_the_source_has_ended_and_all_is_taken(make: Make) -> None:
    async with Scope() as scope:
        stream = make(from_iter(range(5)), scope, Work(by_hand=False))
        assert len(await finished(stream.collect())) == 5
        await turns()
        assert len(scope) == 0


@pytest.mark.parametrize("size", [0, -1])
async def test_at_least_one_has_to_run_at_a_time(size: int) -> None:
    async with Scope() as scope:
        for make in (from_iter([1]).buffered, from_iter([1]).buffer_unordered):
            with pytest.raises(ValueError, match="at least 1"):
                make(scope, Work(), size)


@every_size
async def test_an_early_stop_closes_the_source_and_takes_at_most_the_size_from_it_in_vain(name: str, size: int) -> None:
    source = Counting(from_iter(range(100)))
    async with Scope() as scope:
        stream = STAGES[name](source, scope, Work(by_hand=False)).take(4)
        assert sorted(await finished(stream.collect())) == [0, 1, 2, 3]
        await turns()
        assert (source.closes > 0, len(scope)) == (True, 0)
    assert source.polls <= 4 + size


# Waiting.


@every_stage
async def test_an_item_that_comes_later_is_worked_on_without_a_further_poll(make: Make) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    wakes = Wakes()
    async with Scope() as scope:
        stream = make(inbox, scope, Work(by_hand=False))
        assert stream.poll(wakes) is PENDING
        await turns()
        inbox.offer(7)
        await turns()
        assert (wakes.count, stream.poll()) == (1, 7)


@every_stage
@pytest.mark.parametrize("later", range(7))
async def test_whenever_a_wait_is_cancelled_no_result_is_lost(make: Make, later: int) -> None:
    async with Scope() as scope:
        stream = make(from_iter([5]), scope, Work(by_hand=False))
        task = asyncio.ensure_future(stream.next())
        await turns(later)
        task.cancel()
        await asyncio.wait([task])
        given = [] if task.cancelled() else [task.result()]
        assert given + await finished(stream.collect()) == [5]


@every_stage
async def test_a_second_consumer_is_refused(make: Make) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    async with Scope() as scope:
        stream = make(inbox, scope, Work(by_hand=False))
        first = await parked(stream.next())
        with pytest.raises(ConcurrentPoll):
            stream.poll(Wakes())
        inbox.offer(1)
        assert await finished(first) == 1
        stream.poll(Wakes())
        stream.forget()
        assert stream.poll(Wakes()) is PENDING


@every_stage
async def test_it_works_in_a_merge(make: Make) -> None:
    merge: Merge[str, int] = Merge(until="empty")
    async with Scope() as scope:
        merge.add("work", make(from_iter([1, 2]), scope, Work(by_hand=False)))
        merge.add("inbox", inbox_of([3]))
        assert merge.poll() == ("inbox", 3)
        merge.remove("inbox")
        assert await finished(merge.collect()) == [("work", 1), ("work", 2), ("work", Left())]


# Closing.


@every_size
async def test_closing_cancels_what_runs_drops_what_is_done_and_closes_the_source(name: str, size: int) -> None:
    work = Work()
    source = Counting(inbox_of(range(6)))
    wakes = Wakes()
    async with Scope() as scope:
        stream = STAGES[name](source, scope, work)
        assert stream.poll(wakes) is PENDING
        await turns()
        stream.close()
        assert (wakes.count, stream.poll(), source.closes) == (1, CLOSED, 1)
        await turns()
        assert (work.cancelled, len(scope)) == (list(range(size)), 0)
        stream.close()
        assert source.closes == 1


async def test_a_result_that_was_done_when_the_stream_was_closed_is_not_given() -> None:
    work = Work()
    async with Scope() as scope:
        stream = from_iter(range(3)).buffered(scope, work, 3)
        assert stream.poll() is PENDING
        await turns()
        work.finish(0)
        await turns()
        stream.close()
        assert stream.poll() is CLOSED
