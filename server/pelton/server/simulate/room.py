"""What a game's author writes: a Room with its state, its actions and a few callbacks, all plain and synchronous.

    class Arena(Room):
        actions = Steer | Shoot
        ships = Table(Ship)
        def on_tick(self, tick, actions): ...

Everything here runs on the tick. Nothing may wait, read a wall clock or use another random source than
`self.random`: then a room is a function of its seed and its actions, and can be replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, NoReturn, TypeAlias, get_args

from pelton.protocol import SchemaError
from pelton.protocol.messages import Option
from pelton.protocol.schema import Action, Event, action_name, check_actions, event_name
from pelton.server.auth.identity import Identity
from pelton.server.simulate.errors import GameError, JoinRejected
from pelton.server.simulate.pipeline import Played
from pelton.server.simulate.seat import Player
from pelton.server.simulate.state.record import Record
from pelton.server.simulate.state.table import Table
from pelton.streams import Stream

__all__ = ["Emitted", "Room", "Tick"]

TICK_HZ_MAX = 240
GRACE_S_MAX = 3600
REJECT_DETAIL_MAX = 200
EMITS_MAX = 10_000
"""Events that a room may make in one tick; more is a mistake of the game."""
OWN_NAMES = frozenset({"room_id", "random", "options", "players", "locked", "ended", "tables", "emitted", "kicked"})


Emitted: TypeAlias = tuple[Event, tuple[int, ...] | None]
"""An event, and the players it is for by id; None: all."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One beat of a room: its number, counted from 1, and the seconds of game time it stands for, always the same."""

    number: int
    dt: float

    @property
    def time(self) -> float:
        """Seconds of game time since the room began."""
        return self.number * self.dt


