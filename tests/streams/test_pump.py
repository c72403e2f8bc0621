"""The pump: a generator that runs when it is asked, no further ahead than allowed, and ends when its stream does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator

import pytest

from pelton.streams import CLOSED, PENDING, Err, Inbox, Left, Merge, Poll, Scope, Stream
from tests.streams.fakes import Wakes
from tests.streams.running import Numbers, finished, parked, turns, within_scope

pytestmark = pytest.mark.usefixtures("quiet_loop")


async def failing_after(count: int) -> AsyncGenerator[int, None]:
    for number in range(count):
        yield number
    raise LookupError("after the last")


# When it runs, and how far.


async def test_nothing_runs_before_the_first_poll_also_with_items_allowed_ahead() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run(), ahead=5).map(str).filter(len)
        await turns()
        assert (numbers.tasks, len(scope)) == (set(), 0)
        assert stream.poll() is PENDING
        assert numbers.tasks == set(), "a poll runs no code of the generator"
        await turns()
        assert numbers.made > 0


async def test_without_items_ahead_the_generator_makes_only_what_was_asked_for() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run())
        for asked in range(1, 6):
            assert stream.poll() is PENDING
            await turns()
            assert numbers.made == asked
            assert stream.poll() == asked - 1
            await turns()
            assert numbers.made == asked, "taking an item does not ask for another"


async def test_polling_in_vain_again_and_again_asks_for_one_item_and_not_for_more() -> None:
    numbers = Numbers()
    numbers.gate = asyncio.Event()
    async with Scope() as scope:
        stream = scope.pump(numbers.run())
        for _ in range(5):
            assert stream.poll() is PENDING
            await turns()
        numbers.gate.set()
        await turns()
        assert numbers.made == 1
        assert (stream.poll(), stream.poll()) == (0, PENDING)
        await turns()
        assert numbers.made == 2


@pytest.mark.parametrize("ahead", [1, 2, 7])
async def test_with_items_allowed_ahead_so_many_are_made_beyond_those_taken_and_no_more(ahead: int) -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run(), ahead)
        for taken in range(4):
            assert await stream.next() == taken
            await turns(30)
            assert numbers.made == taken + 1 + ahead


@pytest.mark.parametrize("ahead", [0, 1, 2, 7])
async def test_however_it_is_polled_it_is_never_further_ahead_and_no_item_is_missing(ahead: int) -> None:
    chance = random.Random(ahead)
    numbers = Numbers(40)
    taken: list[int] = []
    async with Scope() as scope:
        stream = scope.pump(numbers.run(), ahead)
        while (item := stream.poll()) is not CLOSED:
            if not isinstance(item, Poll):
                taken.append(item)
            await turns(chance.randrange(5))
            assert numbers.made <= len(taken) + max(ahead, 1)
    assert taken == list(range(40))


async def test_a_negative_number_of_items_ahead_is_refused() -> None:
    async with Scope() as scope:
        with pytest.raises(ValueError, match="0 or more"):
            scope.pump(Numbers().run(), ahead=-1)


async def test_whoever_waits_is_woken_once_by_an_item_and_once_by_the_end() -> None:
    wakes = Wakes()
    async with Scope() as scope:
        stream = scope.pump(Numbers(1).run())
        assert stream.poll(wakes) is PENDING
        await turns()
        assert (wakes.count, stream.poll()) == (1, 0)
        assert stream.poll(wakes) is PENDING
        await turns()
        assert (wakes.count, stream.poll()) == (2, CLOSED)


# How it ends.


@pytest.mark.parametrize("ahead", [0, 1, 9])
@pytest.mark.parametrize("count", [0, 1, 3])
async def test_an_error_of_the_generator_comes_once_after_the_items_before_it(ahead: int, count: int) -> None:
    seen: list[int] = []
    async with Scope() as scope:
        stream = scope.pump(failing_after(count), ahead)
        with pytest.raises(LookupError, match="after the last"):
            await finished(stream.inspect(seen.append).count())
        assert (seen, stream.poll()) == (list(range(count)), CLOSED)


async def test_closing_cancels_what_the_generator_is_waiting_for() -> None:
    interrupted: list[type[BaseException]] = []

    async def fetching() -> AsyncGenerator[int, None]:
        try:
            yield 0
            await asyncio.Event().wait()
        except BaseException as error:
            interrupted.append(type(error))
            raise

    async with Scope() as scope:
        stream = scope.pump(fetching())
        assert await stream.next() == 0
        assert stream.poll() is PENDING
        await turns()
        stream.close()
        stream.close()
        await turns()
        assert (interrupted, len(scope), stream.poll()) == ([asyncio.CancelledError], 0, CLOSED)


async def test_what_was_made_ahead_is_dropped_when_the_stream_is_closed() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run(), ahead=3)
        assert await stream.next() == 0
        await turns()
        stream.close()
        assert stream.poll() is CLOSED
        await turns()
        assert (numbers.made, numbers.closed) == (4, 1)


async def test_a_generator_that_yields_once_more_when_it_is_cancelled_is_closed_and_not_asked_again() -> None:
    log: list[str] = []

    async def stubborn() -> AsyncGenerator[int, None]:
        yield 0
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            log.append("cancelled")
        try:
            yield 1
            log.append("asked for more")
        finally:
            log.append("closed")

    async with Scope() as scope:
        stream = scope.pump(stubborn())
        assert await stream.next() == 0
        assert stream.poll() is PENDING
        await turns()
        stream.close()
        await turns()
        assert (stream.poll(), len(scope), log) == (CLOSED, 0, ["cancelled", "closed"])


@pytest.mark.parametrize("ahead", [0, 2])
async def test_polling_a_stream_that_was_closed_before_starts_nothing(ahead: int) -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run(), ahead)
        stream.close()
        assert (stream.poll(), len(scope)) == (CLOSED, 0)
        await turns()
        assert numbers.tasks == set()


async def test_items_that_are_there_when_the_scope_is_left_are_dropped_with_it() -> None:
    streams: list[Stream[int]] = []

    async def body(scope: Scope) -> None:
        streams.append(scope.pump(Numbers().run(), ahead=3))
        assert await streams[0].next() == 0
        await turns()

    await finished(within_scope(body))
    assert streams[0].poll() is CLOSED


# In a pipeline, and in a merge.


async def test_a_pump_in_a_pipeline_makes_only_what_the_pipeline_asks_for() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        stream = scope.pump(numbers.run()).filter(lambda number: number % 2).map(str).take(3)
        assert await finished(stream.collect()) == ["1", "3", "5"]
        await turns()
        assert (numbers.made, numbers.closed) == (6, 1)


async def test_ready_gives_what_is_there_and_asks_for_more() -> None:
    async with Scope() as scope:
        stream = scope.pump(Numbers().run(), ahead=3)
        assert list(stream.ready()) == []
        await turns()
        assert list(stream.ready(2)) == [0, 1]
        await turns()
        assert list(stream.ready()) == [2, 3, 4]


async def test_pumps_and_an_inbox_are_merged_and_one_error_ends_only_its_own() -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    merge: Merge[str, int] = Merge(until="empty")
    async with Scope() as scope:
        merge.add("numbers", scope.pump(Numbers(3).run()))
        merge.add("failing", scope.pump(failing_after(1)))
        merge.add("inbox", inbox)
        inbox.offer(10)
        collecting = await parked(merge.collect())
        inbox.offer(11)
        inbox.end()
        by_key: dict[str, list[object]] = {"numbers": [], "failing": [], "inbox": []}
        for key, item in await finished(collecting):
            by_key[key].append(item)
    assert by_key["numbers"] == [0, 1, 2, Left()]
    assert by_key["inbox"] == [10, 11, Left()]
    first, last = by_key["failing"]
    assert (first, isinstance(last, Err)) == (0, True)


async def test_a_tick_takes_what_pumps_have_ready_and_never_waits() -> None:
    merge: Merge[int, int] = Merge()
    async with Scope() as scope:
        for key in range(3):
            merge.add(key, scope.pump(Numbers(4).run(), ahead=2))
        ticks: list[list[object]] = []
        for _ in range(4):
            ticks.append(list(merge.sweep(quantum=2, total=100)))
            await turns(30)
        assert [len(tick) for tick in ticks] == [0, 6, 6, 3]
        assert ticks[3] == [(key, Left()) for key in range(3)]
        assert len(merge) == 0


async def test_a_source_that_is_removed_from_a_merge_goes_on_elsewhere() -> None:
    merge: Merge[str, int] = Merge()
    numbers = Numbers(3)
    async with Scope() as scope:
        merge.add("a", scope.pump(numbers.run()))
        assert await finished(merge.next()) == ("a", 0)
        numbers.gate = asyncio.Event()
        assert merge.poll() is PENDING
        collecting = await parked(merge.remove("a").collect())
        numbers.gate.set()
        assert await finished(collecting) == [1, 2]
