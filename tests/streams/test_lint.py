"""What `@source` finds in the text of a generator: a yield inside a timeout or a task group, and nothing else."""

from __future__ import annotations

import asyncio
import linecache
from asyncio import TaskGroup, timeout
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from pelton.streams import StreamError, YieldInsideScope, source

Declare = Callable[..., AsyncGenerator[int, None]]


async def in_a_timeout() -> AsyncGenerator[int, None]:
    async with asyncio.timeout(1):
        yield 1


async def in_a_timeout_of_a_bare_name() -> AsyncGenerator[int, None]:
    async with timeout(1):
        yield 1


async def in_a_timeout_at() -> AsyncGenerator[int, None]:
    async with asyncio.timeout_at(1) as limit:
        yield limit.when() is not None


async def in_a_task_group() -> AsyncGenerator[int, None]:
    async with asyncio.TaskGroup():
        yield 1


async def in_one_of_several() -> AsyncGenerator[int, None]:
    async with asyncio.Lock(), TaskGroup():
        yield 1


async def deeper_down() -> AsyncGenerator[int, None]:
    for number in range(3):
        if number:
            async with asyncio.timeout(1):
                try:
                    await asyncio.sleep(0)
                finally:
                    while True:
                        yield number


async def in_a_lock_in_a_timeout() -> AsyncGenerator[int, None]:
    async with asyncio.timeout(1), asyncio.Lock():
        for _ in range(2):
            async with asyncio.Lock():
                yield 1


async def as_an_expression() -> AsyncGenerator[int, str]:
    async with asyncio.timeout(1):
        print((yield 1))  # noqa: T201 - any use of its value will do


FOUND: list[Callable[[], AsyncGenerator[Any, Any]]] = [
    in_a_timeout,
    in_a_timeout_of_a_bare_name,
    in_a_timeout_at,
    in_a_task_group,
    in_one_of_several,
    deeper_down,
    in_a_lock_in_a_timeout,
    as_an_expression,
]


@pytest.mark.parametrize("function", FOUND)
def test_a_yield_inside_what_cancels_is_found(function: Callable[[], AsyncGenerator[int, None]]) -> None:
    with pytest.raises(YieldInsideScope, match=function.__name__):
        source(function)


def made_of(text: str | None, monkeypatch: pytest.MonkeyPatch) -> Declare:
    """An async generator function, and `text` as what its file says."""
    name = "made for this test.py"
    made: dict[str, Any] = {}
    exec(compile("async def numbers():\n    yield 1\n", name, "exec"), made)  # noqa: S102 - a function without a text
    if text is not None:
        monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(keepends=True), name))
    function: Declare = made["numbers"]
    return function


OF_OTHER_LIBRARIES = [
    "async with trio.open_nursery() as nursery",
    "async with anyio.create_task_group() as group",
    "with trio.CancelScope(deadline=1)",
    "with anyio.move_on_after(1) as scope",
    "with trio.move_on_at(1)",
    "with anyio.fail_after(1)",
    "with library.inner.fail_at(1)",
]


@pytest.mark.parametrize("block", OF_OTHER_LIBRARIES)
def test_what_cancels_in_other_libraries_is_found_as_well(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(YieldInsideScope, match="numbers, line 3"):
        source(made_of(f"async def numbers():\n    {block}:\n        yield 1\n", monkeypatch))


def test_the_error_says_where_and_what_to_do() -> None:
    line = in_a_timeout.__code__.co_firstlineno + 2
    with pytest.raises(StreamError) as raised:
        source(in_a_timeout)
    text = str(raised.value)
    assert f"in_a_timeout, line {line}: yields inside timeout()" in text
    assert "take the item inside, yield it outside" in text


def test_the_line_of_a_decorated_one_is_right_as_well() -> None:
    def decorated(function: Declare) -> Declare:
        return function

    @decorated
    async def numbers() -> AsyncGenerator[int, None]:
        async with asyncio.timeout(1):
            yield 1

    line = numbers.__code__.co_firstlineno + 3
    with pytest.raises(YieldInsideScope, match=f"numbers, line {line}:"):
        source(numbers)


# What it leaves alone.


@contextmanager
def timeouts() -> Generator[None, None, None]:
    yield


async def taken_inside_yielded_outside() -> AsyncGenerator[int, None]:
    async with asyncio.timeout(1):
        item = await asyncio.sleep(0, 1)
    yield item
    with timeouts():
        yield item
    asyncio.timeout(1)
    async with asyncio.Lock():
        yield item


async def with_a_manager_inside() -> AsyncGenerator[int, None]:
    """A context manager may hold a timeout around its yield: what runs there is the body of its `with`."""

    @asynccontextmanager
    async def patience() -> AsyncGenerator[None, None]:
        async with asyncio.timeout(1):
            yield

    async with patience():
        await asyncio.sleep(0)
    yield 1


async def with_a_generator_inside_a_timeout() -> AsyncGenerator[int, None]:
    async with asyncio.timeout(1):

        def numbers() -> Iterator[int]:
            yield 1

        doubled = list(map(lambda number: number * 2, numbers()))  # noqa: C417 - a lambda is what is tested
    yield doubled[0]


@pytest.mark.parametrize(
    "function", [taken_inside_yielded_outside, with_a_manager_inside, with_a_generator_inside_a_timeout]
)
def test_nothing_is_found_where_nothing_is_wrong(function: Declare) -> None:
    assert source(function).__name__ == function.__name__


UNREADABLE = {
    "no file": None,
    "a file that is something else now": "class Other: pass\n",
    "a file cut off in a string": 'async def numbers():\n    """\n',
    "a file cut off in a bracket": "async def numbers():\n    (((\n",
    "a file that is no Python": "async def numbers():\n    return = 1\n",
    "a file that is only a comment": "# nothing is here any more\n",
    "a file that is indented": "    )\n",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=list(UNREADABLE))
def test_a_generator_whose_text_cannot_be_read_passes(text: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed at a prompt, made by exec, or changed on the disk since it was imported."""
    assert source(made_of(text, monkeypatch)).__name__ == "numbers"


async def no_generator() -> int:
    return 1


def plain_generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("function", [no_generator, plain_generator, len, 5])
def test_what_is_no_async_generator_function_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="async def with yield"):
        source(function)
