"""A naive server of one client: the world is dictionaries, and a frame is what differs from the one before.

Every choice that a server has (dense or sparse, ids of which width, whole groups, skipped ticks) is left to dice.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pelton.protocol.plain import encode_value
from tests.clients.wire import code, digest, entered, ids_of, part, positions_of

ALL_KINDS: list[list[Any]] = [
    ["a", "u8"],
    ["b", "u16", "more", 1],
    ["c", "u32"],
    ["d", "i8"],
    ["e", "i16"],
    ["f", "i32"],
    ["g", "f32"],
    ["h", "f64"],
    ["i", "bool"],
    ["j", "quant", -8, 0.5, 1],
    ["k", "quant", 0.1, 0.1, 2],
    ["l", "quant", -1e6, 1 / 16, 4],
    ["m", "str", 16],
    ["n", "bytes"],
    ["o", "json"],
    ["p", "vec3"],
    ["q", "poem"],
]
FEW_KINDS: list[list[Any]] = [["x", "quant", 0, 0.25, 2], ["name", "str"], ["hp", "u8"]]
TABLES: list[list[Any]] = [
    ["all", "table", ALL_KINDS],
    ["few", "table", FEW_KINDS],
    ["round", "record", [["turn", "u16"]]],
]
IDS, GROUPS = range(7), range(4)

VALUES: dict[str, list[Any]] = {
    "f32": [0.0, -0.0, 0.10000000149011612, 3.4028234663852886e38, -1.5],
    "f64": [0.0, 0.1, -1.7976931348623157e308, 5e-324],
    "bool": [False, True],
    "str": ["", "Ada", "é" * 40],
    "bytes": [b"", b"\x00\xff", b"x" * 300],
    "json": [*map(encode_value, (None, 7, [1, {"a": [True, "b"]}], {}, "x", 1.5))],
    "vec3": [b"\x00\x00\x00", b"abc"],
    "poem": ["", [1, 2], None, 3.5],
}


def some_value(column: list[Any], dice: Random) -> Any:
    if column[1] in VALUES:
        return dice.choice(VALUES[column[1]])
    width = code(column)
    assert width is not None
    size = 8 * struct.calcsize("<" + width)
    low = -(1 << size - 1) if width.islower() else 0
    return dice.choice([low, low + 1, 0, 1, low + (1 << size) - 1])


@dataclass
class Row:
    values: list[Any]
    groups: frozenset[int]
    birth: int


World = list[dict[int, Row]]


@dataclass
class Written:
    """What the client was told."""

    tick: int = 0
    world: World = field(default_factory=lambda: [{} for _ in TABLES])
    seen: set[tuple[int, int]] = field(default_factory=set)

    def members(self, table: int, group: int) -> dict[int, Row]:
        return {row_id: row for row_id, row in self.world[table].items() if group in row.groups}

    def visible(self, table: int) -> dict[int, Row]:
        groups = {group for index, group in self.seen if index == table}
        return {row_id: row for row_id, row in self.world[table].items() if row.groups & groups}


class ModelServer:
    """Moves by dice. `frame` answers what is to be sent; `now` is then what the client should have."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._births = 0
        self.now = Written()
        self.before = Written()
        self.ended: list[set[int]] = [set() for _ in TABLES]
        """Of each table the rows that the last frame said to exist no more."""

    def frame(self) -> tuple[int, int, list[list[int]], list[list[Any]]]:
        """Let some ticks pass, and write what happened: tick, base, hidden, parts."""
        before = self.before = self.now
        world = [
            {row_id: Row([*row.values], row.groups, row.birth) for row_id, row in rows.items()} for rows in before.world
        ]
        seen = set(before.seen)
        for _ in range(self._dice.randint(1, 3)):
            self._tick(world, seen)
        tick = before.tick + self._dice.choice([1, 1, 1, 2, 50])
        self.now = Written(tick, world, seen)
        base = before.tick if before.tick and self._dice.random() > 0.1 else 0
        self.ended = [set() for _ in TABLES]
        parts = [self._part(table, group, keyframe=base == 0) for table, group in sorted(seen)]
        self._dice.shuffle(parts)
        hidden = [] if base == 0 else [list(place) for place in sorted(before.seen - seen)]
        return tick, base, hidden, [one for one in parts if one is not None]

    def _tick(self, world: World, seen: set[tuple[int, int]]) -> None:
        dice = self._dice
        for table, (_, shape, columns) in enumerate(TABLES):
            for row_id in IDS if shape == "table" else [0]:
                row, chance = world[table].get(row_id), dice.random()
                if row is not None and chance < 0.2:
                    row.groups = self._groups()
                elif chance < 0.3:
                    world[table].pop(row_id, None)
                elif row is None or chance < 0.4:  # in the place of another, too
                    self._births += 1
                    world[table][row_id] = Row([some_value(c, dice) for c in columns], self._groups(), self._births)
                elif chance < 0.9:
                    index = dice.randrange(len(columns))
                    row.values[index] = some_value(columns[index], dice)
            for group in GROUPS:
                if dice.random() < 0.2:
                    seen ^= {(table, group)}

    def _groups(self) -> frozenset[int]:
        return frozenset(self._dice.sample(GROUPS, self._dice.choice([1, 1, 1, 2])))

    def _part(self, table: int, group: int, *, keyframe: bool) -> list[Any] | None:
        dice, columns = self._dice, TABLES[table][2]
        rows = self.now.members(table, group)
        known = (table, group) in self.before.seen and not keyframe
        whole = not known or dice.random() < 0.1
        old = {} if whole else self.before.members(table, group)
        ended = sorted(i for i, row in old.items() if self._birth(table, i) != row.birth)
        moved = sorted(i for i in old if i not in ended and i not in rows)
        self.ended[table] |= set(ended)
        new = {i: row for i, row in rows.items() if i not in old or i in ended}
        changed = {i: row for i, row in rows.items() if i not in new}
        if dice.random() < 0.2 and moved:
            moved.append(99)  # a row that came and went between two frames
        block = self._changed(columns, changed, {i: old[i] for i in changed})
        tells = ended or moved or new or block or whole
        proof = digest(columns, {i: row.values for i, row in rows.items()}) if dice.random() < 0.5 else None
        if not tells and proof is None:
            return None
        fresh = entered(columns, {i: row.values for i, row in new.items()}, dice.choice([1, 2, 4, 8])) if new else None
        return part(
            table,
            group,
            whole=whole,
            removed=ended or None,
            moved=moved or None,
            entered=fresh,
            changed=block,
            digest=proof,
        )

    def _birth(self, table: int, row_id: int) -> int | None:
        row = self.now.world[table].get(row_id)
        return None if row is None else row.birth

    def _changed(self, columns: list[list[Any]], rows: dict[int, Row], old: dict[int, Row]) -> list[Any] | None:
        dice = self._dice
        touched = [i for i in sorted(rows) if repr(rows[i].values) != repr(old[i].values) or dice.random() < 0.2]
        if not touched:
            return None
        block: list[Any] = [len(touched), ids_of(touched, dice.choice([1, 2, 8]))]
        for index, column in enumerate(columns):
            values = [rows[i].values[index] for i in touched]
            differs = [at for at, i in enumerate(touched) if repr(old[i].values[index]) != repr(values[at])]
            block.append(self._cells(column, values, differs))
        return block

    def _cells(self, column: list[Any], values: list[Any], differs: list[int]) -> Any:
        """Nothing, all values, or those that differ."""
        if not differs and self._dice.random() < 0.8:
            return None
        width = "3s" if column[1] == "vec3" else code(column)
        if width is not None and self._dice.random() < 0.5:
            return b"".join(struct.pack("<" + width, value) for value in values)
        few = [values[at] for at in differs]
        raw = few if width is None else b"".join(struct.pack("<" + width, value) for value in few)
        return [positions_of(differs, len(values)), raw]
