"""Fakes for the stages of the server, without sockets and event loop; what a session is told is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, TypeVar

from pelton.protocol import Act, EventFrame, Frame, Join, Joined
from pelton.protocol.messages import HOW_BY_ID, HOW_CREATE, HOW_JOIN_OR_CREATE, Option
from pelton.protocol.plain import decode_server
from pelton.server import Action, Player, Room
from pelton.server.config import Config, load_config
from pelton.server.simulate.lobby import Lobby
from pelton.server.simulate.seat import EventNames, Seat
from pelton.server.simulate.ticker import Ticker
from pelton.streams import Inbox, Offer

R = TypeVar("R", bound=Room)


def settings(*overrides: str) -> Config:
    """The defaults, with `section.key=value` over them; the admin port is any that is free, and no seat is kept."""
    return load_config(None, {}, ("admin.port=0", "simulate.grace_s=0", *overrides)).config


class FakeSession:
    """A player's connection as a room sees it.

    `reads` is whether the client takes frames, `says` whether it says that they have arrived.
    """

    def __init__(self, *, reads: bool = True, says: bool = True) -> None:
        self.reads, self.says = reads, says
        self._seat: Seat | None = None
        self.cards: list[Joined] = []
        self.returns: list[tuple[int, int]] = []
        """Of each resume the tick, and the events lost."""
        self.frames: list[Frame] = []
        self.events: list[list[Any]] = []
        """Of all frames that had some."""
        self.bodies: list[bytes] = []
        """The part of each frame that is shared with others."""
        self.left_reasons: list[str] = []
        self.closings: list[tuple[int, str]] = []
        self.story: list[str] = []
        """All of it in order."""
        self.offers = 0
        """Frames sent or tried."""

    def joined(self, seat: Seat, message: Joined, events: EventNames, grace_s: float) -> None:
        self._seat = seat
        self.cards.append(message)
        self.story.append("joined")

    def resumed(self, seat: Seat, tick: int, events_lost: int) -> None:
        self._seat = seat
        self.returns.append((tick, events_lost))
        self.story.append("resumed")

    def replaced(self, seat: Seat) -> None:
        self.story.append("replaced")

    def resume_reading(self) -> None:
        """It never stops."""

    def left(self, seat: Seat, reason: str) -> None:
        self.left_reasons.append(reason)
        self.story.append("left")

    def sender(self) -> Callable[[bytes, bytes], bool]:
        return self._take

    @property
    def busy(self) -> bool:
        return not self.reads

    def close(self, code: int, reason: str) -> None:
        self.closings.append((code, reason))
        self.story.append("close")

    def _take(self, head: bytes, body: bytes) -> bool:
        self.offers += 1
        if self.reads:
            frame = decode_server(head + body)
            if isinstance(frame, EventFrame):
                self.events += frame.events
                frame = Frame(frame.ack, frame.refused, frame.tick, frame.base, frame.hidden, frame.parts)
            assert isinstance(frame, Frame)
            self.frames.append(frame)
            if self.says and self._seat is not None:
                self._seat.heard = frame.tick
            self.bodies.append(body)
            self.story.append("frame")
        return self.reads


def new_seat(player_id: int = 1, session: FakeSession | None = None, *, name: str = "") -> Seat:
    """A seat that no room has been asked for yet."""
    options: dict[str, Option] = {"name": name} if name else {}
    player = Player(player_id, f"session-{player_id}", options)
    inbox: Inbox[Act[Any]] = Inbox(8, 32, 64)
    return Seat(player, session or FakeSession(), inbox, refusals_max=256)


def session_of(seat: Seat) -> FakeSession:
    """The fake session that the seat was made with."""
    session = seat.session
    assert isinstance(session, FakeSession)
    return session


def offer(seat: Seat, first_seq: int, *actions: Action) -> None:
    """Queue actions for the seat, numbered from `first_seq` on."""
    for seq, action in enumerate(actions, first_seq):
        assert seat.inbox.offer(Act(seq, action)) in (Offer.OK, Offer.PAUSE)


def new_room(game: type[R], seed: int = 1, options: Mapping[str, Option] | None = None) -> R:
    """A room as the lobby would make it."""
    return game("room", Random(seed), options or {})


def new_ticker(room: Room, *seats: Seat, quantum: int = 4, total: int = 4000) -> Ticker:
    """A room's engine; the seats are asked for, and taken with the first tick."""
    ticker = Ticker("game", room, quantum, total)
    for seat in seats:
        ticker.request(seat)
    return ticker


def new_lobby(games: Mapping[str, type[Room]], *overrides: str, seed: int = 1) -> Lobby:
    return Lobby(games, settings(*overrides).simulate, Random(seed))


def any_room(game: str) -> Join:
    return Join(HOW_JOIN_OR_CREATE, game, {})


def a_new_room(game: str, **options: Option) -> Join:
    return Join(HOW_CREATE, game, options)


def the_room(room_id: str) -> Join:
    return Join(HOW_BY_ID, room_id, {})
