"""What can go wrong in a room, and whose fault it is.

SimulateError
├── GameError       a game is declared in a way that cannot work; raised when its class is read
├── RowError        game code assigned what a column cannot hold
├── JoinRejected    a player cannot have the seat; told to the player
├── CallbackError   a function that the game handed over raised; becomes a RoomFault
└── RoomFault       game code raised; ends that room alone
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CallbackError", "GameError", "JoinRejected", "RoomFault", "RowError", "SimulateError"]


class SimulateError(Exception):
    """Base of the simulation's errors."""


class GameError(SimulateError):
    """The declaration of a room, row or action is wrong."""


class RowError(SimulateError, ValueError):
    """A value that a column cannot hold; names table, row and field."""

    def __init__(self, table: str, row: int, field: str, problem: str) -> None:
        self.table, self.row, self.field, self.problem = table, row, field, problem
        super().__init__(f"{table}[{row}].{field}: {problem}")


class JoinRejected(SimulateError):
    """No seat: `reason` is one of the protocol's words, `detail` a sentence for the player's developer.

    `retry_after_s` is when to ask again; 0 if nobody knows.
    """

    def __init__(self, reason: str, detail: str, retry_after_s: float = 0.0) -> None:
        self.reason, self.detail, self.retry_after_s = reason, detail, retry_after_s
        super().__init__(f"{reason}: {detail}")


class CallbackError(SimulateError):
    """A function of the game's raised that is called from the middle of ours; the cause is chained."""

    def __init__(self, callback: str) -> None:
        self.callback = callback
        super().__init__(f"{callback} raised")


class RoomFault(SimulateError):
    """An exception out of a game's callback; the cause is chained, whatever class it is of."""

    def __init__(self, room_id: str, callback: str, tick: int, action: object = None) -> None:
        self.room_id, self.callback, self.tick, self.action = room_id, callback, tick, action
        last = f", after taking {action!r}" if action is not None else ""
        super().__init__(f"room {room_id}: {callback} raised in tick {tick}{last}")

    @property
    def fields(self) -> Mapping[str, object]:
        """Where it happened, for the log."""
        return {"room_id": self.room_id, "callback": self.callback, "tick": self.tick}
