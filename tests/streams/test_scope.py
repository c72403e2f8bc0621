"""The scope: who may use it when, in what order it is left, and that nothing is left over or kept quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from pelton.streams import CLOSED, PENDING, Inbox, Merge, Page, Poll, Scope, Stream, from_iter, pages
from tests.streams.fakes import Counting, Endless, inbox_of
from tests.streams.running import Numbers, finished, turns, within_scope

pytestmark = pytest.mark.usefixtures("quiet_loop")


class Unclosable(Stream[int]):
    """Is pending, and cannot be closed."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def poll(self, waker: object = None) -> Poll:
        return PENDING

    def close(self) -> None:
        raise self.error


async def spoiled(error: Exception) -> AsyncGenerator[int, None]:
    """Gives numbers, and raises when it is closed."""
    try:
        for number in range(1000):
            yield number
    finally:
        raise error


# Who may use it when.


async def test_a_scope_is_entered_once() -> None:
    scope = Scope()
    async with scope:
        with pytest.raises(RuntimeError, match="entered once"):
            await scope.__aenter__()
    with pytest.raises(RuntimeError, match="entered once"):
        await scope.__aenter__()


async def test_a_pipeline_may_be_built_before_the_scope_is_entered_but_not_run() -> None:
    scope = Scope()
    stream = scope.pump(Numbers(2).run())
    with pytest.raises(RuntimeError, match="not entered"):
        stream.poll()
    async with scope:
        assert await finished(stream.collect()) == [0, 1]


async def double(number: int) -> int:
    return number * 2


USES: dict[str, Callable[[Scope], object]] = {
    "pump": lambda scope: scope.pump(Numbers().run()),
    "adopt": lambda scope: scope.adopt(Inbox[int](0, 1, 1)),
    "then": lambda scope: from_iter([1]).then(scope, double),
}


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
async def test_a_scope_that_was_left_takes_nothing_more(use: Callable[[Scope], object]) -> None:
    async with Scope() as scope:
        pass
    with pytest.raises(RuntimeError, match="left already"):
        use(scope)


async def test_streams_of_a_scope_that_was_left_are_closed_also_if_nobody_polled_them() -> None:
    numbers = Numbers()
    async with Scope() as scope:
        pumped = scope.pump(numbers.run())
        changed = from_iter([1]).then(scope, double)
    assert (pumped.poll(), changed.poll(), numbers.tasks) == (CLOSED, CLOSED, set())


async def test_adopt_answers_the_stream_and_closes_it_when_the_scope_is_left() -> None:
    source = Counting(inbox_of([1, 2, 3]))
    async with Scope() as scope:
        stream = scope.adopt(source)
        assert stream is source
        assert await stream.next() == 1
        assert source.closes == 0
    assert (source.closes, source.poll()) == (1, CLOSED)


# What it owns.


async def test_a_scope_owns_one_task_for_each_generator_that_runs_and_none_for_one_that_is_done() -> None:
    async with Scope() as scope:
        first, second = scope.pump(Numbers(1).run()), scope.pump(Numbers().run())
        assert len(scope) == 0
        await first.next()
        await second.next()
        assert len(scope) == 2
        assert await first.next() is CLOSED
        await turns()
        assert len(scope) == 1
    assert len(scope) == 0


async def failing() -> AsyncGenerator[int, None]:
    yield 0
    raise LookupError("generator")


async def refusing(_: int) -> int:
    raise LookupError("function")


ENDINGS: dict[str, Callable[[Scope], Stream[int]]] = {
    "ended": lambda scope: scope.pump(Numbers(1).run()),
    "failed": lambda scope: scope.pump(failing()),
    "work ended": lambda scope: from_iter([1]).then(scope, double),
    "work failed": lambda scope: from_iter([1]).then(scope, refusing),
    "stopped early": lambda scope: scope.pump(Numbers().run()).take(1),
}


@pytest.mark.parametrize("make", ENDINGS.values(), ids=list(ENDINGS))
async def test_a_scope_that_lives_long_keeps_nothing_of_streams_that_came_to_their_end(
    make: Callable[[Scope], Stream[int]],
) -> None:
    """In a merge, which polls a source no more after its end or its error, and does not close it."""
    merge: Merge[int, int] = Merge(until="empty")
    async with Scope() as scope:
        for key in range(20):
            merge.add(key, make(scope))
        await finished(merge.count())
        await turns()
        held = {name: len(kept) for name, kept in vars(scope).items() if isinstance(kept, list | set | dict)}
        assert set(held.values()) == {0}, held


