"""A room of the real client with nobody behind it: the test sends the frames and sees the actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pelton.client import Action, Room
from pelton.client.link import Link
from pelton.protocol import Act, Frame, Joined
from pelton.protocol.schema import Message
from pelton.swarm import Behaviour, Me
from pelton.swarm.tally import Tally

ACTIONS: Mapping[str, Sequence[str]] = {"steer": ["turn", "thrust"], "shoot": [], "rename": ["name"]}


class Stage:
    """One bot in a room, without a connection."""

    def __init__(self, number: int = 0, seed: int = 0) -> None:
        self.sent: list[Message] = []
        self.tally = Tally()
        self.now_s = 0.0
        joined = Joined("room-1", "arena", 7, 20.0, 0, [(name, [*fields]) for name, fields in ACTIONS.items()], [])
        self.room = Room(
            joined, Link(self._send, self._offer, lambda _: None, lambda: None, lambda: None, lambda: self.now_s)
        )
        self.me = Me(number, seed, self.room, self.tally, lambda: self.now_s)

    def frames(self, count: int) -> None:
        """That many ticks pass, then the room is closed."""
        for tick in range(1, count + 1):
            self.room.receive(Frame(0, [], tick, tick - 1, [], []), self.now_s)
        self.room.end("room_closed")

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def _offer(self, message: Message) -> bool:
        self.sent.append(message)
        return True


async def performance(behaviour: Behaviour, stage: Stage, frames: int) -> list[list[object]]:
    """All that the bot would send in so many frames, as it would be on the wire."""
    stage.frames(frames)
    actions: list[Action] = [action async for action in behaviour(stage.me)]
    stage.room.left_reason = None  # the room is closed already, but it still knows what an action may hold
    for action in actions:
        await stage.room.act(action)
    return [message.action for message in stage.sent if isinstance(message, Act)]
