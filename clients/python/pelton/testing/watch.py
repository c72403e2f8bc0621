"""What is looked at while a simulation runs: each frame of each bot, each tick of each room.

The first thing that is wrong ends the simulation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

from pelton.client import Frame, Room
from pelton.server.config import Config
from pelton.server.simulate.lobby import Lobby, OpenRoom
from pelton.server.simulate.ticker import Outcome
from pelton.swarm.histogram import Histogram
from pelton.testing.failure import Failure
from pelton.testing.trace import Trace
from pelton.testing.virtual_time import VirtualTime

__all__ = ["Check", "Watch"]

Check: TypeAlias = Callable[[Any], None]
"""Called with a room of the game after each of its ticks; raises if something is wrong with it."""
BOUNDS_EVERY_TICKS = 10


class Watch:
    """Counts, hashes and judges. `fail` is called once, with what was wrong."""

    def __init__(
        self, time: VirtualTime, config: Config, lobby: Lobby, fail: Callable[[Failure], None], check: Check | None
    ) -> None:
        self.trace = Trace()
        self.input_to_ack = Histogram()
        self.frames = self.digests = self.taken = self.ticks = self.joins = 0
        self.refused: Counter[str] = Counter()
        self._time = time
        self._config = config
        self._lobby = lobby
        self._fail = fail
        self._check = check

    # What the bots tell.

    def saw(self, bot: int, frame: Frame) -> None:
        """A bot has taken in a frame."""
        self.frames += 1
        if frame.is_checked:
            self.digests += 1
        if frame.divergences:
            self._wrong("replica", f"a replica is wrong: {frame.divergences[0]}", bot=bot)
        for _, latency_s in frame.taken:
            self.taken += 1
            self.input_to_ack.add(latency_s)
        for _, reason in frame.refused:
            self.refused[reason] += 1

    def broke(self, bot: int, wrong: str) -> None:
        """A bot was sent what breaks a promise of the protocol."""
        self._wrong("protocol", wrong, bot=bot)

    def unanswered(self, bot: int, room: Room) -> None:
        """A bot's time is over, and some of its actions were neither taken nor refused."""
        seqs = list(room.unanswered)
        self._wrong("acks", f"actions {seqs[:5]} of {len(seqs)} were neither taken nor refused", bot=bot)

    def bot_failed(self, bot: int, error: Exception) -> None:
        """Something that should never happen came out of a bot."""
        self._wrong("bot", f"a bot met {error!r}", error, bot)

    # What the server tells.

    def ticked(self, opened: OpenRoom, outcome: Outcome) -> None:
        """A room has run a tick."""
        self.ticks += 1
        self.joins += len(outcome.joined)
        self.trace.ticked(self._time.now_ns(), opened, outcome)
        if self._check is not None:
            try:
                self._check(opened.ticker.room)
            except Exception as error:  # noqa: BLE001 - whatever it raises says that something is wrong
                self._wrong("check", f"tick {outcome.tick} of a room is not right: {error!r}", error)
        if outcome.tick % BOUNDS_EVERY_TICKS == 0:
            self._check_bounds(opened)

    def failed(self, opened: OpenRoom, fault: Exception) -> None:
        """A room is ended, because this came out of it."""
        self._wrong("room", str(fault), fault)

    def _check_bounds(self, opened: OpenRoom) -> None:
        config, ticker = self._config, opened.ticker
        if ticker.taken > ticker.room.seats:
            self._wrong("bounds", f"{ticker.taken} seats taken of {ticker.room.seats}")
        if len(self._lobby) > config.simulate.rooms_max:
            self._wrong("bounds", f"{len(self._lobby)} rooms, more than rooms_max")
        for seat in ticker.seats:
            if len(seat.inbox) > config.receive.inbox_max:
                self._wrong("bounds", f"{len(seat.inbox)} actions of player {seat.player.id} wait, more than inbox_max")
            if len(seat.refused) > config.receive.refusals_max:
                self._wrong(
                    "bounds", f"{len(seat.refused)} refusals for player {seat.player.id}, more than refusals_max"
                )

    def _wrong(self, kind: str, text: str, error: Exception | None = None, bot: int | None = None) -> None:
        self._fail(Failure(kind, text, self._time.now_s, error, bot))
