"""Whatever happens to rows, groups, subscriptions and sockets: every replica is what its player may see, every tick.

The model sends nothing and remembers nothing: it asks each rule, in plain Python, who may see which row now.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pelton.client import Replica as ClientReplica
from pelton.server import (
    F32,
    F64,
    I16,
    U8,
    U16,
    Bool,
    By,
    Bytes,
    Grid,
    Json,
    OwnerOnly,
    Player,
    Quant,
    Record,
    Room,
    Row,
    Str,
    Table,
    Team,
    Tick,
)
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.overload.state import Overload
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Ticker
from tests.server.fakes import FakeSession, new_room, new_seat, session_of
from tests.server.fakes import settings as server_settings
from tests.server.replication.replica import Replica

WORLD, CELL = 64, 8
CELLS = WORLD // CELL
REACH, FAR, EVERY = 1, 2, 3
HISTORY, INTERVAL = 6, 4
PLAYERS = 4


class Ship(Row):
    x = Quant(0, WORLD, 1 / 4)
    y = Quant(0, WORLD, 1 / 4)
    team = U8()
    heat = F32()
    name = Str(8)


class Card(Row):
    owner = U16()
    rank = I16()
    notes = Json(64)


class Order(Row):
    team = U8()
    owner = U16()
    urgent = Bool()
    text = Bytes(8)


class Clue(Row):
    code = Str(4)
    worth = F64()


class Match(Row):
    turn = U16()
    pot = Json(64)


class World(Room):
    tick_hz = 20
    seats = PLAYERS
    ships = Table(Ship, groups=Grid("x", "y", cell=CELL, reach=REACH, far=FAR, every=EVERY, wrap=(WORLD, WORLD)))
    cards = Table(Card, groups=OwnerOnly("owner"))
    orders = Table(Order, groups=(Team("team", follow="ships"), OwnerOnly("owner")))
    clues = Table(Clue, groups=By(lambda clue: clue.code or None, lambda player: [f"c{player.id % 2}", "all"]))
    scores = Table(Clue)
    match = Record(Match)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.plans: list[Callable[[World], None]] = []

    def on_tick(self, tick: Tick, actions: object) -> None:
        plans, self.plans = self.plans, []
        for plan in plans:
            plan(self)


class Viewer:
    """A player with his replica, and what he saw last of that which he sees only through his own row."""

    def __init__(self, number: int) -> None:
        self.seat: Seat = new_seat(number)
        self.replica: Replica | None = None
        self.clients: list[ClientReplica] = []
        self.eye: tuple[int, int] | None = None
        self.team: int | None = None

    @property
    def player(self) -> Player:
        return self.seat.player

    @property
    def session(self) -> FakeSession:
        return session_of(self.seat)


def near(a: int, b: int, reach: int) -> bool:
    return min((a - b) % CELLS, (b - a) % CELLS) <= reach


def cell_of(row: Any) -> tuple[int, int]:
    return int(row.x // CELL) % CELLS, int(row.y // CELL) % CELLS


def wire(row: Any) -> list[Any]:
    return [row.cells.views[index][row.slot] for index in range(len(row.columns))]


class Model(RuleBasedStateMachine):
    """Random play."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.random = Random(seed)
        self.room = new_room(World)
        self.ticker = Ticker("world", self.room, 4, 1000)
        config = server_settings(
            f"deliver.history_ticks={HISTORY}",
            f"deliver.digest_interval_ticks={INTERVAL}",
            "deliver.stall_timeout_s=999",
        )
        self.overload = Overload()
        self.fanout = Fanout(config.deliver, Metrics(), self.overload)
        self.viewers: dict[int, Viewer] = {}
        self.shown: dict[tuple[int, int], list[Any]] = {}
        self.past: list[dict[int, list[Any]]] = []
        self.compared = 0

    # What happens in a tick is planned, and then done by the game.

    @rule(number=st.integers(1, PLAYERS))
    def come(self, number: int) -> None:
        if number not in self.viewers:
            viewer = self.viewers[number] = Viewer(number)
            self.ticker.request(viewer.seat)

    @rule(number=st.integers(1, PLAYERS))
    def go(self, number: int) -> None:
        viewer = self.viewers.pop(number, None)
        if viewer is not None:
            self.ticker.release(viewer.seat)
            self._tick()  # ids are of one life each; here they come again

    @rule(number=st.integers(1, PLAYERS))
    def stall(self, number: int) -> None:
        if number in self.viewers:
            self.viewers[number].session.reads = not self.viewers[number].session.reads

    @rule(
        number=st.integers(1, PLAYERS),
        everything=st.booleans(),
        groups=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 9))),
    )
    def ask(self, number: int, everything: bool, groups: set[tuple[int, int]]) -> None:
        if number in self.viewers:
            questions = self.viewers[number].seat.ask()
            questions.verify = True
            questions.everything |= everything and self.random.random() < 0.3
            questions.groups |= groups

    @rule(is_thin=st.booleans(), far_factor=st.integers(1, 2))
    def strain(self, is_thin: bool, far_factor: int) -> None:
        """The server has too much to do, or no longer."""
        self.overload.is_thin, self.overload.far_factor = is_thin, far_factor

    @rule(number=st.integers(1, PLAYERS), focus=st.integers(1, 8))
    def watch(self, number: int, focus: int) -> None:
        if number in self.viewers:
            self.viewers[number].player.focus = focus

    @rule(
        table=st.sampled_from(["ships", "cards", "orders", "clues", "scores"]),
        row_id=st.integers(1, 8),
        kind=st.sampled_from(["add", "remove", "renew", "change", "change", "change"]),
    )
    def edit(self, table: str, row_id: int, kind: str) -> None:
        fields = self._fields(table)
        some = dict(self.random.sample(sorted(fields.items()), self.random.randint(1, len(fields))))
        self.room.plans.append(lambda room: _edit(room.tables[table], row_id, kind, fields, some))

    @rule()
    def edit_the_record(self) -> None:
        turn = self.random.randint(0, 99)
        self.room.plans.append(lambda room: _set(room.match, {"turn": turn, "pot": {"n": [turn % 3, None]}}))

    @rule(shift=st.floats(-20, 20))
    def drift(self, shift: float) -> None:
        def plan(room: World) -> None:
            room.ships.x[...] = (room.ships.x[...] + shift) % (WORLD - 1)
            room.ships.heat[...] += 1

        self.room.plans.append(plan)

    @rule(many=st.integers(1, 12))
    def turn(self, many: int) -> None:
        for _ in range(many):
            self._tick()

    def _fields(self, table: str) -> dict[str, Any]:
        number = self.random.randint
        return {
            "ships": {"x": number(0, WORLD - 1), "y": number(0, WORLD - 1), "team": number(0, 2),
                      "heat": number(0, 9) / 3, "name": f"s{number(0, 9)}"},
            "cards": {"owner": number(0, PLAYERS), "rank": number(-9, 9), "notes": {"secret": number(0, 9)}},
            "orders": {"team": number(0, 2), "owner": number(0, PLAYERS), "urgent": bool(number(0, 1)),
                       "text": bytes([number(0, 255)])},
            "clues": {"code": self.random.choice(["c0", "c1", "all", ""]), "worth": number(0, 9) / 7},
            "scores": {"code": self.random.choice(["c0", ""]), "worth": number(0, 9) / 7},
        }[table]  # fmt: skip

    def _tick(self) -> None:
        before = {number: len(viewer.session.frames) for number, viewer in self.viewers.items()}
        is_pause = self.overload.is_thin and self.ticker.tick % 2 == 0
        asked = {number for number, viewer in self.viewers.items() if viewer.seat.questions or viewer.replica is None}
        outcome = self.ticker.step()
        self.fanout.deliver(self.ticker, outcome, 0)
        for number, viewer in self.viewers.items():
            viewer.seat.asked = 0
            new = viewer.session.frames[before[number] :]
            self._look(viewer, told=bool(new))
            assert not viewer.session.closings
            assert len(new) == (viewer.session.reads and (not is_pause or number in asked))
            for frame in new:
                if viewer.replica is None:
                    tables = viewer.session.cards[0].tables
                    viewer.replica = Replica(tables)
                    viewer.clients = [ClientReplica(tables, light=light) for light in (False, True)]
                viewer.replica.apply(frame)
                self._compare(viewer, viewer.replica)
                for client in viewer.clients:
                    client.apply(frame.tick, frame.base, frame.hidden, frame.parts)
                    self._compare_client(viewer.replica, client)

    def _look(self, viewer: Viewer, *, told: bool) -> None:
        """What decides his view, as of this tick; it is remembered when his own row is gone, if he was sent a frame."""
        own = self.room.ships.get(viewer.player.focus)
        if own is not None and told:
            viewer.eye, viewer.team = cell_of(own), own.team

    def _compare(self, viewer: Viewer, replica: Replica) -> None:
        for index, (name, table) in enumerate(self.room.tables.items()):
            expected = {row.id: wire(row) for row in table if self._may_see(viewer, name, row)}
            actual = replica.rows[index]
            assert actual.keys() == expected.keys(), name
            assert replica.decoded[index] <= expected.keys(), f"{name}: a row was sent that may not be seen"
            for row_id, values in expected.items():
                is_late = self.ticker.tick % (EVERY * self.overload.far_factor) and name == "ships"
                if is_late and not self._is_near(viewer, self.room.ships[row_id]):
                    continue  # far: its values may be so many ticks old
                assert actual[row_id] == values, f"{name}[{row_id}]"
                self.compared += 1

    def _compare_client(self, expected: Replica, client: ClientReplica) -> None:
        """The replicas that ship hold what the plain one holds, read as the game reads it."""
        for rows, table, own in zip(expected.rows, client, self.room.tables.values(), strict=True):
            assert {row.id for row in table} == rows.keys()
            for row_id, values in rows.items():
                for column, value in zip(own.row_type.columns, values, strict=True):
                    assert table[row_id][column.name] == column.from_wire(value)

    def _may_see(self, viewer: Viewer, name: str, row: Any) -> bool:
        player = viewer.player
        match name:
            case "ships":
                return viewer.eye is not None and all(
                    near(a, b, FAR) for a, b in zip(cell_of(row), viewer.eye, strict=True)
                )
            case "cards":
                return bool(row.owner == player.id)
            case "orders":
                return bool(row.owner == player.id or (viewer.team is not None and row.team == viewer.team))
            case "clues":
                return row.code in (f"c{player.id % 2}", "all")
            case _:
                return True

    def _is_near(self, viewer: Viewer, row: Ship) -> bool:
        assert viewer.eye is not None
        return all(near(a, b, REACH) for a, b in zip(cell_of(row), viewer.eye, strict=True))

    @invariant()
    def nobody_is_closed(self) -> None:
        for viewer in getattr(self, "viewers", {}).values():
            assert not viewer.session.closings

    def teardown(self) -> None:
        if hasattr(self, "viewers"):
            for viewer in self.viewers.values():
                viewer.session.reads = True
            self.overload.is_thin, self.overload.far_factor = False, 1
            for _ in range(EVERY):
                self._tick()


def _set(row: Any, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)


def _edit(table: Table[Any], row_id: int, kind: str, fields: dict[str, Any], some: dict[str, Any]) -> None:
    if row_id not in table:
        if kind in ("add", "renew"):
            table.add(row_id, **fields)
        return
    if kind in ("remove", "renew"):
        table.remove(row_id)
    if kind == "renew":
        table.add(row_id, **fields)
    if kind == "change":
        _set(table[row_id], some)


TestReplication = pytest.mark.filterwarnings("error")(Model.TestCase)
TestReplication.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
