"""`forward`: it pauses when the sink says so, counts what was taken, and never waits for a sink that nobody reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from pelton.streams import CLOSED, Inbox, Offer, Scope, from_iter
from tests.streams.fakes import Counting, Script, Wakes, inbox_of, taken
from tests.streams.running import Numbers, cancelled, finished, parked, turns

pytestmark = pytest.mark.usefixtures("quiet_loop")


class Sink:
    """Answers each offer with the next of `answers`, then with OK."""

    def __init__(self, *answers: Offer) -> None:
        self.on_low: Callable[[], None] | None = None
        self.answers = list(answers)
        self.offered: list[int] = []
        self.ended = 0

    def offer(self, item: int) -> Offer:
        self.offered.append(item)
        return self.answers.pop(0) if self.answers else Offer.OK

    def end(self) -> None:
        self.ended += 1


async def test_it_pauses_until_the_sink_has_room_and_sheds_nothing() -> None:
    source = Counting(from_iter(range(8)))
    sink: Inbox[int] = Inbox(low=1, high=3, hard=3)
    forwarding = await parked(source.forward(sink))
    assert (len(sink), source.polls) == (3, 3)
    assert sink.poll() == 0
    await turns()
    assert source.polls == 3, "above the low mark it goes on waiting"
    assert sink.poll() == 1
    await turns()
    assert (len(sink), source.polls) == (3, 5)
    given = taken(sink)
    await turns()
    given += taken(sink)
    assert (given, await finished(forwarding)) == ([2, 3, 4, 5, 6, 7], 8)
    assert (sink.shed, sink.poll()) == (0, CLOSED)


async def test_room_that_comes_within_the_offer_is_not_missed() -> None:
    class Emptied(Sink):
        def offer(self, item: int) -> Offer:
            super().offer(item)
            assert self.on_low is not None
            self.on_low()
            return Offer.PAUSE

    sink = Emptied()
    assert await finished(from_iter(range(5)).forward(sink)) == 5
    assert sink.ended == 1


async def test_room_that_came_earlier_does_not_excuse_it_from_a_later_pause() -> None:
    sink = Sink(Offer.OK, Offer.PAUSE)
    inbox = inbox_of([1])
    forwarding = await parked(inbox.forward(sink))
    assert sink.on_low is not None
    sink.on_low()
    inbox.offer(2)
    await turns()
    assert (sink.offered, forwarding.done()) == ([1, 2], False)
    await cancelled(forwarding)


async def test_it_counts_what_the_sink_took_not_what_it_shed() -> None:
    sink = Sink(Offer.OK, Offer.SHED, Offer.CONFLATED, Offer.SHED)
    assert await finished(from_iter(range(5)).forward(sink)) == 3
    assert sink.offered == [0, 1, 2, 3, 4]


async def test_it_stops_and_closes_its_stream_when_the_sink_is_closed() -> None:
    sink = Sink(Offer.OK, Offer.CLOSED)
    source = Counting(from_iter(range(9)))
    assert await finished(source.forward(sink)) == 1
    assert (sink.offered, sink.ended, source.closes > 0) == ([0, 1], 0, True)


async def test_it_stops_when_the_reader_of_the_sink_closes_it_while_it_is_paused() -> None:
    source = Counting(from_iter(range(9)))
    sink: Inbox[int] = Inbox(0, 2, 2)
    forwarding = await parked(source.forward(sink))
    assert sink.poll() == 0
    sink.close()
    assert await finished(forwarding) == 2
    assert source.closes > 0


async def test_an_error_of_the_stream_does_not_end_the_sink_others_may_still_fill_it() -> None:
    sink = Sink()
    with pytest.raises(OSError, match="gone"):
        await finished(Script(1, OSError("gone")).forward(sink))
    assert (sink.offered, sink.ended) == ([1], 0)


async def test_while_it_is_paused_it_can_be_cancelled_and_closes_its_stream() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        await cancelled(await parked(scope.pump(numbers.run()).forward(Sink(Offer.PAUSE))))
        await turns()
        assert (numbers.made, numbers.closed, len(scope)) == (1, 1, 0)


@pytest.mark.parametrize("answers", [[Offer.OK], [Offer.CLOSED]])
async def test_the_sink_gets_its_own_low_water_call_back(answers: list[Offer]) -> None:
    lows = Wakes()
    sink = Sink(*answers)
    sink.on_low = lows
    await finished(from_iter([1]).forward(sink))
    assert sink.on_low is lows


async def test_two_pipelines_are_joined_by_an_inbox_with_backpressure_all_the_way() -> None:
    numbers = Numbers(20)
    sink: Inbox[int] = Inbox(0, 2, 2)
    async with Scope() as scope:
        forwarding = asyncio.ensure_future(scope.pump(numbers.run()).map(abs).forward(sink))
        seen: list[int] = []
        async for number in sink:
            seen.append(number)
            await turns(20)
            assert numbers.made <= len(seen) + 2
        assert (seen, await finished(forwarding)) == (list(range(20)), 20)
