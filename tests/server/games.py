"""Small games to test the server with: what happened in them can be seen from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pelton.server import I32, Action, Bounds, Played, Player, Room, Row, Size, Str, Table, Tick


class Add(Action):
    """Add to one's own total."""

    amount: Annotated[int, Bounds(-100, 100)]


class Shout(Action):
    """Say something for all to read."""

    text: Annotated[str, Size(16)]


class Score(Row):
    total = I32()
    words = Str(16)


class Tally(Room):
    """Everybody counts for himself. `told` keeps what the callbacks were told, in order."""

    tick_hz: ClassVar[float] = 20
    seats = 4
    actions = Add | Shout
    scores = Table(Score)

    def on_create(self) -> None:
        self.told: list[str] = ["create"]
        self.taken: list[tuple[int, Action]] = []

    def on_join(self, player: Player) -> None:
        self.told.append(f"join {player.id}")
        self.scores.add(player.id)

    def on_leave(self, player: Player) -> None:
        self.told.append(f"leave {player.id}")
        self.scores.remove(player.id)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.told.append(f"tick {tick.number}")
        for player, action in actions:
            self.taken.append((player.id, action))
            score = self.scores[player.id]
            match action:
                case Add():
                    score.total += action.amount
                case Shout():
                    score.words = action.text
                case _:
                    raise AssertionError(action)

    def on_dispose(self) -> None:
        self.told.append("dispose")


class Solo(Tally):
    """One player a room."""

    seats = 1


class Fast(Tally):
    """Ticks twice as often as a Tally."""

    tick_hz = 40


class Fragile(Tally):
    """Raises when somebody shouts."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for shout in [action for _, action in actions if isinstance(action, Shout)]:
            raise RuntimeError(shout.text)


class StillBorn(Tally):
    """Cannot be made."""

    def on_create(self) -> None:
        raise RuntimeError("not today")


class OneShot(Tally):
    """Over after its second tick."""

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        super().on_tick(tick, actions)
        if tick.number == 2:
            self.end()


GAMES: dict[str, type[Room]] = {
    "tally": Tally,
    "solo": Solo,
    "fast": Fast,
    "fragile": Fragile,
    "still_born": StillBorn,
    "one_shot": OneShot,
}