async def test_no_task_is_left_whatever_ran() -> None:
    before = asyncio.all_tasks()
    async with Scope() as scope:
        for stream in (scope.pump(Numbers().run()), scope.pump(Numbers(1).run(), ahead=3)):
            await stream.next()
        work = Endless().buffered(scope, lambda _: asyncio.Event().wait(), 4)
        assert work.poll() is PENDING
        await turns()
        assert len(asyncio.all_tasks() - before) == len(scope) == 5
    assert asyncio.all_tasks() == before


# In what order it is left.


async def test_it_is_left_in_this_order_no_more_intake_then_generators_then_pipelines() -> None:
    log: list[str] = []

    async def noting() -> AsyncGenerator[int, None]:
        try:
            for number in range(1000):
                log.append(f"made {number}")
                yield number
        finally:
            log.append(f"generator, and {pumped.poll()} is what its stream has")

    class Noting(Inbox[int]):
        def close(self) -> None:
            log.append("pipeline")
            super().close()

    async with Scope() as scope:
        pumped = scope.pump(noting())
        scope.adopt(Noting(0, 1, 1))
        await pumped.next()
        pumped.poll()  # asks for one more, which is not made any more
    assert log == ["made 0", "generator, and Poll.CLOSED is what its stream has", "pipeline"]


async def test_pipelines_are_closed_from_the_last_to_the_first() -> None:
    order: list[int] = []

    class Noting(Inbox[int]):
        def close(self) -> None:
            order.append(self.high)

    async with Scope() as scope:
        for high in (1, 2, 3):
            scope.adopt(Noting(0, high, high))
    assert order == [3, 2, 1]


async def never_a_page() -> Page[int, int]:
    return Page([await never(None)], None)


async def never(_: object) -> int:
    await asyncio.Event().wait()
    return 0


async def silent() -> AsyncGenerator[int, None]:
    yield await never(None)


WAITED_FOR: dict[str, Callable[[Scope], Stream[int]]] = {
    "generator": lambda scope: scope.pump(silent()),
    "adopted": lambda scope: scope.adopt(Inbox[int](0, 1, 1)),
    "concurrent": lambda scope: from_iter([1, 2, 3]).buffered(scope, never, 2),
    "pages": lambda scope: pages(scope, lambda _: never_a_page(), 0),
}


@pytest.mark.parametrize("make", WAITED_FOR.values(), ids=list(WAITED_FOR))
@pytest.mark.parametrize("later", range(5))
async def test_a_consumer_in_another_task_sees_the_end_whenever_the_scope_is_left(
    make: Callable[[Scope], Stream[int]], later: int
) -> None:
    async with Scope() as scope:
        consumer = asyncio.ensure_future(make(scope).collect())
        await turns(later)
    assert await finished(consumer) == []


# What is raised.


async def test_an_error_of_the_body_alone_is_raised_as_it_is() -> None:
    error = LookupError("body")

    async def body(scope: Scope) -> None:
        await scope.pump(Numbers().run()).next()
        raise error

    with pytest.raises(LookupError) as raised:
        await within_scope(body)
    assert raised.value is error


async def test_errors_of_the_clean_up_are_one_group_whatever_they_come_from() -> None:
    errors = [OSError("generator"), LookupError("first stream"), ValueError("second stream")]

    async def body(scope: Scope) -> None:
        await scope.pump(spoiled(errors[0])).next()
        scope.adopt(Unclosable(errors[2]))
        scope.adopt(Unclosable(errors[1]))

    with pytest.raises(ExceptionGroup) as raised:
        await within_scope(body)
    assert list(raised.value.exceptions) == errors


async def test_errors_of_the_clean_up_and_that_of_the_body_are_one_group() -> None:
    errors = [LookupError("body"), OSError("generator")]

    async def body(scope: Scope) -> None:
        await scope.pump(spoiled(errors[1])).next()
        raise errors[0]

    with pytest.raises(ExceptionGroup) as raised:
        await within_scope(body)
    assert list(raised.value.exceptions) == errors


async def test_an_error_of_a_stream_that_was_closed_early_is_raised_when_the_scope_is_left_and_not_before() -> None:
    error = OSError("cannot be closed")
    reached: list[str] = []

    async def body(scope: Scope) -> None:
        assert await scope.pump(spoiled(error)).take(1).collect() == [0]
        await turns()
        reached.append("the end of the body")

    with pytest.raises(ExceptionGroup) as raised:
        await within_scope(body)
    assert list(raised.value.exceptions) == [error]
    assert reached == ["the end of the body"]


async def test_a_generator_that_will_not_be_closed_is_an_error_when_the_scope_is_left() -> None:
    async def stubborn() -> AsyncGenerator[int, None]:
        try:
            yield 0
        finally:
            yield 1

    async def body(scope: Scope) -> None:
        await scope.pump(stubborn()).next()

    with pytest.raises(ExceptionGroup) as raised:
        await within_scope(body)
    assert [str(error) for error in raised.value.exceptions] == ["async generator ignored GeneratorExit"]
