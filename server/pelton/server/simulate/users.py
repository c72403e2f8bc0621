"""Which seat is a user's: he has one at a time, and no game hears of the next before that one was let go."""

from __future__ import annotations

from pelton.server.simulate.seat import Seat

__all__ = ["Users"]


class Users:
    """Their seats, from the promise until the game was told that they have left. Without `once_each` none is kept.

    Who has no id is not known again, and may have as many seats as he likes.
    """

    def __init__(self, *, once_each: bool) -> None:
        self._once_each = once_each
        self._seats: dict[str, Seat] = {}

    def __len__(self) -> int:
        return len(self._seats)

    def seat_of(self, user_id: str) -> Seat | None:
        """The seat that he has, or has given back and is not rid of yet."""
        return self._seats.get(user_id)

    def entered(self, seat: Seat) -> None:
        """A seat was promised, and the one before given back: no game hears of this one until it was let go."""
        user_id = seat.player.user_id
        if not self._once_each or not user_id:
            return
        before = self._seats.get(user_id)
        if before is not None:
            seat.after = before if before.seated else before.after
        self._seats[user_id] = seat

    def left(self, seat: Seat) -> None:
        """A seat was given back, or its game has heard of that."""
        user_id = seat.player.user_id
        if seat.seated or self._seats.get(user_id) is not seat:
            return
        if seat.after is not None and seat.waits:
            self._seats[user_id] = seat.after  # whoever comes next waits for it as well
        else:
            del self._seats[user_id]

    def forget_lost(self) -> None:
        """A room has failed: of seats that it was letting go of nobody will hear."""
        lost = [user_id for user_id, seat in self._seats.items() if not seat.live and not seat.seated]
        for user_id in lost:
            self.left(self._seats[user_id])
