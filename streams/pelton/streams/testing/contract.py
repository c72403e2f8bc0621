"""What every stream promises, as checks for streams of your own. Each failed one says which promise was broken.

Call from synchronous tests: where awaiting is checked, a loop is run for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, StreamError
from pelton.streams.stream import Stream
from pelton.streams.testing.probe import Cycle, ManualSource, Purse

__all__ = ["ContractBroken", "StreamContract"]

T = TypeVar("T")
U = TypeVar("U")
Make: TypeAlias = Callable[[Stream[T]], Stream[U]]

POLLS_MAX = 10_000
POLLS_ON_A_BUDGET, CREDIT, HELD_MAX = 200, 5, 64
TAKEN_MAX = 10 * POLLS_ON_A_BUDGET * CREDIT


class ContractBroken(AssertionError):
    """A stream does not keep what streams promise."""


class _Bell:
    """A waker that counts."""

    def __init__(self) -> None:
        self.rung = 0

    def __call__(self) -> None:
        self.rung += 1


class StreamContract:
    """Give it a way to make your stream, anew for every check, and what it should give."""

    def source(self, make: Callable[[], Stream[T]], gives: Sequence[T]) -> None:
        """A stream whose items are all ready at once, and that then ends."""
        wanted = list(gives)
        for path in _PATHS:
            stream = make()
            _same(path(stream), wanted, path.__name__)
            _stays_closed(stream)
        stream = make()
        stream.close()
        stream.close()
        _stays_closed(stream)

    def stage(self, make: Make[T, U], takes: Sequence[T], gives: Sequence[U], *, counts_source: bool = True) -> None:
        """A stream over one other, which `make` is given.

        `counts_source` is whether `ready(limit)` bounds what is taken from the source, not only what is given.
        """
        items, wanted = list(takes), list(gives)
        self._paths_agree(make, items, wanted)
        self._one_at_a_time(make, items, wanted)
        self._one_consumer(make, items)
        self._closing(make, items)
        self._errors(make, items, wanted)
        self._cancelled_waits(make, items, wanted)
        self._budget(make, items)
        if counts_source:
            self._limits(make, items)

    def _paths_agree(self, make: Make[T, U], items: list[T], wanted: list[U]) -> None:
        for path in _PATHS:
            source = ManualSource(*items)
            source.end()
            stream = make(source)
            _check(source.polls == 0, "lazy: made, and its source was polled already")
            _same(path(stream), wanted, path.__name__)
            _stays_closed(stream)

    def _one_at_a_time(self, make: Make[T, U], items: list[T], wanted: list[U]) -> None:
        source: ManualSource[T] = ManualSource()
        stream = make(source)
        given: list[Any] = []
        for step in range(len(items) + 1):
            bell = _Bell()
            given += _poll_all(stream, bell)
            if stream.poll() is CLOSED:
                break
            _check(bell.rung == 0, "R2: the waker was called though nothing had come")
            if step < len(items):
                source.push(items[step])
            else:
                source.end()
            _check(bell.rung == 1, f"R2: one came, and the waker was called {bell.rung} times, not once")
        given += _poll_all(stream, None)
        _same(given, wanted, "polled after each item")
        _stays_closed(stream)

    def _one_consumer(self, make: Make[T, U], items: list[T]) -> None:
        source: ManualSource[T] = ManualSource()
        stream = make(source)
        if stream.poll() is CLOSED:
            return
        first, second = _Bell(), _Bell()
        _check(stream.poll(first) is PENDING, "R1: nothing is there, and poll did not answer PENDING")
        _check(stream.poll(first) is PENDING, "R4: the same waker may wait again")
        try:
            stream.poll(second)
        except ConcurrentPoll:
            pass
        else:
            raise ContractBroken("R4: a second consumer waits, and no ConcurrentPoll was raised")
        source.push(*items[:1])
        if items:
            _check((first.rung, second.rung) == (1, 0), "R4: after a second one tried, the first was not woken")
        stream = make(ManualSource())
        stream.poll(first)
        stream.forget()
        try:
            stream.poll(second)
        except ConcurrentPoll:
            raise ContractBroken("R4: after forget() nobody else can wait") from None

    def _closing(self, make: Make[T, U], items: list[T]) -> None:
        source: ManualSource[T] = ManualSource()
        stream, bell = make(source), _Bell()
        waits = stream.poll(bell) is PENDING
        stream.close()
        stream.close()
        _check(source.closed > 0, "R8: close() did not reach the source")
        _check(not waits or bell.rung == 1, "R2: closed while somebody waits, and he was not told, or twice")
        source.push(*items)
        _stays_closed(stream)

    def _errors(self, make: Make[T, U], items: list[T], wanted: list[U]) -> None:
        for path in _PATHS:
            source = ManualSource(*items)
            source.fail(_Planned())
            stream = make(source)
            given: list[Any] = []
            try:
                path(stream, given)
            except _Planned:
                _check(source.closed > 0, f"R5: it raised, and its source was not closed ({path.__name__})")
            else:
                _check(not source.raised, f"an error of the source was swallowed ({path.__name__})")
            before = _poll_all(make(ManualSource(*items)), None)
            _check(given[: len(before)] == before, f"items that came before an error were lost ({path.__name__})")
            _stays_closed(stream)

    def _cancelled_waits(self, make: Make[T, U], items: list[T], wanted: list[U]) -> None:
        async def run() -> list[U]:
            source: ManualSource[T] = ManualSource()
            stream, given = make(source), list[U]()
            tasks = len(asyncio.all_tasks())
            for number, item in enumerate(items):
                wait = asyncio.ensure_future(stream.next())
                await asyncio.sleep(0)
                if number % 2:  # cancelled right after it was woken
                    source.push(item)
                    await asyncio.sleep(0)
                wait.cancel()
                await asyncio.wait([wait])
                if not wait.cancelled() and not isinstance(taken := wait.result(), Poll):
                    given.append(taken)
                if not number % 2:
                    source.push(item)
                given += _poll_all(stream, None)
                _check(len(asyncio.all_tasks()) == tasks, "R6: a task was left behind by polling")
            source.end()
            return given + [item async for item in stream]

        _same(asyncio.run(run()), wanted, "with waits that were cancelled")

    def _limits(self, make: Make[T, U], items: list[T]) -> None:
        for limit in range(len(items) + 1):
            source = ManualSource(*items)
            stream = make(source)
            for _ in stream.ready(limit):
                """Taken."""
            _check(source.taken <= limit, f"R7: ready({limit}) took {source.taken} items from the source")

    def _budget(self, make: Make[T, U], items: list[T]) -> None:
        if not items:
            return
        source, purse = Cycle(items, TAKEN_MAX), Purse()
        stream, given = make(source), 0
        for _ in range(POLLS_ON_A_BUDGET):
            purse.credit = CREDIT
            try:
                given += not isinstance(stream.poll(purse), Poll)
            except StreamError:
                return  # it may find that this is too much
        free = source.taken - given - purse.spent
        _check(free <= HELD_MAX, f"R7: {free} items were dropped, and charged to nobody")


class _Planned(Exception):
    """Raised by the source, on purpose."""


def _poll_all(stream: Stream[Any], waker: Callable[[], None] | None) -> list[Any]:
    given: list[Any] = []
    for _ in range(POLLS_MAX):
        item = stream.poll(waker)
        if isinstance(item, Poll):
            return given
        given.append(item)
    raise ContractBroken(f"{POLLS_MAX} items and no end: is this stream what you think it is?")


def by_poll(stream: Stream[Any], given: list[Any] | None = None) -> list[Any]:
    """One at a time."""
    given = [] if given is None else given
    while not isinstance(item := stream.poll(), Poll):
        given.append(item)
    return given


def by_ready(stream: Stream[Any], given: list[Any] | None = None) -> list[Any]:
    """All that is ready."""
    given = [] if given is None else given
    for item in stream.ready():
        given.append(item)
    return given + by_poll(stream)


def by_limited_ready(stream: Stream[Any], given: list[Any] | None = None) -> list[Any]:
    """A little at a time, changing the way in between."""
    given = [] if given is None else given
    for _ in range(POLLS_MAX):
        for item in stream.ready(2):
            given.append(item)
        item = stream.poll()
        if item is CLOSED:
            return given
        if item is not PENDING:
            given.append(item)
    raise ContractBroken(f"it did not end within {POLLS_MAX} rounds of ready(2)")


def by_await(stream: Stream[Any], given: list[Any] | None = None) -> list[Any]:
    """As `async for` does."""
    given = [] if given is None else given

    async def run(given: list[Any]) -> None:
        async for item in stream:
            given.append(item)  # noqa: PERF401 - an error must not take those before it along

    asyncio.run(run(given))
    return given


_PATHS = (by_poll, by_ready, by_limited_ready, by_await)


def _stays_closed(stream: Stream[Any]) -> None:
    for _ in range(3):
        _check(stream.poll() is CLOSED, "R3: polled after its end, it answered something else than CLOSED")
    bell = _Bell()
    _check(stream.poll(bell) is CLOSED, "R3: with a waker it is not closed")
    _check(list(stream.ready()) == [], "R3: ready() gives something after the end")


def _same(given: list[Any], wanted: list[Any], how: str) -> None:
    _check(given == wanted, f"{how}: gives {given}, not {wanted}")


def _check(kept: bool, promise: str) -> None:
    if not kept:
        raise ContractBroken(promise)
