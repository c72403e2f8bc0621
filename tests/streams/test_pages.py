"""Paginated sources: a page is fetched when an item of it is wanted, never after the stop, and circles are found."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.streams import CLOSED, PENDING, CursorRepeated, Page, Scope, Stream, pages
from tests.streams.running import finished, parked, turns, within_scope

pytestmark = pytest.mark.usefixtures("quiet_loop")

PAGE_ITEMS = 3


class Api:
    """Pages of 3 items: 0 to 2, 3 to 5, ... `fetched` is a list of the cursors asked for."""

    def __init__(self, pages_max: int = 1000) -> None:
        self.pages_max = pages_max
        self.fetched: list[int] = []
        self.interrupted = 0
        self.gate: asyncio.Event | None = None
        self.error: Exception | None = None

    async def fetch(self, cursor: int) -> Page[int, int]:
        self.fetched.append(cursor)
        if self.gate is not None:
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.interrupted += 1
                raise
        if self.error is not None:
            raise self.error
        first = cursor * PAGE_ITEMS
        following = cursor + 1 if cursor + 1 < self.pages_max else None
        return Page(range(first, first + PAGE_ITEMS), following)


async def test_all_items_of_all_pages_come_in_order_and_each_page_is_fetched_once() -> None:
    api = Api(4)
    async with Scope() as scope:
        assert await finished(pages(scope, api.fetch, 0).collect()) == list(range(12))
    assert api.fetched == [0, 1, 2, 3]


async def test_nothing_is_fetched_before_the_first_poll() -> None:
    api = Api()
    async with Scope() as scope:
        pages(scope, api.fetch, 0, prefetch=3).map(str)
        await turns()
    assert api.fetched == []


async def test_the_next_page_is_fetched_when_an_item_of_it_is_wanted_and_not_before() -> None:
    api = Api()
    async with Scope() as scope:
        stream = pages(scope, api.fetch, 0)
        for number in range(2 * PAGE_ITEMS):
            assert await finished(stream.next()) == number
            await turns()
            assert api.fetched == list(range(number // PAGE_ITEMS + 1))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
async def test_no_page_is_fetched_after_the_stop(count: int) -> None:
    api = Api()
    async with Scope() as scope:
        assert await finished(pages(scope, api.fetch, 0).take(count).collect()) == list(range(count))
        await turns()
        assert len(scope) == 0, "its generator is closed, too"
    assert api.fetched == list(range((count - 1) // PAGE_ITEMS + 1))


async def test_a_filter_with_an_early_stop_fetches_as_far_as_it_must() -> None:
    api = Api()
    async with Scope() as scope:
        stream = pages(scope, api.fetch, 0).filter(lambda number: number % 4 == 3)
        assert await finished(stream.first()) == 3
        await turns()
    assert api.fetched == [0, 1]


@pytest.mark.parametrize("prefetch", [1, 2, 5])
async def test_prefetching_is_bounded(prefetch: int) -> None:
    api = Api()
    async with Scope() as scope:
        stream = pages(scope, api.fetch, 0, prefetch)
        for number in range(2 * PAGE_ITEMS + 1):
            assert await finished(stream.next()) == number
            await turns(30)
            assert len(api.fetched) == number // PAGE_ITEMS + 1 + prefetch


async def test_a_stop_cancels_the_fetch_under_way_and_begins_no_other() -> None:
    api = Api()
    async with Scope() as scope:
        stream = pages(scope, api.fetch, 0, prefetch=1)
        for _ in range(PAGE_ITEMS):
            await finished(stream.next())
        await turns()
        api.gate = asyncio.Event()
        await finished(stream.next())  # from the page fetched ahead; one more is under way
        await turns()
        assert (api.fetched, api.interrupted) == ([0, 1, 2], 0)
        stream.close()
        await turns()
        assert (api.fetched, api.interrupted, stream.poll()) == ([0, 1, 2], 1, CLOSED)


async def test_leaving_the_scope_cancels_the_fetch_under_way() -> None:
    api = Api()
    api.gate = asyncio.Event()

    async def body(scope: Scope) -> None:
        assert pages(scope, api.fetch, 0).poll() is PENDING
        await turns()

    await finished(within_scope(body))
    assert (api.fetched, api.interrupted) == ([0], 1)


async def test_a_wait_that_is_cancelled_leaves_the_fetch_under_way() -> None:
    api = Api()
    api.gate = asyncio.Event()
    async with Scope() as scope:
        stream = pages(scope, api.fetch, 0)
        waiting = await parked(stream.next())
        waiting.cancel()
        await turns()
        api.gate.set()
        assert await finished(stream.next()) == 0
    assert (api.fetched, api.interrupted) == ([0], 0)


@pytest.mark.parametrize("prefetch", [0, 1, 4])
async def test_an_error_of_a_fetch_comes_after_all_items_before_it_and_ends_the_stream(prefetch: int) -> None:
    api = Api()
    seen: list[int] = []

    async def fetch(cursor: int) -> Page[int, int]:
        if cursor == 2:
            api.error = OSError("gone")
        return await api.fetch(cursor)

    async with Scope() as scope:
        stream = pages(scope, fetch, 0, prefetch)
        with pytest.raises(OSError, match="gone"):
            await finished(stream.inspect(seen.append).count())
        assert stream.poll() is CLOSED
    assert seen == list(range(2 * PAGE_ITEMS))
    assert api.fetched == [0, 1, 2], "it is not tried again, and none after it is"


@pytest.mark.parametrize("empty", [{0}, {1}, {3}, {1, 2}, {0, 1, 2, 3}])
async def test_empty_pages_are_passed_over(empty: set[int]) -> None:
    async def fetch(cursor: int) -> Page[int, int]:
        return Page([] if cursor in empty else [cursor], cursor + 1 if cursor < 3 else None)

    async with Scope() as scope:
        assert await finished(pages(scope, fetch, 0).collect()) == [page for page in range(4) if page not in empty]


async def test_items_of_a_page_are_made_when_they_are_wanted() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    async def fetch(_: str) -> Page[int, str]:
        return Page(items(), None)

    async with Scope() as scope:
        assert await finished(pages(scope, fetch, "start").take(2).collect()) == [0, 1]
    assert made == [0, 1]


async def follow(following: dict[int, int | None], fetched: list[int]) -> Stream[int] | CursorRepeated:
    """Read all pages of a source whose pages lead from one to another like this."""

    async def fetch(cursor: int) -> Page[int, int]:
        assert len(fetched) < 1000, "it goes on for ever"
        fetched.append(cursor)
        return Page([cursor], following[cursor])

    async with Scope() as scope:
        stream = pages(scope, fetch, 0)
        try:
            await stream.count()
        except CursorRepeated as repeated:
            return repeated
        return stream


@given(tail=st.integers(0, 40), circle=st.integers(1, 40))
def test_pages_that_lead_back_are_an_error_after_few_rounds_whatever_the_shape(tail: int, circle: int) -> None:
    following: dict[int, int | None] = {page: page + 1 for page in range(tail + circle)}
    following[tail + circle - 1] = tail
    fetched: list[int] = []
    outcome = asyncio.run(follow(following, fetched))
    assert isinstance(outcome, CursorRepeated)
    assert outcome.cursor in range(tail, tail + circle)
    assert set(fetched) == set(following), "each page was read before the circle was found"
    assert len(fetched) <= 3 * (tail + circle)


@given(cursors=st.integers(0, 80).map(lambda count: range(1, count + 1)).flatmap(st.permutations))
def test_pages_that_do_not_lead_back_are_read_to_the_end_in_whatever_order_their_cursors_are(
    cursors: list[int],
) -> None:
    path = [0, *cursors]
    fetched: list[int] = []
    outcome = asyncio.run(follow(dict(zip(path, [*path[1:], None], strict=True)), fetched))
    assert not isinstance(outcome, CursorRepeated)
    assert fetched == path
