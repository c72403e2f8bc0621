"""Where polling meets awaiting: who wakes, how often, and that waiting never holds up the loop.

That a cancelled wait loses nothing and that a second task is refused stands in test_stream.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from pelton.streams import CLOSED, ConcurrentPoll, Inbox, Merge, Stream, empty, from_iter, repeat_with
from pelton.streams.edge import DROPS_PER_TURN, Edge
from tests.streams.fakes import Counting, Endless
from tests.streams.running import cancelled, finished, parked, turns

pytestmark = pytest.mark.usefixtures("quiet_loop")


@pytest.fixture
def inbox() -> Inbox[int]:
    return Inbox(0, 100, 100)


async def test_an_item_that_a_callback_of_the_loop_offers_wakes_who_waits(inbox: Inbox[int]) -> None:
    asyncio.get_running_loop().call_soon(inbox.offer, 1)
    assert await finished(inbox.map(abs).next()) == 1


async def test_an_item_that_comes_from_another_thread_by_way_of_the_loop_wakes_who_waits(inbox: Inbox[int]) -> None:
    loop = asyncio.get_running_loop()
    waiting = await parked(inbox.next())
    await asyncio.to_thread(loop.call_soon_threadsafe, inbox.offer, 1)
    assert await finished(waiting) == 1


async def test_several_wakes_before_the_waiting_task_runs_are_one(inbox: Inbox[int]) -> None:
    source = Counting(inbox)
    waiting = await parked(source.next())
    edge = source._edge
    assert edge is not None
    inbox.offer(1)
    edge()
    edge()
    assert (await finished(waiting), source.polls) == (1, 2)


async def test_a_wake_in_vain_polls_once_more_and_parks_again(inbox: Inbox[int]) -> None:
    source = Counting(inbox)
    waiting = await parked(source.next())
    edge = source._edge
    assert edge is not None
    edge()
    await turns()
    assert (source.polls, waiting.done()) == (2, False)
    inbox.offer(1)
    assert await finished(waiting) == 1


async def test_a_wake_after_a_cancelled_wait_raises_nothing_and_the_next_wait_takes_what_came(
    inbox: Inbox[int],
) -> None:
    await cancelled(await parked(inbox.next()))
    inbox.offer(1)
    assert inbox._edge is not None
    inbox._edge()
    assert await finished(inbox.next()) == 1
    assert isinstance(inbox._edge, Edge), "one for the life of the stream: a cancelled wait is the same consumer"


async def test_a_consumer_that_was_refused_does_not_disturb_the_one_that_waits(inbox: Inbox[int]) -> None:
    waiting = await parked(inbox.next())
    for _ in range(3):
        with pytest.raises(ConcurrentPoll) as raised:
            await inbox.next()
        assert raised.value.stream is inbox
    inbox.offer(1)
    assert await finished(waiting) == 1
    waiting = await parked(inbox.next())
    inbox.offer(2)
    assert await finished(waiting) == 2


async def test_a_loop_over_what_is_ready_takes_it_without_a_turn_of_the_event_loop() -> None:
    ran: list[str] = []
    asyncio.get_running_loop().call_soon(ran.append, "another")
    assert [item async for item in from_iter(range(1000))] == list(range(1000))
    assert ran == [], "who wants others to run says so: await asyncio.sleep(0)"


DROPPING: dict[str, Callable[[Stream[int]], Stream[object]]] = {
    "filter": lambda stream: stream.filter(lambda _: False),
    "filter_map": lambda stream: stream.filter_map(lambda _: None),
    "skip": lambda stream: stream.skip(10**9),
    "skip_while": lambda stream: stream.skip_while(lambda _: True),
    "dedup": lambda stream: stream.dedup(key=lambda _: 1).skip(1),
    "chunks": lambda stream: stream.chunks(10**9),
    "flatten": lambda stream: stream.map(lambda _: empty()).flatten(),
    "conflate": lambda stream: stream.conflate(lambda _: 1).filter(lambda _: False),
    "merge": lambda stream: merged(stream.filter(lambda _: False)),
}


def merged(stream: Stream[int]) -> Merge[str, int]:
    merge: Merge[str, int] = Merge()
    merge.add("only", stream)
    return merge


@pytest.mark.parametrize("stage", DROPPING.values(), ids=list(DROPPING))
async def test_others_run_while_everything_is_dropped_and_the_wait_can_be_cancelled(
    stage: Callable[[Stream[int]], Stream[object]],
) -> None:
    source = Endless()
    waiting = await parked(stage(source).next())
    before = source.polls
    await turns(5)
    assert source.polls > before, "it does not stand still"
    await cancelled(waiting)
    stopped = source.polls
    await turns()
    assert source.polls == stopped


async def test_so_many_items_are_dropped_in_one_turn_and_no_more() -> None:
    source = Endless()
    waiting = await parked(source.filter(lambda _: False).next())
    for _ in range(3):
        before = source.polls
        await turns(1)
        assert source.polls - before == DROPS_PER_TURN
    await cancelled(waiting)


async def test_an_item_behind_many_that_are_dropped_is_found() -> None:
    numbers = iter(range(10**6))
    wanted = 20 * DROPS_PER_TURN + 7
    assert await finished(repeat_with(lambda: next(numbers)).filter(lambda number: number >= wanted).next()) == wanted
    assert await finished(from_iter(range(1000)).filter(lambda _: False).next()) is CLOSED