class Room:
    """Base of all games.

    Class attributes say what it is, callbacks what happens; the server makes one for every match.
    """

    tick_hz: ClassVar[float] = 20
    """Ticks a second."""
    seats: ClassVar[int] = 16
    """The most players at a time."""
    actions: ClassVar[Any] = ()
    """What players can do: an Action class, or several, `Steer | Shoot`."""

    events: ClassVar[Any] = ()
    """What players are told beside the state: an Event class, or several, `Hit | RoundOver`. See `emit`."""
    grace_s: ClassVar[float | None] = None
    """Seconds for which a player who lost his connection keeps his seat; None: as `simulate.grace_s` says."""

    action_types: ClassVar[tuple[type[Action], ...]] = ()
    event_types: ClassVar[tuple[type[Event], ...]] = ()
    table_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.action_types = _action_types(cls)
        cls.event_types = _event_types(cls)
        cls.table_names = tuple(name for name in dir(cls) if isinstance(getattr(cls, name), Table))
        for name in cls.table_names:
            if hasattr(Room, name) or name in OWN_NAMES:
                raise GameError(f"{cls.__name__}.{name}: rooms have an attribute of that name already")
        tick_hz: object = cls.tick_hz
        if not isinstance(tick_hz, (int, float)) or not 0 < tick_hz <= TICK_HZ_MAX:
            raise GameError(f"{cls.__name__}.tick_hz: expected up to {TICK_HZ_MAX} ticks a second, got {tick_hz!r}")
        seats: object = cls.seats
        if not isinstance(seats, int) or seats < 1:
            raise GameError(f"{cls.__name__}.seats: expected 1 or more, got {seats!r}")
        grace_s: object = cls.grace_s
        if grace_s is not None and (not isinstance(grace_s, (int, float)) or not 0 <= grace_s <= GRACE_S_MAX):
            raise GameError(f"{cls.__name__}.grace_s: expected 0 to {GRACE_S_MAX} seconds or None, got {grace_s!r}")

    def __init__(self, room_id: str, random: Random, options: Mapping[str, Option]) -> None:
        """Made by the server. A game sets itself up in `on_create`."""
        self.room_id = room_id
        self.random = random
        self.options = options
        self.players: dict[int, Player] = {}
        self.locked = False
        """True keeps `join_or_create` away; `join` by id still works."""
        self.ended = False
        self.emitted: list[Emitted] = []
        """Events of this tick, for those who deliver them."""
        self.kicked: dict[int, None] = {}
        """Players to be shown out after this tick, by id."""
        self.tables: dict[str, Table[Any]] = {}
        """All tables by name, records too."""
        for name in self.table_names:
            table = self.tables[name] = getattr(type(self), name).fresh(name)
            setattr(self, name, table[0] if isinstance(table, Record) else table)
        for table in self.tables.values():
            table.bind(self.tables)

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        """Filter and transform the merged actions before the tick sees them. Asked once, when the room is made.

        An action that the pipeline drops is refused to its player with the reason `not_allowed`.
        """
        return actions

    def on_create(self) -> None:
        """The room is new; `self.options` came with the request that made it."""

    def on_auth(self, identity: Identity, options: Mapping[str, Option]) -> None:
        """Somebody wants to join, and there is a seat for him: say `self.reject("why")` if he must not have it.

        `identity` is what is known of him, `options` what he says of himself. Called between two ticks, before he is a
        player, and once for every try: change nothing here. Not called for who comes back to a seat that was kept.
        """

    def on_join(self, player: Player) -> None:
        """A player has a seat, from this tick on."""

    def on_drop(self, player: Player) -> None:
        """A player's connection is lost. His seat is kept for `grace_s`; then comes `on_resume`, or `on_leave`."""

    def on_resume(self, player: Player) -> None:
        """A player whose connection was lost is back."""

    def on_leave(self, player: Player) -> None:
        """A player's seat is free again, after this tick: he left, was kicked, or did not come back in time."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        """The rules. `actions` is lazy: what is not taken from it stays queued for the next tick."""
        for _ in actions:
            """Taken and without effect, in a game that has no rules yet."""

    def on_overload(self, step: int, name: str) -> None:
        """The server has too much to do, or no longer: shed work of your own, and take it up again.

        `step` is 0 when all is well, to 5; `name` is `normal`, `far_slower`, `patch_rate_lower`, `cosmetic_shed`,
        `admission_closed` or `time_dilated`. `room_slowed` and `room_restored` speak of this room alone: it ticks half
        as often because it took more than its share, and will be closed if that goes on. Called between two ticks.
        """

    def on_drain(self, seconds: float) -> None:
        """The server is going to stop, and ends this room in so many seconds: end it sooner if the match allows."""

    def on_dispose(self) -> None:
        """The room goes away."""

    def emit(self, event: Event, to: Player | Iterable[Player] | None = None) -> None:
        """Tell all players something, or only these, with this tick's frame.

        Events arrive in order and once, also over a lost connection, as long as the player comes back and not too many
        are waiting (`deliver.events_max`). Those that are `cosmetic` come with the next frame or never. GameError if
        the room has not declared the event in `events`.
        """
        if type(event) not in self.event_types:
            raise GameError(
                f"{type(self).__name__}.emit: {type(event).__name__} is not in {type(self).__name__}.events"
            )
        if len(self.emitted) >= EMITS_MAX:
            raise GameError(f"{type(self).__name__}.emit: more than {EMITS_MAX} events in one tick")
        self.emitted.append((event, None if to is None else _ids(to)))

    def reject(self, detail: str) -> NoReturn:
        """In `on_auth`: give him no seat. He is told `not_allowed`, and `detail`, of which 200 characters travel."""
        raise JoinRejected("not_allowed", detail[:REJECT_DETAIL_MAX])

    def kick(self, player: Player) -> None:
        """Free a player's seat after this tick; he is told `kicked`."""
        self.kicked[player.id] = None

    def end(self) -> None:
        """Close the room after this tick; players are told `room_closed`."""
        self.ended = True


def _ids(to: Player | Iterable[Player]) -> tuple[int, ...]:
    return (to.id,) if isinstance(to, Player) else tuple(player.id for player in to)


def _event_types(room: type[Room]) -> tuple[type[Event], ...]:
    declared: Any = room.events
    kinds: tuple[Any, ...] = () if declared == () else get_args(declared) or (declared,)
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Event)):
            raise GameError(f"{room.__name__}.events: {kind!r} is not an Event class")
    names = [event_name(kind) for kind in kinds]
    if len(set(names)) < len(names):
        raise GameError(f"{room.__name__}.events: two events have the same name on the wire: {sorted(names)}")
    return kinds


def _action_types(room: type[Room]) -> tuple[type[Action], ...]:
    declared: Any = room.actions
    kinds: tuple[Any, ...] = () if declared == () else get_args(declared) or (declared,)
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Action)):
            raise GameError(f"{room.__name__}.actions: {kind!r} is not an Action class")
    names = [action_name(kind) for kind in kinds]
    if len(set(names)) < len(names):
        raise GameError(f"{room.__name__}.actions: two actions have the same name on the wire: {sorted(names)}")
    try:
        check_actions(kinds)
    except SchemaError as error:
        raise GameError(f"{room.__name__}.actions: {error}") from None
    return kinds
