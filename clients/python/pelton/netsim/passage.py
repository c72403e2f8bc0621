"""A connection through the model: two flows between two ends, its fate, and the one timer that moves them.

    client's end ──▶ Flow(up)   ──▶ server's end
    client's end ◀── Flow(down) ◀── server's end

Knows nothing of sockets and WebSockets: those are the ends. An end is called from the event loop only, never from
within a call that it made itself.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Protocol

from pelton.netsim.flow import Flow
from pelton.netsim.way import Route

__all__ = ["End", "Passage"]

WAKE_S = 0.001
"""The shortest sleep: timers may come early by as much, on uvloop."""
GIVE_UP_S = 924.6
"""When Linux gives a silent connection up: after 15 retransmissions (tcp_retries2)."""


class End(Protocol):
    """One end of a passage: where bytes come from and where they go."""

    @property
    def ready(self) -> bool:
        """Whether it takes bytes now. If not, it says `Passage.wake` later."""
        ...

    @property
    def wants_room(self) -> bool:
        """Whether it has something to send and waits for room."""
        ...

    def deliver(self, data: bytes) -> None:
        """Bytes have arrived."""
        ...

    def deliver_end(self) -> None:
        """The other end has sent its last byte, and all have arrived."""
        ...

    def allow(self, wanted: bool) -> None:
        """Whether there is room for what it sends."""
        ...

    def broken(self) -> None:
        """The connection is no more. Nothing else is called after this."""
        ...

    def close(self) -> None:
        """Both directions have ended in order. Nothing else is called after this."""
        ...


class Passage:
    """Made with its fate; `join` gives it its ends."""

    def __init__(self, route: Route, now_s: Callable[[], float]) -> None:
        self.up, self.down = Flow(route.up), Flow(route.down)
        self.over = False
        """Nothing more will happen."""
        self.silent = False
        """Half-open: bytes vanish."""
        self.was_reset = False
        """It was its fate to be reset."""
        self._fate = route.fate
        self._silent_from_s = route.fate.silent_from_s if route.fate.silent_from_s < route.fate.reset_at_s else math.inf
        self._breaks_s = route.fate.reset_at_s if self._silent_from_s == math.inf else self._silent_from_s + GIVE_UP_S
        self._now_s = now_s
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle | None = None
        self._timer_s = math.inf
        self._paths: tuple[tuple[Flow, End, End], ...] = ()

    def join(self, client: End, server: End) -> None:
        """Begin between these two."""
        self._paths = ((self.up, client, server), (self.down, server, client))
        self._arm(self._now_s())

    # What the ends call.

    def room(self, flow: Flow) -> int:
        """How many bytes may be sent now."""
        return 0 if self.over else flow.room(self._now_s())

    def send(self, flow: Flow, data: bytes) -> None:
        """Send what there is room for."""
        if not self.over:
            now_s = self._now_s()
            flow.take(now_s, data)
            self._arm(now_s)

    def end(self, flow: Flow, *, broke: bool = False) -> None:
        """The sender of this flow sends nothing more."""
        if not self.over:
            now_s = self._now_s()
            flow.end(now_s, broke=broke)
            self._arm(now_s)

    def wake(self) -> None:
        """Something has changed at an end: look soon."""
        if not self.over:
            self._ring_at(-math.inf, 0.0)

    def stop(self) -> None:
        """Do nothing any more. The ends see to themselves."""
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Moving.

    def turn(self) -> None:
        """Hand on what has arrived, give leave to send, and note when to look again."""
        self._timer, self._timer_s = None, math.inf
        now_s = self._now_s()
        if not self.silent:
            self._move(min(now_s, self._silent_from_s, self._breaks_s))
        if not (self.over or self.silent) and self._silent_from_s <= now_s:
            self._fall_silent(now_s)
        if not self.over and self._breaks_s <= now_s:
            self._break()
        for flow, sender, _ in self._paths:
            if not self.over:
                sender.allow(flow.room(self._now_s()) > 0)
        if not self.over:
            self._arm(self._now_s())

    def _move(self, now_s: float) -> None:
        ended = 0
        for flow, _, receiver in self._paths:
            if receiver.ready and (data := flow.arrived(now_s)):
                receiver.deliver(data)
            if not self.over and flow.ended(now_s):
                ended += self._deliver_end(flow, receiver)
        if ended == len(self._paths) and not self.over:
            self.stop()
            for _, end, _ in self._paths:
                end.close()

    def _deliver_end(self, flow: Flow, receiver: End) -> bool:
        """Tell of the end, once; whether it was told."""
        if flow.broke:
            self._break_both()
        elif receiver.ready and not flow.told:
            flow.told = True
            receiver.deliver_end()
        return flow.told

    def _fall_silent(self, now_s: float) -> None:
        self.silent = True
        self.up.silence(now_s)
        self.down.silence(now_s)

    def _break(self) -> None:
        """Cut it off in the middle of what is under way."""
        self.was_reset = not self.silent
        for flow, _, receiver in self._paths:
            part = flow.cut(self._fate.cut)
            if part and receiver.ready and not self.over:
                receiver.deliver(part)
        self._break_both()

    def _break_both(self) -> None:
        if not self.over:
            self.stop()
            for _, end, _ in self._paths:
                end.broken()

    def _arm(self, now_s: float) -> None:
        """See to it that the timer rings when something is due."""
        due_s = min(self._breaks_s, math.inf if self.silent else self._silent_from_s)
        for flow, sender, receiver in self._paths:
            if receiver.ready and not flow.told:
                due_s = min(due_s, flow.next_s)
            if sender.wants_room:
                due_s = min(due_s, flow.more_room_s(now_s))
        if due_s < self._timer_s:
            self._ring_at(due_s, due_s - now_s)

    def _ring_at(self, due_s: float, delay_s: float) -> None:
        if self._timer_s == -math.inf:
            return  # it rings at once already
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = due_s if delay_s > 0 else -math.inf
        if delay_s > 0:
            self._timer = self._loop.call_later(max(WAKE_S, delay_s), self.turn)
        else:
            self._timer = self._loop.call_soon(self.turn)
