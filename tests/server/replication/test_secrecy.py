"""No byte of what a player may not see is ever sent to him, and nothing that he is sent depends on it.

Two ways to find out. Rows carry marks of eight random bytes, in every column that can hold them, and no mark may be in
the bytes of who never saw the row. And two rooms that differ in hidden rows alone must send the very same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from pelton.protocol.typed import frame_head
from pelton.server import (
    F64,
    U8,
    U16,
    U32,
    By,
    Bytes,
    Grid,
    Json,
    OwnerOnly,
    Player,
    Quant,
    Room,
    Row,
    Str,
    Table,
    Team,
)
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.simulate.ticker import Ticker
from tests.server.fakes import FakeSession, new_room, new_seat, settings

WORLD, CELL, REACH, FAR, EVERY = 64, 8, 1, 2, 3
CELLS = WORLD // CELL
TABLES = ("cards", "orders", "clues", "ships", "mixed")


class Marked(Row):
    x = Quant(0, WORLD, 1)
    y = Quant(0, WORLD, 1)
    owner = U16()
    team = U8()
    place = Str(8)
    low = U32()
    number = F64()
    raw = Bytes(8)
    text = Str(16)
    notes = Json(64)


class Vault(Room):
    seats = 8
    ships = Table(
        Marked, groups=Grid("x", "y", cell=CELL, reach=REACH, far=FAR, every=EVERY, wrap=(WORLD, WORLD)), rewind_ticks=3
    )
    cards = Table(Marked, groups=OwnerOnly("owner"))
    orders = Table(Marked, groups=Team("team", follow="ships"))
    clues = Table(Marked, groups=By(lambda row: row.place or None, lambda player: [f"p{player.id % 3}"]))
    mixed = Table(Marked, groups=(Grid("x", "y", cell=CELL, reach=0, follow="ships"), OwnerOnly("owner")))


class Ears(FakeSession):
    """Keeps every byte."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes: list[bytes] = []

    def _take(self, head: bytes, body: bytes) -> bool:
        if self.reads:
            self.bytes.append(head + body)
            assert self._seat is not None
            self._seat.heard = 2**53 - 1  # whatever tick that was: it has arrived
        return self.reads


def marks(mark: bytes) -> dict[str, Any]:
    """The mark in every column that can hold it; as a float it is finite, its last byte sees to that."""
    return {
        "raw": mark,
        "text": mark.hex(),
        "notes": [mark.hex()],
        "number": struct.unpack("<d", mark)[0],
    }


class Viewer:
    """A player, what he has heard, and the marks that he may know."""

    def __init__(self, number: int) -> None:
        self.seat = new_seat(number, Ears())
        self.eye: tuple[int, int] | None = None
        self.team: int | None = None
        self.allowed: set[bytes] = set()

    @property
    def player(self) -> Player:
        return self.seat.player

    @property
    def ears(self) -> Ears:
        session = self.seat.session
        assert isinstance(session, Ears)
        return session


