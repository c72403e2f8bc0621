"""A room's state for the inspector: its tables, their rows page by page, and which of them a player was told of.

What a player sees is what his frames were made from: the groups that he was last told of. No code of the game is asked.
Bounded in rows and in bytes, so that a table of any size takes the loop no more than a few milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from pelton.server.recorder.lane import Lane
from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.state.layer import Layer
from pelton.server.simulate.state.table import Table

__all__ = ["GROUPS_MAX", "ROWS_MAX", "groups_told", "rows_told", "tables_told"]

ROWS_MAX = 200
GROUPS_MAX = 500
PAGE_BYTES_MAX = 262_144
TEXT_MAX = 200
JSON_MAX = 2000
Views: TypeAlias = Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
"""Of each layer of a table the groups that a player was told of, near and far."""
Seen: TypeAlias = Sequence[Sequence[int]]
"""Of each layer of a table the groups, near ones first, that a player was told of."""


def tables_told(opened: OpenRoom, lane: Lane | None) -> dict[str, object]:
    """All tables, without rows. With a lane also how many rows its player sees."""
    ticker = opened.ticker
    tables: list[dict[str, object]] = []
    for table in ticker.tables:
        told: dict[str, object] = {
            "table": table.table_name,
            "shape": table.shape,
            "rows": len(table),
            "columns": [{"name": column.name, "kind": column.kind} for column in table.row_type.columns],
            "rules": [type(layer.spec).__name__ for layer in table.layers],
            "groups": sum(len(layer.members) for layer in table.layers),
        }
        if lane is not None:
            told["rows_seen"] = _count(table, seen_of(opened, table, lane))
        tables.append(told)
    return {"room_id": opened.room_id, "tick": ticker.tick, "tables": tables}


def rows_told(opened: OpenRoom, table: Table[Any], lane: Lane | None, first: int, limit: int) -> bytes:
    """A page of rows as JSON, from the one at place `first` on: of all, or of those that a player sees."""
    seen = None if lane is None else seen_of(opened, table, lane)
    total = len(table) if seen is None else _count(table, seen)
    slots: Iterable[int | None] = (
        range(first, min(first + limit, len(table))) if seen is None else _slots(table, seen, first, limit)
    )
    rows: list[str] = []
    size, end = 0, first
    for slot in slots:
        if slot is not None:
            row = json.dumps(_row(table, slot), separators=(",", ":"))
            size += len(row)
            if rows and size > PAGE_BYTES_MAX:
                break
            rows.append(row)
        end += 1
    head = {
        "room_id": opened.room_id,
        "table": table.table_name,
        "tick": opened.ticker.tick,
        "total": total,
        "from": first,
        "next": end if end < total else None,
    }
    return f'{json.dumps(head)[:-1]}, "rows": [{",".join(rows)}]}}\n'.encode()


def groups_told(opened: OpenRoom, table: Table[Any], lane: Lane | None, first: int, limit: int) -> dict[str, object]:
    """A page of the table's groups, those that were ever heard of; with a lane how its player sees each."""
    views: Views = () if lane is None else _views(opened, table, lane)
    found: list[dict[str, object]] = []
    total = sum(len(layer.members) for layer in table.layers)
    at = 0
    for number, layer in enumerate(table.layers):
        for key, group in layer.keys(first - at, limit - len(found)):
            told: dict[str, object] = {
                "group": group,
                "rule": type(layer.spec).__name__,
                "key": repr(key)[:TEXT_MAX],
                "rows": len(layer.members[group]),
            }
            if lane is not None:
                near, far = views[number]
                told["seen"] = "near" if group in near else "far" if group in far else "no"
            found.append(told)
        at += len(layer.members)
    end = first + len(found)
    return {"table": table.table_name, "total": total, "groups": found, "next": end if end < total else None}


def seen_of(opened: OpenRoom, table: Table[Any], lane: Lane) -> Seen:
    """The groups of a table that a player was told of, layer by layer."""
    return [(*near, *far) for near, far in _views(opened, table, lane)]


def _views(opened: OpenRoom, table: Table[Any], lane: Lane) -> Views:
    before = 0
    for other in opened.ticker.tables:
        if other is table:
            break
        before += len(other.layers)
    return lane.views[before : before + len(table.layers)]


def _count(table: Table[Any], seen: Seen) -> int:
    """Rows; who is seen by several rules of a table counts for each."""
    return sum(
        len(layer.members.get(group, ())) for layer, groups in zip(table.layers, seen, strict=True) for group in groups
    )


def _slots(table: Table[Any], seen: Seen, first: int, limit: int) -> Iterator[int | None]:
    """Where the rows are that are seen, group by group; None for one that came before, by another rule.

    Groups before the page are not gone through.
    """
    at = 0
    for number, (layer, groups) in enumerate(zip(table.layers, seen, strict=True)):
        earlier = [(other, set(others)) for other, others in zip(table.layers[:number], seen, strict=False)]
        for group in groups:
            count = len(layer.members.get(group, ()))
            if at + count <= first:
                at += count
                continue
            for slot in layer.slots_in(group)[max(first - at, 0) : first + limit - at].tolist():
                yield None if _is_among(slot, earlier) else slot
            at += count
            if at >= first + limit:
                return


def _is_among(slot: int, layers: Sequence[tuple[Layer, set[int]]]) -> bool:
    return any(layer.groups.view[slot] in groups for layer, groups in layers)


def _row(table: Table[Any], slot: int) -> dict[str, object]:
    cells = table.cells
    return {
        "id": cells.ids.view[slot],
        "born": cells.born.view[slot],
        "changed": cells.row_ticks.view[slot],
        "groups": [layer.groups.view[slot] for layer in table.layers],
        "values": {
            column.name: _plain(column.from_wire(view[slot]))
            for column, view in zip(table.row_type.columns, cells.views, strict=True)
        },
    }


def _plain(value: object) -> object:
    """As JSON has it; what is long is cut."""
    match value:
        case bool() | int() | float() | None:  # columns hold finite numbers only
            return value
        case str():
            return value if len(value) <= TEXT_MAX else f"{value[:TEXT_MAX]}..."
        case bytes():
            return f"{value[:32].hex()}{'...' if len(value) > 32 else ''} ({len(value)} bytes)"
        case _:
            text = json.dumps(value)
            return json.loads(text) if len(text) <= JSON_MAX else f"{text[:TEXT_MAX]}..."
