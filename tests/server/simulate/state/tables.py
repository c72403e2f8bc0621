"""Tables to test with, and what is asked of them again and again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from pelton.server import Player, Row, RowError, Table
from pelton.server.simulate.state.layer import NOWHERE, Layer, View


def new_table(row_type: type[Row], *ids: int, name: str = "things", **values: Any) -> Table[Any]:
    """A table that has told of these rows already; tick 2 is being made."""
    table: Table[Any] = Table(row_type, table_name=name)
    for row_id in ids:
        table.add(row_id, **values)
    return settled(table)


def settled(table: Table[Any]) -> Table[Any]:
    """After tick 1."""
    table.bind({table.table_name: table})
    table.commit(1)
    return table


def new_row(row_type: type[Row], **values: Any) -> Any:
    """A row of id 7 in a table that has told of it already."""
    return new_table(row_type, 7, **values)[7]


def wire(row: Row) -> list[Any]:
    """A row's values as they travel."""
    return [view[row.slot] for view in row.cells.views]


def ticks(row: Row) -> list[int]:
    """Of each column the tick of its last change."""
    return [view[row.slot] for view in row.cells.tick_views]


def changed(table: Table[Any], tick: int) -> list[int]:
    """End the tick; the ids of the rows that changed in it."""
    table.commit(tick)
    return sorted(table.ids[table.changed].tolist())


def assert_refused(row: Any, field: str, value: object) -> str:
    """The problem; nothing else came of it."""
    before = wire(row), ticks(row), row.cells.dirty_view[row.slot]
    with pytest.raises(RowError) as caught:
        setattr(row, field, value)
    error = caught.value
    assert (error.table, error.row, error.field) == ("things", 7, field)
    assert str(error) == f"things[7].{field}: {error.problem}"
    assert (wire(row), ticks(row), row.cells.dirty_view[row.slot]) == before
    return error.problem


# Who sees what.


def new_player(player_id: int, focus: int | None = None) -> Player:
    player = Player(player_id, f"session-{player_id}", {})
    player.focus = player_id if focus is None else focus
    return player


def ids_in(layer: Layer, groups: Iterable[int]) -> set[int]:
    return set[int]().union(*(layer.members[group] for group in groups))


def seen(table: Table[Any], player: Player, before: View = NOWHERE, *, layer: int = 0) -> set[int]:
    """The ids of the rows that he sees by one of the table's rules."""
    view = table.layers[layer].view_of(player, before)
    return ids_in(table.layers[layer], (*view.near, *view.far))
