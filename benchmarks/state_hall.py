"""A room full of clients in this process: no sockets, the server's own engine and fan-out."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.state_naive import groups_of
from pelton.protocol import Act, Joined
from pelton.server import Player, Room
from pelton.server.config import load_config
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.simulate.seat import EventNames, Seat
from pelton.server.simulate.state.layer import NOWHERE
from pelton.server.simulate.state.table import Table
from pelton.server.simulate.ticker import Outcome, Ticker
from pelton.streams import Inbox

__all__ = ["Hall", "Listener"]

HEARD_ALL = 2**53 - 1


class Listener:
    """A session that takes every frame, counts its bytes and forgets it."""

    def __init__(self) -> None:
        self.bytes = 0
        self.card: Joined | None = None
        self.seat: Seat | None = None

    def joined(self, seat: Seat, message: Joined, events: EventNames, grace_s: float) -> None:
        """The seat is taken."""
        self.card, self.seat = message, seat

    def resumed(self, seat: Seat, tick: int, events_lost: int) -> None:
        """Nobody is lost."""

    def replaced(self, seat: Seat) -> None:
        """Nobody is replaced."""

    def resume_reading(self) -> None:
        """Nothing is read."""

    def left(self, seat: Seat, reason: str) -> None:
        """Nobody leaves."""

    def close(self, code: int, reason: str) -> None:
        """The server closes nobody who takes everything."""
        raise AssertionError(f"closed with {code}: {reason}")

    @property
    def busy(self) -> bool:
        """Never."""
        return False

    def sender(self) -> Callable[[bytes, bytes], bool]:
        """What takes a frame."""
        return self.take

    def take(self, head: bytes, body: bytes) -> bool:
        """A frame, which is heard at once, whatever its tick."""
        self.bytes += len(head) + len(body)
        if self.seat is not None:
            self.seat.heard = HEARD_ALL
        return True


class Hall:
    """The room, its clients, and the time that a tick takes, in milliseconds of this thread's CPU."""

    def __init__(self, game: type[Room], clients: int, listener: type[Listener] = Listener) -> None:
        config = load_config(None, {}, ()).config
        simulate = config.simulate
        self.room = game("hall", Random(7), {})
        self.ticker = Ticker(
            "bench", self.room, simulate.actions_per_player_per_tick_max, simulate.actions_per_tick_max
        )
        self._fanout = Fanout(config.deliver, Metrics())
        self._outcome = Outcome(0)
        self.listeners: list[Listener] = []
        self.players: list[Player] = []
        for number in range(1, clients + 1):
            session, player = listener(), Player(number, f"session-{number}", {})
            inbox: Inbox[Act[Any]] = Inbox(8, 32, 64)
            self.ticker.request(Seat(player, session, inbox, config.receive.refusals_max))
            self.listeners.append(session)
            self.players.append(player)
        self._senders = [session.sender() for session in self.listeners]

    @property
    def table(self) -> Table[Any]:
        """The only one."""
        [table] = self.ticker.tables
        return table

    def step_ms(self) -> float:
        """The game's tick, and finding out what changed and where it belongs."""
        return self._timed(self._step)

    def deliver_ms(self) -> float:
        """All frames of the tick, each handed to its client."""
        return self._timed(self._deliver)

    def hand_over_ms(self) -> float:
        """What of it is the clients' counting, done once more with nothing to count."""
        return self._timed(self._hand_over)

    @property
    def heard_bytes(self) -> int:
        """Of all clients since they came."""
        return sum(listener.bytes for listener in self.listeners)

    def groups_seen(self) -> list[tuple[int, ...]]:
        """By client the groups that it sees after this tick."""
        layer = self.table.layers[0]
        return [groups_of(layer.view_of(player, NOWHERE)) for player in self.players]

    def rows_seen(self) -> float:
        """How many rows a client sees, on average."""
        members = self.table.layers[0].members
        return sum(len(members[group]) for groups in self.groups_seen() for group in groups) / len(self.players)

    def _step(self) -> None:
        self._outcome = self.ticker.step()

    def _deliver(self) -> None:
        self._fanout.deliver(self.ticker, self._outcome, 0)

    def _hand_over(self) -> None:
        for take in self._senders:
            take(b"", b"")

    @staticmethod
    def _timed(call: Callable[[], None]) -> float:
        began_ns = time.thread_time_ns()
        call()
        return (time.thread_time_ns() - began_ns) / 1e6
