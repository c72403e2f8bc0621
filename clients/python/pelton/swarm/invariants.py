"""What the protocol promises, checked on every frame as it comes off the wire. Pure, and cheap when all is well.

It looks at the message before the client does, so a fault of the client cannot hide one of the server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pelton.protocol import EventFrame, Frame

__all__ = ["ARRIVALS_KEPT", "GAP_TICKS_MAX", "REASONS", "Arrival", "Watch"]

ARRIVALS_KEPT = 8
GAP_TICKS_MAX = 40
"""More ticks than these without a frame are a gap: two seconds at 20 Hz."""
REASONS = frozenset({"late", "overflow", "invalid", "rate", "not_allowed"})
"""protocol/SPEC.md, section 7."""
ALL_RIGHT: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame that came, as a failure shows it."""

    tick: int
    base: int
    ack: int
    refused: int
    size_bytes: int


class Watch:
    """One seat's frames, in the order of their arrival."""

    __slots__ = ("_ack", "_arrivals", "_refused", "_tick", "gaps", "sent")

    def __init__(self) -> None:
        self.sent = 0
        """The number of the last action sent; whoever sends keeps it right."""
        self.gaps = 0
        """Times that more than `GAP_TICKS_MAX` ticks were left out."""
        self._tick = 0
        self._ack = 0
        self._refused: set[int] = set()
        """Refused, but not yet passed by the ack."""
        self._arrivals: deque[tuple[int, int, int, int, int]] = deque(maxlen=ARRIVALS_KEPT)

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """The last frames, the newest last."""
        return tuple(Arrival(*arrival) for arrival in self._arrivals)

    def check(self, frame: Frame | EventFrame, size_bytes: int) -> Sequence[str]:
        """A frame has arrived: what is wrong with it, a sentence each."""
        tick, base, ack, refused, last = frame.tick, frame.base, frame.ack, frame.refused, self._tick
        # Numbers, and not the frame: that would keep the state of its tick alive, for each bot.
        self._arrivals.append((tick, base, ack, len(refused), size_bytes))
        if (
            last < tick <= last + GAP_TICKS_MAX
            and (base == last or not base)
            and self._ack <= ack <= self.sent
            and not refused
        ):
            self._tick, self._ack = tick, ack
            if self._refused:
                self._forget(ack)
            return ALL_RIGHT
        return self._look(frame)

    def _look(self, frame: Frame | EventFrame) -> list[str]:
        tick, base, ack, last = frame.tick, frame.base, frame.ack, self._tick
        wrong: list[str] = []
        if tick <= last:
            wrong.append(f"a tick comes once and later ones after it: {tick} came after {last}")
        if base not in (0, last):
            wrong.append(f"a frame builds on the one before it: tick {tick} on {base}, the one before was {last}")
        if ack < self._ack:
            wrong.append(f"an ack never goes back: it was {self._ack} and is {ack}")
        if ack > self.sent:
            wrong.append(f"only what was sent is acknowledged: up to {ack}, of {self.sent} actions")
        if last and tick > last + GAP_TICKS_MAX:
            self.gaps += 1
        wrong += self._look_at_refusals(frame.refused)
        self._tick, self._ack = max(last, tick), max(self._ack, ack)
        self._forget(self._ack)
        return wrong

    def _look_at_refusals(self, refused: Sequence[Any]) -> list[str]:
        """`refused` as it is on the wire; what has another shape is a fault that the client raises by itself."""
        wrong: list[str] = []
        for refusal in refused:
            match refusal:
                case [int(seq), str(reason)]:
                    wrong += self._look_at_refusal(seq, reason)
                case _:
                    pass
        return wrong

    def _look_at_refusal(self, seq: int, reason: str) -> list[str]:
        wrong: list[str] = []
        if not 0 < seq <= self.sent:
            wrong.append(f"only what was sent is refused: action {seq}, of {self.sent}")
        elif seq in self._refused:
            wrong.append(f"an action is refused once: {seq} was refused before")
        elif seq <= self._ack:
            wrong.append(f"an action is answered once: {seq} is refused, but the ack had passed it at {self._ack}")
        else:
            self._refused.add(seq)
        if reason not in REASONS:
            wrong.append(f"a refusal has a reason of the protocol: action {seq} has {reason!r}")
        return wrong

    def _forget(self, ack: int) -> None:
        """Once the ack has passed a refusal, the ack alone tells that it was answered."""
        if self._refused:
            self._refused = {seq for seq in self._refused if seq > ack}
