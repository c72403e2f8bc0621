"""Under any valid frames, the replica on numpy, the light one and a naive model are the same, tick by tick."""

from __future__ import annotations

from random import Random
from typing import Any

import msgpack  # type: ignore[import-untyped]  # the package ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import Added, Changed, Removed, Replica
from tests.clients.replica.model import TABLES, ModelServer
from tests.clients.wire import digest

dice = st.integers(0, 2**32).map(Random)


def read(column: list[Any], value: Any) -> Any:
    if column[1] == "quant":
        return float(column[2]) + value * column[3]
    return msgpack.unpackb(value, strict_map_key=False) if column[1] == "json" else value


def expected(server: ModelServer, table: int) -> dict[int, dict[str, Any]]:
    columns = TABLES[table][2]
    return {
        row_id: {column[0]: read(column, value) for column, value in zip(columns, row.values, strict=True)}
        for row_id, row in server.now.visible(table).items()
    }


def is_same(replica: Replica, server: ModelServer) -> None:
    for table, shape in enumerate(TABLES):
        rows = replica[shape[0]]
        wanted = expected(server, table)
        for row_id, row in wanted.items():  # one by one, before anybody looks at all
            assert repr(rows[row_id].values()) == repr(row)
        assert repr({row.id: row.values() for row in sorted(rows, key=lambda row: row.id)}) == repr(
            dict(sorted(wanted.items()))
        )
        assert len(rows) == len(wanted)
        ids = [int(row_id) for row_id in rows.ids]
        for column in shape[2]:
            assert dict(zip(ids, list(rows.column(column[0])), strict=True)) == {
                i: row[column[0]] for i, row in wanted.items()
            }


@pytest.mark.parametrize("looks", [0.0, 0.3, 1.0])
@given(dice, st.integers(1, 8))
def test_both_replicas_are_what_the_model_is(looks: float, dice: Random, frames: int) -> None:
    server = ModelServer(dice)
    vector, light = Replica(TABLES), Replica(TABLES, light=True)
    for _ in range(frames):
        frame = server.frame()
        for replica in (vector, light):
            applied = replica.apply(*frame)
            assert (applied.doubts, applied.divergences, replica.tick) == ([], [], server.now.tick)
        assert [[row.id for row in table] for table in vector] == [[row.id for row in table] for table in light]
        if dice.random() < looks:
            is_same(vector, server)
            is_same(light, server)
        for table, group in server.now.seen:
            rows = {i: row.values for i, row in server.now.members(table, group).items()}
            if dice.random() < looks:
                proof = digest(TABLES[table][2], rows)
                assert [list(r)[table].digest(group) for r in (vector, light)] == [proof, proof]
    is_same(vector, server)
    is_same(light, server)


@pytest.mark.parametrize("light", [False, True])
@given(dice)
def test_events_are_the_net_effect_of_each_frame(light: bool, dice: Random) -> None:
    server, replica = ModelServer(dice), Replica(TABLES, light=light)
    events = [table.events() for table in replica]
    for _ in range(6):
        replica.apply(*server.frame())
        for table, stream in enumerate(events):
            assert [told(event) for event in stream.ready()] == net_effect(server, table)


def told(event: object) -> tuple[str, int, Any]:
    match event:
        case Removed(row):
            return ("removed", row.id, None)
        case Added(row):
            return ("added", row.id, repr(row.values()))
        case Changed(row, before):
            return ("changed", row.id, sorted(before))
        case _:
            raise AssertionError(event)


def net_effect(server: ModelServer, table: int) -> list[tuple[str, int, Any]]:
    old, new = server.before.visible(table), server.now.visible(table)
    ended, columns, rows = server.ended[table], TABLES[table][2], expected(server, table)
    other = {i for i in old.keys() & new.keys() if i in ended}
    effect: list[tuple[str, int, Any]] = [("removed", i, None) for i in sorted(old.keys() - new.keys() | other)]
    effect += [("added", i, repr(rows[i])) for i in sorted(new.keys() - old.keys() | other)]
    for i in sorted((old.keys() & new.keys()) - other):
        names = [
            column[0]
            for column, was, now in zip(columns, old[i].values, new[i].values, strict=True)
            if read(column, was) != read(column, now)
        ]
        if names:
            effect.append(("changed", i, sorted(names)))
    return effect
