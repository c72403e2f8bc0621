"""The replica is what a plain dictionary of rows would be, however its frames come."""

from __future__ import annotations

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import Replica, ServerFault
from pelton.protocol.plain import encode_value

TABLES = [["ships", [["x", "u16"], ["name", "str", 16]]]]
Rows = dict[int, tuple[int, str]]

rows = st.dictionaries(st.integers(1, 9), st.tuples(st.integers(0, 99), st.text(max_size=3)), max_size=9)


def delta(removed: list[int], changed: Rows) -> list[Any]:
    return [removed, list(changed), [x for x, _ in changed.values()], [name for _, name in changed.values()]]


@given(st.lists(st.tuples(rows, st.sets(st.integers(1, 9)), st.booleans()), max_size=12))
def test_a_replica_has_the_rows_that_were_sent(steps: list[tuple[Rows, set[int], bool]]) -> None:
    replica, expected = Replica(TABLES), Rows()
    for tick, (changed, gone, looked_at) in enumerate(steps, 1):
        removed = sorted(gone & expected.keys())
        for row_id in removed:
            del expected[row_id]
        expected.update(changed)
        replica.apply(tick, tick - 1, [delta(removed, changed)])
        assert len(replica.ships) == len(expected)
        if looked_at:
            assert {row.id: (row.x, row.name) for row in replica.ships} == expected
        canonical = [delta([], dict(sorted(expected.items())))]
        assert replica.digest() == zlib.crc32(encode_value(canonical))


def test_rows_that_all_come_twice_in_another_order_are_the_same_rows() -> None:
    replica = Replica(TABLES)
    replica.apply(1, 0, [delta([], {1: (1, "a"), 2: (2, "b")})])
    replica.apply(2, 1, [delta([], {2: (3, "b"), 1: (4, "a")})])
    assert (replica.ships[1].x, replica.ships[2].x, len(replica.ships)) == (4, 3, 2)


def test_what_a_frame_brought_is_never_changed() -> None:
    replica, first = Replica(TABLES), delta([], {1: (1, "a"), 2: (2, "b")})
    replica.apply(1, 0, [first])
    replica.apply(2, 1, [delta([1], {3: (9, "c")})])
    assert first == [[], [1, 2], [1, 2], ["a", "b"]]


@pytest.mark.parametrize(
    "wrong",
    [
        [[], [1, 1], [1, 2], ["a", "b"]],
        [[7], [], [], []],
        [[], [1], [1, 2], ["a"]],
        [[], [1], [1]],
        [[], [[1]], [1], ["a"]],
        [[], None, [], []],
    ],
)
def test_a_frame_that_does_not_fit_is_a_fault_of_the_server_or_a_row_that_came_last(wrong: list[Any]) -> None:
    replica = Replica(TABLES)
    replica.apply(1, 0, [delta([], {1: (5, "z")})])
    try:
        replica.apply(2, 1, [wrong])
    except ServerFault:
        return
    assert (len(replica.ships), replica.ships[1].x) == (1, 2)
