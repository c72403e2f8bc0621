"""What a pump takes: a declared `@source`, an async generator, or whatever else `async for` takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import pytest

from pelton.streams import Scope, Source, Stream, from_iter, source
from tests.streams.running import finished

pytestmark = pytest.mark.usefixtures("quiet_loop")


class Countdown:
    """An async iterable that is no generator, and cannot be closed."""

    async def __aiter__(self) -> AsyncIterator[int]:  # type: ignore[override,unused-ignore] # a generator is one
        for number in (3, 2, 1):
            yield number


class Steps:
    """An async iterator without `aclose`."""

    def __init__(self) -> None:
        self.left = 3

    def __aiter__(self) -> Steps:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left + 1


@source
async def countdown(start: int, *, last: int = 1) -> AsyncGenerator[int, None]:
    """Down to the last."""
    for number in range(start, last - 1, -1):
        yield number


PUMPED: dict[str, Callable[[], object]] = {
    "source": lambda: countdown(3),
    "source with a keyword": lambda: countdown(3, last=1),
    "iterable": Countdown,
    "iterator": Steps,
    "stream": lambda: from_iter([3, 2, 1]),
}


@pytest.mark.parametrize("make", PUMPED.values(), ids=list(PUMPED))
async def test_whatever_async_for_takes_may_be_pumped(make: Callable[[], Stream[int]]) -> None:
    async with Scope() as scope:
        assert await finished(scope.pump(make()).collect()) == [3, 2, 1]


async def test_a_source_may_be_pumped_more_than_once_each_time_from_its_beginning() -> None:
    declared = countdown(2)
    async with Scope() as scope:
        streams = scope.pump(declared), scope.pump(declared)
        assert [await finished(stream.collect()) for stream in streams] == [[2, 1], [2, 1]]


def test_a_source_knows_its_name_and_is_inert() -> None:
    declared: Source[int] = countdown(2)
    assert repr(declared) == "<source countdown>"
    assert (countdown.__name__, countdown.__qualname__, countdown.__doc__) == (
        "countdown",
        "countdown",
        "Down to the last.",
    )


async def test_a_method_may_be_a_source() -> None:
    class Counter:
        start = 2

        @source
        async def down(self, last: int) -> AsyncGenerator[int, None]:
            for number in range(self.start, last - 1, -1):
                yield number

    async with Scope() as scope:
        assert await finished(scope.pump(Counter().down(0)).collect()) == [2, 1, 0]


async def test_a_source_that_is_called_wrongly_raises_when_it_is_polled() -> None:
    unchecked: Any = countdown
    async with Scope() as scope:
        stream: Stream[int] = scope.pump(unchecked())
        with pytest.raises(TypeError, match="start"):
            await finished(stream.next())
