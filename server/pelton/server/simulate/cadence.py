"""When the ticks of a room are due. No drift: due times are counted from the start, never from the last tick."""

from __future__ import annotations

from pelton.server.clock import NS_PER_S

__all__ = ["Cadence"]


class Cadence:
    """A fixed beat of `hz` ticks a second; the first is due one interval after `start_ns`.

    Who is late catches up, at most `behind_max` ticks at a time; what is more than that behind is skipped and
    counted, so that a slow room runs slower instead of falling ever further behind.
    """

    def __init__(self, hz: float, start_ns: int, behind_max: int) -> None:
        self.full_speed_ns = round(NS_PER_S / hz)
        """The interval that the game asked for."""
        self.interval_ns = self.full_speed_ns
        self.skipped = 0
        self._start_ns = start_ns
        self._beats = 0
        self._behind_max = behind_max

    @property
    def due_ns(self) -> int:
        """When the next tick is due."""
        return self._start_ns + (self._beats + 1) * self.interval_ns

    def restart(self, now_ns: int) -> None:
        """Count from now on: the room stood still, and has nothing to catch up with."""
        self._start_ns, self._beats = now_ns, 0

    def stretch(self, factor: float) -> None:
        """From the tick that was due last on, the next are `factor` times as far apart as the game asked for."""
        interval_ns = round(self.full_speed_ns * factor)
        if interval_ns != self.interval_ns:
            self._start_ns += self._beats * self.interval_ns
            self._beats = 0
            self.interval_ns = interval_ns

    def take(self, now_ns: int) -> int:
        """How many ticks to run now."""
        beats = (now_ns - self._start_ns) // self.interval_ns
        behind = beats - self._beats
        if behind <= 0:
            return 0
        self._beats = beats
        ticks = min(behind, self._behind_max)
        self.skipped += behind - ticks
        return ticks