def cell_of(row: Any) -> tuple[int, int]:
    return int(row.x // CELL) % CELLS, int(row.y // CELL) % CELLS


def near(one: tuple[int, int], other: tuple[int, int], reach: int) -> bool:
    return all(min((a - b) % CELLS, (b - a) % CELLS) <= reach for a, b in zip(one, other, strict=True))


def may_see(viewer: Viewer, name: str, row: Any) -> bool:
    """By each rule in plain Python."""
    own = row.owner == viewer.player.id
    match name:
        case "ships":
            return viewer.eye is not None and near(cell_of(row), viewer.eye, FAR)
        case "cards":
            return bool(own)
        case "orders":
            return viewer.team is not None and row.team == viewer.team
        case "clues":
            return bool(row.place == f"p{viewer.player.id % 3}")
        case _:
            return bool(own) or (viewer.eye is not None and cell_of(row) == viewer.eye)


class Play:
    """Random play in one room; the same seed and the same `hide` make the same room."""

    def __init__(self, seed: int, overrides: tuple[str, ...] = ()) -> None:
        self.dice = Random(seed)
        self.secrets = Random(seed + 1)
        self.room = new_room(Vault)
        self.ticker = Ticker("vault", self.room, 4, 1000)
        config = settings("deliver.history_ticks=6", "deliver.digest_interval_ticks=5", "deliver.stall_timeout_s=999")
        self.fanout = Fanout(config.deliver, Metrics())
        self.viewers: list[Viewer] = []
        self.marks: dict[bytes, str] = {}

    def seat(self, number: int) -> None:
        self.viewers.append(Viewer(number))
        self.ticker.request(self.viewers[-1].seat)

    def new_mark(self, where: str) -> bytes:
        mark = bytes(self.secrets.randrange(256) for _ in range(7)) + bytes([self.secrets.randrange(1, 64)])
        self.marks[mark] = where
        return mark

    def fields(self) -> dict[str, Any]:
        dice = self.dice
        return {
            "x": dice.randrange(WORLD), "y": dice.randrange(WORLD),
            "owner": dice.randrange(6), "team": dice.randrange(3), "place": dice.choice(["p0", "p1", "p2", ""]),
        }  # fmt: skip

    def edit(self) -> None:
        """One thing happens to one row."""
        dice = self.dice
        name, row_id = dice.choice(TABLES), dice.randrange(1, 9)
        table = self.room.tables[name]
        mark = self.new_mark(f"{name}[{row_id}]")
        if row_id not in table:
            table.add(row_id, **self.fields(), **marks(mark))
            return
        kind = dice.choice(["remove", "renew", "move", "mark", "mark", "both"])
        if kind in ("remove", "renew"):
            table.remove(row_id)
        if kind == "renew":
            table.add(row_id, **self.fields(), **marks(mark))
        values = {
            **(self.fields() if kind in ("move", "both") else {}),
            **(marks(mark) if kind in ("mark", "both") else {}),
        }
        for field, value in values.items():
            setattr(table[row_id], field, value)

    def ask(self, viewer: Viewer) -> None:
        dice = self.dice
        questions = viewer.seat.ask()
        viewer.seat.asked = 0
        questions.verify = dice.random() < 0.5
        questions.everything = dice.random() < 0.1
        questions.groups = {(dice.randrange(6), dice.randrange(30)) for _ in range(dice.randrange(12))}

    def tick(self) -> None:
        before = [len(viewer.ears.bytes) for viewer in self.viewers]
        self.fanout.deliver(self.ticker, self.ticker.step(), 0)
        for viewer, count in zip(self.viewers, before, strict=True):
            if len(viewer.ears.bytes) > count:
                self._look(viewer)

    def _look(self, viewer: Viewer) -> None:
        """He was sent a frame: what he may know by it."""
        own = self.room.ships.get(viewer.player.focus)
        if own is not None:
            viewer.eye, viewer.team = cell_of(own), own.team
        for name, table in self.room.tables.items():
            viewer.allowed |= {bytes(row.raw) for row in table if may_see(viewer, name, row)}

    def assert_secret(self) -> None:
        for viewer in self.viewers:
            heard = b"".join(viewer.ears.bytes)
            for mark, where in self.marks.items():
                if mark not in viewer.allowed:
                    for secret in (mark, mark.hex().encode()):
                        assert secret not in heard, f"player {viewer.player.id} was sent {where}"


@pytest.mark.parametrize("seed", range(12))
def test_no_mark_of_a_row_is_in_the_bytes_of_who_may_not_see_it(seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - shown if it fails
    play = Play(seed)
    for number in range(1, 5):
        play.seat(number)
    for _ in range(120):
        for _ in range(play.dice.randrange(6)):
            play.edit()
        for viewer in play.viewers:
            chance = play.dice.random()
            if chance < 0.15:
                viewer.ears.reads = not viewer.ears.reads
            elif chance < 0.35:
                play.ask(viewer)
            elif chance < 0.4:
                viewer.player.focus = play.dice.randrange(1, 9)
        play.tick()
    play.assert_secret()
    heard = sum(mark in b"".join(viewer.ears.bytes) for viewer in play.viewers for mark in viewer.allowed)
    assert heard > 100, "the marks that may be seen are found in the bytes by this very search"


# Two rooms that differ in nothing that the player may see.


Difference = Callable[[Play, Random], None]


def other_values(play: Play, secrets: Random) -> None:
    """The hidden rows hold other values, of other lengths."""
    for table in play.room.tables.values():
        for row in table:
            if row.owner == 2:
                mark = bytes(secrets.randrange(256) for _ in range(8))
                row.raw, row.text, row.low, row.number = mark[: secrets.randrange(9)], mark.hex(), 7, secrets.random()


def other_numbers(play: Play, secrets: Random) -> None:
    """There are more hidden rows in their groups, with larger ids."""
    for name in TABLES:
        table = play.room.tables[name]
        for row_id in [row.id for row in table if row.id >= 100]:
            table.remove(row_id)
        for _ in range(secrets.randrange(30)):
            row_id = 2 ** secrets.randrange(8, 53) + secrets.randrange(100)
            if row_id not in table:
                table.add(row_id, **HIDDEN)


HIDDEN: dict[str, Any] = {"x": 60, "y": 60, "owner": 2, "team": 2, "place": "p2"}
SHOWN: dict[str, Any] = {"x": 20, "y": 20, "owner": 1, "team": 1, "place": "p1"}


def bytes_of_the_first(seed: int, difference: Difference, secret_seed: int) -> list[bytes]:
    """What player 1 is sent in a room in which that is done to what player 2 alone may see."""
    play, secrets = Play(seed), Random(secret_seed)
    play.seat(1)
    play.seat(2)
    for name in TABLES:
        for row_id, fields in ((1, SHOWN), (2, HIDDEN), (3, SHOWN), (4, HIDDEN)):
            play.room.tables[name].add(row_id, **fields)
    first = play.viewers[0]
    for _ in range(60):
        play.tick()  # groups have their numbers, in the order in which they are heard of, by the first of these
        difference(play, secrets)
        for _ in range(play.dice.randrange(3)):
            row = play.room.tables[play.dice.choice(TABLES)][play.dice.choice([1, 3])]
            row.low, row.text = play.dice.randrange(9), "x" * play.dice.randrange(9)
            if play.dice.random() < 0.2:
                row.x = play.dice.choice([20, 28])
        if play.dice.random() < 0.2:
            first.ears.reads = not first.ears.reads
        if play.dice.random() < 0.2:
            play.ask(first)
    return first.ears.bytes


@pytest.mark.parametrize("difference", [other_values, other_numbers])
@pytest.mark.parametrize("seed", range(4))
def test_what_a_player_is_sent_does_not_depend_on_what_he_may_not_see(seed: int, difference: Difference) -> None:
    print(f"seed {seed}")  # noqa: T201 - shown if it fails
    heard = [bytes_of_the_first(seed, difference, secret_seed) for secret_seed in (1, 2, 3)]
    assert heard[0] == heard[1] == heard[2]
    assert len(heard[0]) > 20
    assert len(b"".join(heard[0])) > 20 * len(frame_head(0, [])) + 1000
