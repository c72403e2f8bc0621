"""An event loop whose time is a number: when nothing is left to do now, it is the next moment something happens.

Everything runs on one thread in an order that depends on nothing but what was scheduled, so the same program does
the same again. No threads, no sockets, no processes: there is nothing outside.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from asyncio import events
from collections.abc import Callable
from typing import Any, NoReturn

from pelton.server.clock import NS_PER_S

__all__ = ["Stuck", "VirtualLoop", "VirtualTime"]


class Stuck(Exception):
    """Nothing will ever happen again, and somebody waits for it."""


class VirtualTime:
    """The time, in seconds from the beginning; a `pelton.server.clock.Clock` too."""

    __slots__ = ("now_s",)

    def __init__(self) -> None:
        self.now_s = 0.0

    def now_ns(self) -> int:
        """Nanoseconds from the beginning."""
        return round(self.now_s * NS_PER_S)

    def seconds(self) -> float:
        """The same, as clients ask for it."""
        return self.now_s


class _Agenda:
    """What happens at which moment, besides the loop's own timers. The loop takes it for its selector."""

    def __init__(self, time: VirtualTime) -> None:
        self._time = time
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0

    def add(self, at_s: float, happens: Callable[[], None]) -> None:
        """What is added first happens first, of all at one moment."""
        self._order += 1
        heapq.heappush(self._heap, (at_s, self._order, happens))

    def select(self, timeout_s: float | None) -> list[Callable[[], None]]:
        """Go to the next moment, at most `timeout_s` away, and answer what happens there."""
        heap, time = self._heap, self._time
        until_s = math.inf if timeout_s is None else time.now_s + max(timeout_s, 0.0)
        if heap and heap[0][0] <= until_s:
            time.now_s = max(time.now_s, heap[0][0])
            now_s = time.now_s
            due: list[Callable[[], None]] = []
            while heap and heap[0][0] <= now_s:
                due.append(heapq.heappop(heap)[2])
            return due
        if until_s == math.inf:
            raise Stuck("everybody waits for somebody else")
        time.now_s = until_s
        return []

    def close(self) -> None:
        """Nothing more happens."""
        self._heap.clear()


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop on a `VirtualTime`."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._virtual_time = time
        # What asyncio's own loops are made of: a selector that waits, and a finest step of time.
        self._selector = _Agenda(time)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual_time.now_s

    def happen_at(self, at_s: float, happens: Callable[[], None]) -> None:
        """Like `call_at`, but cannot be taken back and costs less: for what arrives over the network."""
        self._selector.add(at_s, happens)

    def advance(self, seconds: float) -> None:
        """Run for so long, also from within another loop that is running: that one stands still meanwhile."""
        outer = events._get_running_loop()  # noqa: SLF001 - what asyncio tells the makers of event loops to use
        events._set_running_loop(None)  # noqa: SLF001 - as above
        timer = self.call_at(self.time() + seconds, self.stop)
        try:
            self.run_forever()
        finally:
            timer.cancel()
            events._set_running_loop(outer)  # noqa: SLF001 - as above

    def close(self) -> None:
        """End it; whatever was still scheduled is forgotten."""
        self._selector.close()
        super().close()

    def _process_events(self, event_list: list[Callable[[], None]]) -> None:
        for happens in event_list:
            happens()

    def _write_to_self(self) -> None:
        """Nobody has to be woken: generators that are dropped end themselves this way, on this thread."""

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> NoReturn:  # type: ignore[override]  # it never does
        """Never: what a thread does, and when, cannot be repeated."""
        raise RuntimeError("no threads in a simulation: what they do cannot be repeated")
