"""A source and a stage of one's own, tested with the contract: `pytest -p pelton.streams.testing own_stream.py`.

It prints:

    21.0 degrees
    23.5 degrees
    3 values were set, 2 were seen
    changes: [2, -1, 4]
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from pelton.streams import CLOSED, PENDING, ConcurrentPoll, Poll, Stage, Stream, Waker, from_iter
from pelton.streams.testing import StreamContract

T = TypeVar("T")


class Latest(Stream[T]):
    """The newest value that was set. Older ones that nobody took in time are gone."""

    def __init__(self) -> None:
        self._values: list[T] = []  # one or none
        self._waker: Waker | None = None
        self._ended = False

    def set(self, value: T) -> None:
        if not self._ended:
            self._values = [value]
            self._wake()

    def end(self) -> None:
        self._ended = True
        self._wake()

    def poll(self, waker: Waker | None = None) -> T | Poll:
        if self._values:
            return self._values.pop()
        if self._ended:
            return CLOSED
        if waker is not None:
            if self._waker is not None and self._waker != waker:
                raise ConcurrentPoll(self)  # one consumer; a second one must not take the first one's place
            self._waker = waker
        return PENDING

    def close(self) -> None:
        self._values.clear()
        self.end()

    def forget(self) -> None:
        self._waker = None

    def _wake(self) -> None:
        waker, self._waker = self._waker, None  # once: who wants to be called again polls again
        if waker is not None:
            waker()


class Changes(Stage[int, int]):
    """By how much each number differs from the one before it. A stage says what becomes of one item, no more."""

    def __init__(self, source: Stream[int]) -> None:
        super().__init__(source)
        self._last: int | None = None

    def _on(self, item: int) -> int | Poll:
        last, self._last = self._last, item
        return PENDING if last is None else item - last  # PENDING: nothing for this one


def test_latest_keeps_the_contract(stream_contract: StreamContract) -> None:
    def set_twice() -> Latest[str]:
        latest: Latest[str] = Latest()
        latest.set("old")
        latest.set("new")
        latest.end()
        return latest

    stream_contract.source(set_twice, gives=["new"])


def test_whoever_waits_for_the_latest_is_called_once() -> None:
    calls: list[str] = []
    latest: Latest[str] = Latest()
    assert latest.poll(lambda: calls.append("ring")) is PENDING
    latest.set("old")
    latest.set("new")
    assert calls == ["ring"]


def test_changes_keep_the_contract(stream_contract: StreamContract) -> None:
    stream_contract.stage(Changes, takes=[1, 3, 2, 6], gives=[2, -1, 4])


async def main() -> None:
    thermometer: Latest[float] = Latest()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(measure(thermometer))
        seen = 0
        async for degrees in thermometer:
            print(f"{degrees} degrees")
            seen += 1
    print(f"3 values were set, {seen} were seen")
    print("changes:", list(Changes(from_iter([1, 3, 2, 6])).ready()))


async def measure(thermometer: Latest[float]) -> None:
    thermometer.set(21.0)
    await asyncio.sleep(0.01)
    thermometer.set(22.0)  # nobody has time to look before the next
    thermometer.set(23.5)
    thermometer.end()


if __name__ == "__main__":
    asyncio.run(main())
