"""The game that is played in simulations of sessions: it writes down everything that it is told.

What it keeps in `journal` and `fate` is compared with what clients were told; `shadow` is its state a second time, in
plain Python, tick by tick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

from pelton.server import U32, Action, Bounds, Event, OwnerOnly, Played, Player, Room, Row, Stream, Table, Tick

__all__ = ["Hall", "Nook", "Planned", "Put"]

DRIFT_TICKS = 7


class Planned(Exception):
    """A fault of the game that the simulation asked for."""


class Put(Action):
    """An action that is known by its number, which is also its `seq`."""

    number: Annotated[int, Bounds(0, 2**31)]
    barred: bool
    """The pipeline drops it."""


class Noted(Event):
    """For everybody, with a number without gaps."""

    serial: int
    player: int
    number: int


class Whispered(Event):
    """For one player, with a number of his own without gaps."""

    serial: int


class Spark(Event):
    """Soon or never."""

    cosmetic = True
    serial: int


class Mark(Row):
    """What everybody sees of a player; row 0 moves by itself."""

    count = U32()
    last = U32()


class Secret(Row):
    """What he alone sees."""

    owner = U32()
    total = U32()


class Hall(Room):
    """Puts things down."""

    tick_hz = 20
    seats = 4
    actions = Put
    events = Noted | Whispered | Spark
    marks = Table(Mark)
    secrets = Table(Secret, groups=OwnerOnly("owner"))

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        return actions.filter(self._may_pass)

    def on_create(self) -> None:
        self.journal: dict[int, list[int]] = {}
        """Numbers applied, by player, in order."""
        self.applied: dict[int, set[int]] = {}
        self.barred: dict[int, list[int]] = {}
        """Numbers that the pipeline dropped, by player."""
        self.fate: list[tuple[str, int, int]] = []
        """What was told of whom, with the tick."""
        self.number = 0
        """Of the tick."""
        self.noted = 0
        self.noted_by_tick: dict[int, int] = {0: 0}
        self.noted_before: dict[int, int] = {}
        """What had been noted when a player joined."""
        self.whispers: dict[int, int] = {}
        self.whispers_by_tick: dict[int, dict[int, int]] = {}
        self.shadow: dict[int, tuple[int, int]] = {0: (0, 0)}
        self.secret: dict[int, int] = {}
        self.shadows: dict[int, tuple[dict[int, tuple[int, int]], dict[int, int]]] = {}
        self.most = 0
        """Players at a time, at most."""
        self.marks.add(0)
        self.disposed = False
        self.burn: Callable[[], None] | None = None
        """Takes time, if the simulation wants that."""
        self.raises = ""
        """The callback that is to raise when it is called next."""
        self.broke = False
        """Whether it has raised."""
        self.lazy_ticks = 0
        """For so many ticks it takes no action."""
        self.chatty = 0
        """So many events besides, a tick."""

    def on_join(self, player: Player) -> None:
        self._enter("join", player)
        self.most = max(self.most, len(self.players))
        self.noted_before[player.id] = self.noted_by_tick[max(self.noted_by_tick)]
        self.journal[player.id], self.barred[player.id], self.whispers[player.id] = [], [], 0
        self.applied[player.id] = set()
        self.shadow[player.id], self.secret[player.id] = (0, 0), 0
        self.marks.add(player.id)
        self.secrets.add(player.id, owner=player.id)

    def on_drop(self, player: Player) -> None:
        self._enter("drop", player)
        self._note(player.id, 0)

    def on_resume(self, player: Player) -> None:
        self._enter("resume", player)
        self._note(player.id, 0)

    def on_leave(self, player: Player) -> None:
        self._enter("leave", player)
        del self.shadow[player.id], self.secret[player.id]
        self.marks.remove(player.id)
        self.secrets.remove(player.id)
        self._settle()

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.number = tick.number
        self._break_in("tick")
        if self.burn is not None:
            self.burn()
        if self.lazy_ticks:
            self.lazy_ticks -= 1
        else:
            for player, put in actions:
                self._put(player, put)
        if tick.number % DRIFT_TICKS == 0:
            self._set(0, tick.number)
        for _ in range(self.chatty):
            self._note(0, tick.number)
        self.emit(Spark(tick.number))
        self._settle()

    def on_drain(self, seconds: float) -> None:
        self._break_in("drain")
        self._note(0, 1)
        if self.number % 3 == 0:
            self.end()

    def on_dispose(self) -> None:
        self.disposed = True
        self._break_in("dispose")

    def _put(self, player: Player, put: Put) -> None:
        self.journal[player.id].append(put.number)
        self.applied[player.id].add(put.number)
        self._set(player.id, put.number)
        self.secret[player.id] += put.number
        self.secrets[player.id].total = self.secret[player.id]
        self._note(player.id, put.number)
        if put.number % 3 == 0:
            self.whispers[player.id] += 1
            self.emit(Whispered(self.whispers[player.id]), to=player)

    def _set(self, row_id: int, last: int) -> None:
        count = self.shadow[row_id][0] + 1
        self.shadow[row_id] = count, last
        row = self.marks[row_id]
        row.count, row.last = count, last

    def _may_pass(self, played: Played) -> bool:
        player, put = played
        if put.barred:
            self.barred[player.id].append(put.number)
        return not put.barred

    def _note(self, player_id: int, number: int) -> None:
        self.noted += 1
        self.emit(Noted(self.noted, player_id, number))

    def _enter(self, what: str, player: Player) -> None:
        self.fate.append((what, player.id, self.number))
        self._break_in(what)

    def _settle(self) -> None:
        """What is so at the end of this tick, as far as it is known yet."""
        self.shadows[self.number] = dict(self.shadow), dict(self.secret)
        self.noted_by_tick[self.number] = self.noted
        self.whispers_by_tick[self.number] = dict(self.whispers)

    def _break_in(self, callback: str) -> None:
        if self.raises == callback:
            self.raises, self.broke = "", True
            raise Planned(callback)


class Nook(Hall):
    """The same with less room, and another beat."""

    tick_hz = 10
    seats = 2
