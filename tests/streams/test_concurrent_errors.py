"""Errors of `then`, `buffered` and `buffer_unordered`: in their turn, never lost, and never a hang."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

import pytest

from pelton.streams import CLOSED, PENDING, Inbox, Interrupted, Scope, Stream, Waker, from_iter
from tests.streams.fakes import Counting, inbox_of
from tests.streams.running import finished, parts, turns, within_scope

pytestmark = pytest.mark.usefixtures("quiet_loop")

Work: TypeAlias = "Callable[[int], Awaitable[int]]"
Make: TypeAlias = "Callable[[Stream[int], Scope, Work], Stream[int]]"
STAGES: dict[str, Make] = {
    "then": lambda stream, scope, work: stream.then(scope, work),
    "buffered": lambda stream, scope, work: stream.buffered(scope, work, 3),
    "unordered": lambda stream, scope, work: stream.buffer_unordered(scope, work, 3),
}
every_stage = pytest.mark.parametrize("make", STAGES.values(), ids=list(STAGES))


async def plain(item: int) -> int:
    await asyncio.sleep(0)
    return item


async def refusing_two(item: int) -> int:
    await asyncio.sleep(0)
    if item == 2:
        raise LookupError("two")
    return item


async def until_cancelled(_: int) -> int:
    await asyncio.Event().wait()
    return 0


def breaking_off(count: int) -> Iterator[int]:
    yield from range(count)
    raise OSError("source")


@every_stage
async def test_an_error_comes_after_the_results_before_it_and_ends_the_stream(make: Make) -> None:
    source = Counting(inbox_of(range(6)))
    seen: list[int] = []
    async with Scope() as scope:
        stream = make(source, scope, refusing_two)
        with pytest.raises(LookupError, match="two"):
            await finished(stream.inspect(seen.append).count())
        assert (seen, stream.poll(), source.closes > 0) == ([0, 1], CLOSED, True)
        await turns()
        assert len(scope) == 0, "what ran beside it is cancelled"


async def test_a_function_that_raises_before_there_is_anything_to_await_is_an_error_like_any() -> None:
    def work(item: int) -> Awaitable[int]:
        raise LookupError("two")

    async with Scope() as scope:
        with pytest.raises(LookupError, match="two"):
            await finished(from_iter([2]).then(scope, work).next())


async def test_an_error_that_is_done_first_waits_for_its_turn() -> None:
    go = asyncio.Event()

    async def work(item: int) -> int:
        if item == 1:
            raise LookupError("one")
        await go.wait()
        return item

    async with Scope() as scope:
        stream = from_iter(range(3)).buffered(scope, work, 3)
        assert stream.poll() is PENDING
        await turns()
        assert stream.poll() is PENDING
        go.set()
        assert await finished(stream.next()) == 0
        with pytest.raises(LookupError, match="one"):
            await finished(stream.next())


@every_stage
@pytest.mark.parametrize("count", [0, 1, 2, 5])
async def test_an_error_of_the_source_comes_after_the_results_of_all_items_before_it(make: Make, count: int) -> None:
    source = Counting(from_iter(breaking_off(count)))
    async with Scope() as scope:
        stream = make(source, scope, plain)
        assert [await finished(stream.next()) for _ in range(count)] == list(range(count))
        with pytest.raises(OSError, match="source"):
            await finished(stream.next())
        assert (stream.poll(), source.closes > 0) == (CLOSED, True)


async def test_a_timeout_of_the_function_is_an_error_like_any() -> None:
    async def work(_: int) -> int:
        async with asyncio.timeout(0):
            return await until_cancelled(0)

    async with Scope() as scope:
        with pytest.raises(TimeoutError):
            await finished(from_iter([1]).then(scope, work).next())


@every_stage
async def test_a_function_that_is_cancelled_from_inside_is_an_error_and_not_an_end(make: Make) -> None:
    async def work(_: int) -> int:
        raise asyncio.CancelledError

    async with Scope() as scope:
        stream = make(from_iter([1, 2]), scope, work)
        with pytest.raises(Interrupted):
            await finished(stream.next())
        assert stream.poll() is CLOSED


@every_stage
@pytest.mark.parametrize("when", ["before they began", "while they wait for the source", "while a result waits"])
async def test_workers_that_somebody_else_cancelled_are_an_error_and_no_hang(make: Make, when: str) -> None:
    inbox: Inbox[int] = Inbox(0, 9, 9)
    async with Scope() as scope:
        stream = make(inbox, scope, plain)
        assert stream.poll() is PENDING
        if when == "while a result waits":
            inbox.offer(0)
        await turns(0 if when == "before they began" else 10)
        for worker in list(scope._tasks):
            worker.cancel()
        await turns()
        inbox.offer(1)
        with pytest.raises(Interrupted):
            await finished(stream.skip(1 if when == "while a result waits" else 0).next())


@every_stage
async def test_what_raises_when_it_is_cancelled_is_an_error_of_the_scope(make: Make) -> None:
    error = OSError("clean-up")

    async def work(_: int) -> int:
        try:
            return await until_cancelled(0)
        finally:
            raise error

    async def body(scope: Scope) -> None:
        stream = make(from_iter([1]), scope, work)
        assert stream.poll() is PENDING
        await turns()
        stream.close()
        await turns()

    with pytest.raises(ExceptionGroup) as raised:
        await finished(within_scope(body))
    assert list(raised.value.exceptions) == [error]


@every_stage
@pytest.mark.parametrize("swallows", [True, False])
async def test_a_scope_can_be_left_whatever_a_function_makes_of_its_cancellation(make: Make, swallows: bool) -> None:
    async def work(item: int) -> int:
        try:
            return await until_cancelled(0)
        except asyncio.CancelledError:
            if swallows:
                return item
            raise OSError("clean-up") from None

    async def body(scope: Scope) -> None:
        assert make(from_iter(range(9)), scope, work).poll() is PENDING
        await turns()

    if swallows:
        await finished(within_scope(body))
    else:
        with pytest.raises(ExceptionGroup) as raised:
            await finished(within_scope(body))
        assert {type(error) for error in raised.value.exceptions} == {OSError}


class Unclosable(Stream[int]):
    """Gives one item, then raises; and cannot be closed."""

    def __init__(self, item: int) -> None:
        self.items = [item]

    def poll(self, waker: Waker | None = None) -> int:
        if not self.items:
            raise OSError("source")
        return self.items.pop()

    def close(self) -> None:
        raise BufferError("close")


@every_stage
@pytest.mark.parametrize(("item", "error"), [(2, LookupError), (1, OSError)], ids=["function", "source"])
async def test_an_error_is_not_lost_when_closing_the_source_fails_as_well(
    make: Make, item: int, error: type[Exception]
) -> None:
    async with Scope() as scope:
        stream = make(Unclosable(item), scope, refusing_two)
        if item == 1:
            assert await finished(stream.next()) == 1
        with pytest.raises(Exception) as raised:  # noqa: PT011 - a group, or one with the other behind it
            await finished(stream.next())
        assert {error, BufferError} <= {type(part) for part in parts(raised.value)}
        assert stream.poll() is CLOSED
