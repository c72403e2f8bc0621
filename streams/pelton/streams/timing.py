"""Streams that know of time: an interval, a throttle, a timeout. The clock is an argument; nothing here reads another.

Every event loop is a `Clock`; `pelton.streams.testing.ManualClock` is one that moves by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from pelton.streams.items import Err
from pelton.streams.poll import CLOSED, PENDING, ConcurrentPoll, Poll, Waker
from pelton.streams.stage import Polled, Relay
from pelton.streams.stream import Stream

__all__ = ["Alarm", "Clock", "Interval", "Throttle", "Timeout", "TimerHandle", "interval"]

T = TypeVar("T")


class TimerHandle(Protocol):
    """A call to come."""

    def cancel(self) -> object:
        """Do not call."""
        ...


class Clock(Protocol):
    """Monotonic seconds from any beginning, and calls at a time. `asyncio.AbstractEventLoop` is one."""

    def time(self) -> float:
        """Now."""
        ...

    def call_at(self, when: float, callback: Callable[[], object]) -> TimerHandle:
        """Call soon after `when`."""
        ...


class Alarm:
    """At most one call to come, for whom the time will be of interest."""

    __slots__ = ("_clock", "_handle", "_stream", "_waker")

    def __init__(self, clock: Clock, stream: object) -> None:
        self._clock = clock
        self._stream = stream
        self._handle: TimerHandle | None = None
        self._waker: Waker | None = None

    def set(self, when: float, waker: Waker | None) -> None:
        """Call `waker` at the time, if there is one; an earlier setting for the same waker is replaced."""
        if waker is None:
            return
        if self._waker is not None and self._waker != waker:
            raise ConcurrentPoll(self._stream)
        self.cancel()
        self._waker = waker
        self._handle = self._clock.call_at(when, self.ring)

    def cancel(self) -> None:
        """Call nobody."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._waker = None

    def ring(self) -> None:
        """Call now who waits."""
        waker = self._waker
        self.cancel()
        if waker is not None:
            waker()


class Interval(Stream[int]):
    """See `interval`."""

    def __init__(self, clock: Clock, period_s: float, late: Literal["skip", "burst"]) -> None:
        if period_s <= 0:
            raise ValueError(f"an interval needs a period of more than 0 s, got {period_s}")
        if late not in ("skip", "burst"):
            raise ValueError(f"late is skip or burst, not {late!r}")
        self._clock = clock
        self._period_s = period_s
        self._burst = late == "burst"
        self._start_s: float | None = None
        self._next = 0
        self._alarm = Alarm(clock, self)
        self._closed = False

    @property
    def finished(self) -> bool:
        return self._closed

    def poll(self, waker: Waker | None = None) -> int | Poll:
        if self._closed:
            return CLOSED
        now_s = self._clock.time()
        if self._start_s is None:
            self._start_s = now_s
        if self._due_s(self._next) > now_s:
            self._alarm.set(self._due_s(self._next), waker)
            return PENDING
        self._alarm.cancel()
        number = self._next if self._burst else self._latest(now_s - self._start_s)
        self._next = number + 1
        return number

    def _due_s(self, number: int) -> float:
        """From the start and not from the beat before, or rounding errors would add up."""
        return (self._start_s or 0.0) + number * self._period_s

    def _latest(self, passed_s: float) -> int:
        """The last beat that is due; a division may round to either side of it."""
        number = max(self._next, int(passed_s / self._period_s) - 1)
        while self._due_s(number + 1) <= passed_s + (self._start_s or 0.0):
            number += 1
        return number

    def close(self) -> None:
        self._closed = True
        self._alarm.ring()

    def forget(self) -> None:
        self._alarm.cancel()


def interval(clock: Clock, period_s: float, late: Literal["skip", "burst"] = "skip") -> Interval:
    """0, 1, 2, ...: the number of the beat that is due, the first at the first poll, the others `period_s` apart.

    Who comes late finds that beats were left out (`skip`), or all of them (`burst`). It does not drift.
    """
    return Interval(clock, period_s, late)


class Throttle(Polled[T, T]):
    """See `Stream.throttle`."""

    def __init__(self, source: Stream[T], clock: Clock, interval_s: float) -> None:
        if interval_s <= 0:
            raise ValueError(f"a throttle needs an interval of more than 0 s, got {interval_s}")
        super().__init__(source)
        self._clock = clock
        self._interval_s = interval_s
        self._next_s = float("-inf")
        self._alarm = Alarm(clock, self)

    def _step(self, waker: Waker | None) -> T | Poll:
        now_s = self._clock.time()
        if now_s < self._next_s:
            self._alarm.set(self._next_s, waker)
            return PENDING
        item = self.source.poll(waker)
        self._alarm.cancel()
        if not isinstance(item, Poll):
            self._next_s = now_s + self._interval_s
        return item

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._alarm.ring()

    def forget(self) -> None:
        self._alarm.cancel()
        super().forget()


class Timeout(Polled[T, "T | Err"]):
    """See `Stream.timeout`. The time runs from the first poll, then from each item."""

    def __init__(self, source: Stream[T], clock: Clock, after_s: float) -> None:
        if after_s <= 0:
            raise ValueError(f"a timeout needs more than 0 s, got {after_s}")
        super().__init__(source)
        self._clock = clock
        self._after_s = after_s
        self._deadline_s: float | None = None
        self._reported = False
        self._alarm = Alarm(clock, self)
        self._relay = Relay(self)

    def _step(self, waker: Waker | None) -> T | Err | Poll:
        relay = self._relay.to(waker)
        item = self.source.poll(relay)
        if item is PENDING:
            return self._wait(relay)
        self._relay.forget()
        self._alarm.cancel()
        self._reported = False
        self._deadline_s = self._clock.time() + self._after_s
        return item

    def _wait(self, relay: Relay | None) -> Err | Poll:
        now_s = self._clock.time()
        if self._deadline_s is None:
            self._deadline_s = now_s + self._after_s
        if self._reported:
            return PENDING
        if now_s < self._deadline_s:
            self._alarm.set(self._deadline_s, relay)
            return PENDING
        self._reported = True
        self._relay.forget()
        self._alarm.cancel()
        return Err(TimeoutError(f"nothing came for {self._after_s} s"))

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._alarm.cancel()
            self._relay()

    def park(self, waker: Waker) -> bool:
        return False  # the clock has to be asked as well

    def forget(self) -> None:
        self._alarm.cancel()
        self._relay.forget()
        super().forget()
