"""How an inbox that has room again gets more: whoever has the seat by then is read on."""

from __future__ import annotations

from collections.abc import Callable
from weakref import ref

from pelton.server.simulate.seat import Seat

__all__ = ["Reading"]


class Reading:
    """Given to the inbox before there is a seat; `seat` is set once there is one.

    The seat has the inbox, so this only knows it weakly: a seat that was left is freed then, and not by the collector.
    """

    __slots__ = ("seat",)

    def __init__(self) -> None:
        self.seat: Callable[[], Seat | None] = lambda: None

    def of(self, seat: Seat) -> None:
        """From now on it is about this seat."""
        self.seat = ref(seat)

    def go_on(self) -> None:
        """There is room."""
        seat = self.seat()
        if seat is not None:
            seat.session.resume_reading()
