"""Games that go wrong, each in its way, and one in which things of worth change hands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar

from pelton.server import (
    I32,
    U32,
    Action,
    Bounds,
    Credentials,
    Identity,
    Played,
    Player,
    Room,
    Row,
    Stream,
    Table,
    Tick,
)

BURN_S = 0.065
"""1.3 times the budget of a tick."""
log = logging.getLogger(__name__)


class Mark(Row):
    """Changes with every tick."""

    count = U32()


class Calm(Room):
    """Nothing is wrong with it."""

    seats = 1
    marks = Table(Mark)

    def on_create(self) -> None:
        self.marks.add(1)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.marks[1].count += 1
        for player, action in actions:
            self.play(player, action)

    def play(self, player: Player, action: Action) -> None:
        """One action."""


class Rest(Action):
    """Stand still."""

    ms: Annotated[int, Bounds(0, 10_000)]


class Nap(Calm):
    """Holds up everybody, when it is told to."""

    actions = Rest

    def play(self, player: Player, action: Action) -> None:
        if isinstance(action, Rest):
            time.sleep(action.ms / 1000)


class Burning(Calm):
    """Takes longer than it has, in every tick."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        until = time.perf_counter() + BURN_S
        while time.perf_counter() < until:
            pass


class Endless(Calm):
    """Never comes back."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        while True:
            pass


class Interrupt(BaseException):
    """As KeyboardInterrupt: no Exception."""


class Boom(Action):
    """Whatever comes next may go off."""


ERRORS: Mapping[str, type[BaseException]] = {
    error.__name__: error for error in (ValueError, RecursionError, MemoryError, asyncio.CancelledError, Interrupt)
}


class Minefield(Calm):
    """Its options say what it raises, and where."""

    actions = Boom
    seats = 2

    def step_on(self, place: str) -> None:
        if self.options.get("place") == place:
            raise ERRORS[str(self.options["error"])](place)

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        return actions.filter(self._may)

    def _may(self, played: Played) -> bool:
        self.step_on("pipeline")
        return True

    def on_create(self) -> None:
        super().on_create()
        self.step_on("on_create")

    def on_auth(self, identity: Identity, options: Mapping[str, object]) -> None:
        self.step_on("on_auth")

    def on_join(self, player: Player) -> None:
        self.step_on("on_join")

    def on_drop(self, player: Player) -> None:
        self.step_on("on_drop")

    def on_resume(self, player: Player) -> None:
        self.step_on("on_resume")

    def on_leave(self, player: Player) -> None:
        self.step_on("on_leave")

    def on_dispose(self) -> None:
        self.step_on("on_dispose")

    def play(self, player: Player, action: Action) -> None:
        self.step_on("on_tick")


class Give(Action):
    """Hand over some of one's own gold."""

    to: Annotated[int, Bounds(0, 1_000_000)]
    gold: Annotated[int, Bounds(0, 1_000)]


class Audit(Action):
    """Write down how much gold there is."""


class Purse(Row):
    """Of one player."""

    gold = I32()


class Vault(Room):
    """Gold changes hands; who leaves finds his own again, on the next day and in another room."""

    seats = 8
    actions = Give | Audit
    purses = Table(Purse)
    begin: ClassVar[int] = 100
    accounts: ClassVar[dict[str, int]] = {}
    """Of those who are not in play. A game would have a database."""
    in_play: ClassVar[dict[str, int]] = {}

    def on_join(self, player: Player) -> None:
        gold = self.accounts.pop(player.user_id, self.begin)
        self.in_play[player.user_id] = self.in_play.get(player.user_id, 0) + 1
        self.purses.add(player.id, gold=gold)

    def on_leave(self, player: Player) -> None:
        self.in_play[player.user_id] -= 1
        self.accounts[player.user_id] = self.purses[player.id].gold
        self.purses.remove(player.id)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for player, action in actions:
            if isinstance(action, Audit):
                log.warning("gold of %d users: %d", len(self.accounts), sum(self.accounts.values()))
            elif isinstance(action, Give) and action.to in self.purses:
                given = min(action.gold, self.purses[player.id].gold)
                self.purses[player.id].gold -= given
                self.purses[action.to].gold += given
        if any(count > 1 for count in self.in_play.values()):
            log.warning("a user is in play twice")


class Slow:
    """Judges by asking somebody far away."""

    async def authenticate(self, credentials: Credentials, now_s: float) -> Identity:
        await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        return Identity()
