"""What type checkers must infer of errors that are items, of merges, generators and pages. See stages.py."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from typing import assert_type

from pelton.streams import Err, Left, Merge, Page, Poll, Scope, Source, Stream, from_iter, pages, source


def results() -> Stream[int | Err]:
    items: list[int | Err] = [1, 2, 3]
    return from_iter(items)


def parsed(text: str) -> int | Err:
    return int(text) if text.isdigit() else Err(ValueError(text))


async def errors_that_are_items() -> None:
    assert_type(await results().collect(), list[int | Err])
    assert_type(await results().ok().collect(), list[int])
    assert_type(await results().unwrap().collect(), list[int])
    assert_type(await results().try_collect(), list[int])
    assert_type(await results().map_err(lambda error: OSError(str(error))).collect(), list[int | Err])
    assert_type(await results().or_else(lambda _: 0).collect(), list[int])
    assert_type(await results().or_else(str).collect(), list[int | str])
    assert_type(await results().and_then(str).collect(), list[str | Err])
    assert_type(await results().and_then(str).ok().collect(), list[str])


async def errors_along_a_pipeline() -> None:
    texts = from_iter(["1", "2"])
    assert_type(await texts.map(parsed).ok().collect(), list[int])
    assert_type(await texts.map(parsed).unwrap().map(str).collect(), list[str])
    assert_type(await from_iter("12").map(parsed).filter(bool).try_collect(), list[int])
    assert_type(await from_iter("12").map(parsed).and_then(float).ok().enumerate().collect(), list[tuple[int, float]])
    assert_type(await from_iter("12").map(parsed).take(1).ok().chunks(2).collect(), list[list[int]])


async def of_several_types() -> None:
    """Of `int | str | Err` mypy makes `object` in the place of `int | str`: it joins types, which pyright does not."""
    optional: Stream[int | Err | None] = from_iter([1, None])
    assert_type(await optional.ok().collect(), list[int | None])
    based: Stream[Err | Exception] = from_iter([ValueError(), KeyError()])
    assert_type(await based.ok().collect(), list[Exception])


async def merges() -> None:
    merge: Merge[str, int] = Merge(until="empty")
    merge.add("a", from_iter([1]))
    for key, item in merge.sweep(quantum=4, total=100):
        assert_type(key, str)
        assert_type(item, int | Err | Left)
    assert_type(merge.poll(), tuple[str, int | Err | Left] | Poll)
    assert_type(await merge.map(lambda pair: pair[0]).collect(), list[str])
    merge = Merge()
    merge.add("a", from_iter([1]))
    assert_type(merge.remove("a"), Stream[int])


@source
async def counting(start: int, *, step: int = 1) -> AsyncGenerator[int, None]:
    yield start
    yield start + step


class Letters:
    """An async iterable of one's own."""

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        yield "a"


async def generators() -> None:
    assert_type(counting(1), Source[int])
    async with Scope() as scope:
        assert_type(scope.pump(counting(1, step=2)), Stream[int])
        assert_type(await scope.pump(counting(1)).map(str).collect(), list[str])
        assert_type(await scope.pump(Letters().__aiter__()).collect(), list[str])
        merge: Merge[str, int] = Merge()
        assert_type(scope.adopt(merge), Merge[str, int])


async def paginated() -> None:
    async def fetch(cursor: str) -> Page[int, str]:
        return Page([1, 2, 3], None)

    def items() -> Iterator[int | Err]:
        yield 1

    async def fetch_results(cursor: int) -> Page[int | Err, int]:
        return Page(items(), None)

    async with Scope() as scope:
        assert_type(await pages(scope, fetch, "start").collect(), list[int])
        assert_type(await pages(scope, fetch, "start", prefetch=1).filter(bool).map(str).collect(), list[str])
        assert_type(await pages(scope, fetch_results, 0).try_collect(), list[int])
