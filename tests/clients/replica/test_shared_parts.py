"""Many clients of one process read a frame's parts once, and none can spoil it for another."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.client import Replica, ServerFault, SharedParts
from tests.clients.wire import entered, part

SHIPS: list[list[Any]] = [["x", "u8"], ["name", "str"]]
TABLES: list[list[Any]] = [["ships", "table", SHIPS]]


def block(rows: dict[int, tuple[int, str]]) -> list[Any]:
    return [part(entered=entered(SHIPS, rows))]


def moved(x: bytes) -> list[Any]:
    return [part(changed=[2, b"\x01\x02", x, None])]


@pytest.mark.parametrize("light", [False, True])
def test_replicas_that_share_go_their_own_ways(light: bool) -> None:
    shared = SharedParts()
    first, second = (Replica(TABLES, light=light, shared=shared) for _ in range(2))
    both = block({1: (1, "a"), 2: (2, "b")})
    for replica in (first, second):
        replica.apply(1, 0, [], both)
    first.apply(2, 1, [], moved(b"\x05\x06"))
    assert [(row.x, row.name) for row in first.ships] == [(5, "a"), (6, "b")]
    assert [(row.x, row.name) for row in second.ships] == [(1, "a"), (2, "b")]
    later = moved(b"\x08\x09")
    first.apply(3, 2, [], later)
    second.apply(3, 1, [], later)
    assert [row.x for row in first.ships] == [row.x for row in second.ships] == [8, 9]


def test_parts_are_read_once() -> None:
    shared, parts = SharedParts(), block({1: (1, "a")})
    shapes, signature = Replica(TABLES)._shapes, repr(TABLES)
    assert shared.read(parts, shapes, signature) is shared.read(parts, shapes, signature)


def test_other_tables_are_read_anew() -> None:
    shared, parts = SharedParts(), block({1: (1, "a")})
    Replica(TABLES, shared=shared).apply(1, 0, [], parts)
    other = Replica([["ships", "table", [["x", "u16"], ["name", "str"]]]], shared=shared)
    with pytest.raises(ServerFault, match="1 bytes for 1 values of the kind u16"):
        other.apply(1, 0, [], parts)


def test_what_is_kept_is_bounded() -> None:
    shared = SharedParts(kept_max=2)
    replica = Replica(TABLES, shared=shared)
    for tick in range(1, 400):
        replica.apply(tick, tick - 1, [], block({tick: (1, "a")}))
    assert len(shared._kept) == 2
    assert len(shared.cache._kept) == 256
