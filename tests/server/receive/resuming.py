"""Players who lose their connection and come back, for tests."""

from __future__ import annotations

from collections.abc import Iterable

from pelton.protocol import EventFrame, Frame, Hello, Joined, Resume, SeatCard
from pelton.protocol.close_codes import LOST
from pelton.server import Event, Played, Player, Tick
from tests.server.games import Tally
from tests.server.stage import Stage, Visitor

GRACE_S = 2.0
NO_TOKEN = bytes(16)


class Said(Event):
    total: int


class Bang(Event):
    cosmetic = True
    number: int


class Loud(Tally):
    """Tells everybody each total, and makes a bang a tick."""

    events = Said | Bang

    def on_drop(self, player: Player) -> None:
        self.told.append(f"drop {player.id}")

    def on_resume(self, player: Player) -> None:
        self.told.append(f"resume {player.id}")

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        before = {row.id: row.total for row in self.scores}
        super().on_tick(tick, actions)
        for row in self.scores:
            if row.total != before[row.id]:
                self.emit(Said(row.total))
        self.emit(Bang(tick.number))


def card(visitor: Visitor) -> tuple[Joined, SeatCard]:
    return visitor.heard(Joined)[-1], visitor.heard(SeatCard)[-1]


def frames(visitor: Visitor) -> list[Frame | EventFrame]:
    return [message for message in visitor.websocket.heard if isinstance(message, Frame | EventFrame)]


def events(visitor: Visitor, name: str) -> list[int]:
    return [number for frame in visitor.heard(EventFrame) for kind, number in frame.events if kind == name]


def back(stage: Stage, player: Visitor, token: bytes | None = None, tick: int | None = None) -> Visitor:
    """Who comes back on a new connection, with what he knows."""
    joined, seat_card = card(player)
    known = frames(player)[-1].tick if frames(player) else 0
    visitor = stage.connect()
    visitor.say(
        Hello("test"),
        Resume(joined.room_id, joined.player_id, token or seat_card.token, known if tick is None else tick),
    )
    return visitor


def lose(player: Visitor, code: int = LOST.code) -> None:
    player.websocket.end(code, "")


def told(stage: Stage) -> list[str]:
    room = stage.rooms[0].ticker.room
    assert isinstance(room, Tally)
    return [word for word in room.told if not word.startswith("tick")][2:]
