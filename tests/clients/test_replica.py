"""A replica is what the frames say, and a frame that does not fit is the server's fault, by name."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from pelton.client import Replica, ServerFault
from pelton.protocol.plain import encode_value

TABLES: list[list[Any]] = [["ships", [["x", "quant", -8, 0.5], ["name", "str"]]], ["flags", [["up", "bool"]]]]


@pytest.fixture
def replica() -> Replica:
    """At tick 5, with two ships and no flag."""
    replica = Replica(TABLES)
    replica.apply(5, 0, [[[], [1, 3], [0, 17], ["Ada", "Bob"]], [[], [], []]])
    return replica


def seen(replica: Replica) -> dict[int, tuple[float, str]]:
    return {ship.id: (ship.x, ship.name) for ship in replica.ships}


# Reading.


def test_tables_rows_and_columns_are_read_by_name(replica: Replica) -> None:
    assert (replica.tick, [table.name for table in replica]) == (5, ["ships", "flags"])
    assert replica["ships"] is replica.ships
    assert seen(replica) == {1: (-8, "Ada"), 3: (0.5, "Bob")}
    assert (len(replica.ships), 1 in replica.ships, 2 in replica.ships) == (2, True, False)
    assert replica.ships[3].name == "Bob"
    assert replica.ships.get(2) is None
    assert replica.ships.get(1).id == 1
    assert replica.ships.columns == ("x", "name")


def test_what_is_not_there_is_named(replica: Replica) -> None:
    with pytest.raises(AttributeError, match="the room has no table 'shots'"):
        _ = replica.shots
    with pytest.raises(KeyError):
        _ = replica["shots"]
    with pytest.raises(KeyError):
        _ = replica.ships[2]
    with pytest.raises(AttributeError, match="the row has no column 'y', only x, name"):
        _ = replica.ships[1].y


def test_a_row_shows_itself(replica: Replica) -> None:
    assert repr(replica.ships[1]) == "Row(id=1, x=-8.0, name='Ada')"


def test_a_row_is_a_value_of_its_tick(replica: Replica) -> None:
    ship = replica.ships[1]
    replica.apply(6, 5, [[[], [1], [4], ["Eve"]], None])
    assert (ship.name, replica.ships[1].name) == ("Ada", "Eve")


def test_a_quant_is_read_as_the_server_reads_it() -> None:
    replica = Replica([["t", [["x", "quant", 0.1, 0.1]]]])
    replica.apply(1, 0, [[[], [1], [2]]])
    assert replica.t[1].x == 0.1 + 2 * 0.1


def test_a_column_may_have_any_name() -> None:
    """Also one that rows use themselves."""
    replica = Replica([["t", [["_values", "int"], ["class", "int"]]]])
    replica.apply(1, 0, [[[], [1], [2], [3]]])
    assert getattr(replica.t[1], "class") == 3


# Frames.


def test_a_delta_removes_changes_and_adds(replica: Replica) -> None:
    replica.apply(6, 5, [[[1], [3, 4], [16, 2], ["Bob", "Cy"]], [[], [9], [True]]])
    assert seen(replica) == {3: (0, "Bob"), 4: (-7, "Cy")}
    assert (replica.tick, replica.flags[9].up) == (6, True)


def test_a_row_may_be_removed_and_added_in_one_frame(replica: Replica) -> None:
    replica.apply(6, 5, [[[1], [1], [2], ["Eve"]], None])
    assert seen(replica) == {1: (-7, "Eve"), 3: (0.5, "Bob")}


def test_nothing_changed_is_a_frame_too(replica: Replica) -> None:
    replica.apply(6, 5, [None, None])
    assert (replica.tick, len(replica.ships)) == (6, 2)


def test_a_keyframe_replaces_everything_whatever_was_there(replica: Replica) -> None:
    replica.apply(90, 0, [[[], [8], [0], ["Zoe"]], [[], [], []]])
    assert (replica.tick, list(seen(replica))) == (90, [8])


@pytest.mark.parametrize("base", [4, 6, 1, -1])
def test_a_frame_that_builds_on_another_tick_is_a_fault(replica: Replica, base: int) -> None:
    with pytest.raises(ServerFault, match=f"tick 7 builds on tick {base}, the replica is at 5"):
        replica.apply(7, base, [None, None])


@pytest.mark.parametrize(
    "ships",
    [
        [[2], [], [], []],
        [[1, 1], [], [], []],
        [[], [1, 2], [0], ["a", "b"]],
        [[], [1], [0], []],
        [[], [1], [0]],
        [[], [1], [0], ["a"], ["b"]],
        [[], [], [0], ["a"]],
        [[]],
        [],
        7,
        "ships",
        [7, [], [], []],
        [[], 7, [], []],
        [[], [1], 7, ["a"]],
        [[[1]], [], [], []],
        [[], [[1]], [0], ["a"]],
        {},
    ],
    ids=repr,
)
def test_a_table_that_does_not_fit_is_a_fault(replica: Replica, ships: Any) -> None:
    with pytest.raises(ServerFault, match="tick 6 does not fit the replica"):
        replica.apply(6, 5, [ships, None])


@pytest.mark.parametrize("tables", [[], [None], [None, None, None]])
def test_tables_of_another_number_are_a_fault(replica: Replica, tables: list[Any]) -> None:
    with pytest.raises(ServerFault):
        replica.apply(6, 5, tables)


# Digests.


def test_the_digest_is_the_checksum_of_the_whole_state_in_its_canonical_form(replica: Replica) -> None:
    whole = [[[], [1, 3], [0, 17], ["Ada", "Bob"]], [[], [], []]]
    assert replica.digest() == zlib.crc32(encode_value(whole))


def test_the_digest_does_not_depend_on_the_way_to_the_state(replica: Replica) -> None:
    other = Replica(TABLES)
    other.apply(1, 0, [[[], [3], [1], ["Bo"]], [[], [4], [False]]])
    other.apply(2, 1, [[[], [1, 3], [0, 17], ["Ada", "Bob"]], [[4], [], []]])
    assert other.digest() == replica.digest()


def test_any_difference_is_another_digest(replica: Replica) -> None:
    before = replica.digest()
    replica.apply(6, 5, [[[], [1], [1], ["Ada"]], None])
    moved = replica.digest()
    replica.apply(7, 6, [[[], [1], [0], ["Ada"]], [[], [1], [False]]])
    assert len({before, moved, replica.digest()}) == 3
