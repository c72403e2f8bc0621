"""A seat in a room, seen from the client: actions out, frames in, and a replica of the state.

Frames wait in a bounded inbox; a client that does not iterate stops reading, and the server then sends it less,
not later.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pelton.client.errors import BadAction, Closed, NotSeated, ServerFault, StateMismatch, TooFast
from pelton.client.replica import Replica
from pelton.protocol import Act, Joined, Leave
from pelton.protocol import Frame as WireFrame
from pelton.protocol.messages import Refusal
from pelton.protocol.schema import Message
from pelton.streams import Inbox, Offer, Stream

__all__ = ["Action", "Frame", "Room"]

FRAMES_LOW, FRAMES_HIGH, FRAMES_MAX = 2, 16, 256
UNANSWERED_MAX = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """One tick as this client sees it; the room's replica is at this tick while it is handled.

    `refused`: actions by their number that will not take effect, with the reason. `taken`: actions that the
    game has taken by this tick, with the seconds from sending them to the arrival of this frame. Every action
    appears once in one of the two. `arrived_s` is `time.monotonic()` at its arrival.
    """

    tick: int
    refused: list[Refusal]
    taken: list[tuple[int, float]]
    is_keyframe: bool
    """It brought the whole state."""
    is_checked: bool
    """It brought the server's digest, and the replica has the same."""
    arrived_s: float


class Action:
    """An action by name, `Action("steer", turn=0.5, thrust=1)`.

    What it may hold is checked by the room it is used in.
    """

    __slots__ = ("fields", "name")

    def __init__(self, name: str, /, **fields: Any) -> None:
        self.name = name
        self.fields = fields

    def __repr__(self) -> str:
        return f"Action({self.name!r}{''.join(f', {key}={value!r}' for key, value in self.fields.items())})"


class Room:
    """Made by `Client.join_or_create`, `create` and `join`.

    Iterate it for frames; it ends when the seat is given back.
    """

    def __init__(
        self,
        joined: Joined,
        send: Callable[[Message], Awaitable[None]],
        pause: Callable[[], None],
        resume: Callable[[], None],
        now_s: Callable[[], float],
    ) -> None:
        self.room_id = joined.room_id
        self.game = joined.game
        self.player_id = joined.player_id
        self.tick_hz = joined.tick_hz
        self.state = Replica(joined.tables)
        self.actions = {str(name): tuple(fields) for name, fields in joined.actions}
        """The room's actions: the fields of each, by name."""
        self.left_reason: str | None = None
        """Why there is no seat any more; None while there is one."""
        self.unanswered: dict[int, float] = {}
        """Actions by number that the server has neither taken nor refused yet, with `time.monotonic()` at sending."""
        self._last_seq = 0
        self._now_s = now_s
        self._send = send
        self._resume = resume
        self._closed: Closed | None = None
        self._pause = pause
        self._inbox: Inbox[tuple[WireFrame, float]] = Inbox(FRAMES_LOW, FRAMES_HIGH, FRAMES_MAX, resume)
        self._frames = self._inbox.map(self._apply)

    def frames(self) -> Stream[Frame]:
        """The room's frames as a stream; the replica is brought to each as it is taken."""
        return self._frames

    def __aiter__(self) -> AsyncIterator[Frame]:
        return aiter(self._frames)

    async def act(self, action: str | Action, /, **fields: Any) -> int:
        """Send an action and return its number. Waits only while the network takes nothing.

        BadAction if the room has no such action or field, TooFast if thousands are unanswered, NotSeated if the
        seat is gone, Closed if the connection is.
        """
        if isinstance(action, Action):
            fields = {**action.fields, **fields}
            action = action.name
        values = self._values(action, fields)
        if self._closed is not None:
            raise Closed(self._closed.code, self._closed.reason)
        if self.left_reason is not None:
            raise NotSeated(self.room_id, self.left_reason)
        if len(self.unanswered) >= UNANSWERED_MAX:
            raise TooFast(f"{UNANSWERED_MAX} actions are unanswered; iterate the room's frames, or act less often")
        self._last_seq = seq = self._last_seq + 1
        self.unanswered[seq] = self._now_s()
        try:
            await self._send(Act(seq, [action, *values]))
        except BaseException:
            self.unanswered.pop(seq, None)  # it was never sent, so nobody will answer it
            raise
        return seq

    async def leave(self) -> None:
        """Give the seat back. Frames that are under way still arrive, then the iteration ends."""
        if self.left_reason is None:
            self.left_reason = "you_left"
            try:
                await self._send(Leave())
            except asyncio.CancelledError:
                self.left_reason = None  # it was never sent
                raise

    def receive(self, frame: WireFrame, arrived_s: float) -> None:
        """A frame has come in (called by the connection)."""
        match self._inbox.offer((frame, arrived_s)):
            case Offer.PAUSE:
                self._pause()
            case Offer.SHED:
                self._inbox.end(ServerFault("the server sent more frames than were asked for"))
            case _:
                """Queued, or nobody listens any more."""

    def end(self, reason: str, error: Closed | None = None) -> None:
        """The seat is gone (called by the connection)."""
        self.left_reason = reason
        self._closed = error
        self._inbox.end(error)

    def _apply(self, item: tuple[WireFrame, float]) -> Frame:
        try:
            return self._take_in(*item)
        except (ServerFault, TypeError, ValueError) as error:
            self._resume()  # no more frames are taken, but the connection must still be read
            if isinstance(error, ServerFault):
                raise
            raise ServerFault(f"tick {item[0].tick} makes no sense: {error!r}") from error

    def _take_in(self, frame: WireFrame, arrived_s: float) -> Frame:
        self.state.apply(frame.tick, frame.base, frame.tables)
        if frame.digest is not None and frame.digest != (actual := self.state.digest()):
            raise StateMismatch(frame.tick, frame.digest, actual)
        untyped: list[Any] = list(frame.refused)  # lists, as MessagePack has no tuples
        refused = [(seq, reason) for seq, reason in untyped]
        if not all(isinstance(seq, int) and isinstance(reason, str) for seq, reason in refused):
            raise ServerFault(f"tick {frame.tick}: refusals that are none")
        taken = self._settle(frame.ack, refused, arrived_s)
        return Frame(frame.tick, refused, taken, frame.base == 0, frame.digest is not None, arrived_s)

    def _settle(self, ack: int, refused: list[Refusal], now_s: float) -> list[tuple[int, float]]:
        """Strike out what is answered; refusals first, since an ack may pass them."""
        waiting = self.unanswered
        for seq, _ in refused:
            waiting.pop(seq, None)
        taken: list[tuple[int, float]] = []
        while waiting and (seq := next(iter(waiting))) <= ack:
            taken.append((seq, now_s - waiting.pop(seq)))
        return taken

    def _values(self, name: str, fields: dict[str, Any]) -> list[Any]:
        """The fields in the order of the wire; the last ones may be left out if the game has defaults for them."""
        if name not in self.actions:
            raise BadAction(f"{self.game} has no action {name!r}{_guess(name, self.actions)}")
        order = self.actions[name]
        for field in fields:
            if field not in order:
                raise BadAction(f"the action {name!r} has no field {field!r}{_guess(field, order)}")
        values = [fields[field] for field in order[: len(fields)] if field in fields]
        if len(values) != len(fields):
            missing = next(field for field in order if field not in fields)
            raise BadAction(f"the action {name!r} needs the field {missing!r}")
        return values


def _guess(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known) or 'none'})"
