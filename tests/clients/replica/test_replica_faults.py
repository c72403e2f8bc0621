"""A frame that does not fit is the server's fault, by name, and leaves a replica that can be read."""

from __future__ import annotations

import copy
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import Replica, ServerFault
from tests.clients.replica.model import ALL_KINDS, TABLES, ModelServer
from tests.clients.wire import entered, ids_of, part

COLUMNS: list[list[Any]] = [["x", "u16"], ["up", "bool"], ["f", "f32"], ["name", "str"], ["j", "json"], ["new", "vec3"]]
ROW = (1, True, 0.5, "Ada", b"\x93\x01\x02\x03", b"abc")
GOOD = entered(COLUMNS, {1: ROW, 3: ROW}, 1)


def changed(**columns: Any) -> list[Any]:
    """A block of row 1 and 3 in which these columns are told."""
    return [2, b"\x01\x03", *(columns.get(column[0]) for column in COLUMNS)]


@pytest.fixture(params=[False, True], ids=["numpy", "light"])
def replica(request: pytest.FixtureRequest) -> Replica:
    replica = Replica([["ships", "table", COLUMNS]], light=request.param)
    replica.apply(5, 0, [], [part(whole=True, entered=GOOD)])
    return replica


def with_block(index: int, value: Any) -> list[Any]:
    return [*GOOD[:index], value, *GOOD[index + 1 :]]


PARTS: dict[str, Any] = {
    "no part": 7,
    "a text": "ships",
    "a map": {},
    "too short": part()[:-1],
    "too long": [*part(), None],
    "no such table": part(1),
    "a table below 0": part(-1),
    "a table by name": ["ships", *part()[1:]],
    "a table that is a bool": part(table=False),
    "a group below 0": part(0, -1),
    "a group that is no number": part(0, "a"),  # type: ignore[arg-type]  # what is wrong here
    "whole or what": part(whole=1),  # type: ignore[arg-type]
    "removed is a number": part(removed=1),  # type: ignore[arg-type]
    "removed below 0": part(removed=[-1]),
    "removed beyond 64 bits": part(removed=[1 << 64]),
    "removed is a row": part(removed=[[1]]),  # type: ignore[list-item]
    "moved is a text": part(moved="1"),  # type: ignore[arg-type]
    "moved is a bool": part(moved=[True]),
    "a digest below 0": part(digest=-1),
    "a digest too large": part(digest=1 << 32),
    "a digest that is none": part(digest=1.0),  # type: ignore[arg-type]
    "no block": part(entered=7),
    "an empty block": part(entered=[]),
    "too few columns": part(entered=GOOD[:-1]),
    "too many columns": part(entered=[*GOOD, None]),
    "no rows": part(entered=[0, b"", *GOOD[2:]]),
    "rows that are no number": part(entered=with_block(0, True)),
    "another number of rows": part(entered=with_block(0, 3)),
    "far too many rows": part(entered=with_block(0, 1 << 60)),
    "ids that are no bytes": part(entered=with_block(1, [1, 3])),
    "ids of 3 bytes": part(entered=with_block(1, b"\x01\x00\x00\x03\x00\x00")),
    "ids that descend": part(entered=with_block(1, b"\x03\x01")),
    "the same id twice": part(entered=with_block(1, b"\x01\x01")),
    "too few values": part(entered=with_block(2, b"\x01\x00")),
    "too many values": part(entered=with_block(2, b"\x01\x00" * 3)),
    "half a value": part(entered=with_block(2, b"\x01\x00\x00")),
    "values as an array": part(entered=with_block(2, [1, 1])),
    "values as a text": part(entered=with_block(2, "12")),
    "a column that is missing": part(entered=with_block(2, None)),
    "a bool that is 2": part(entered=with_block(3, b"\x01\x02")),
    "a float that is no number": part(entered=with_block(4, b"\x00\x00\xc0\x7f" * 2)),
    "a float without end": part(entered=with_block(4, b"\x00\x00\x80\xff" * 2)),
    "texts as bytes": part(entered=with_block(5, b"ab")),
    "texts that are numbers": part(entered=with_block(5, [1, 2])),
    "a text too few": part(entered=with_block(5, ["a"])),
    "json that is none": part(entered=with_block(6, [b"\xc1", b"\x01"])),
    "json that is cut off": part(entered=with_block(6, [b"\x93\x01", b"\x01"])),
    "json that goes on": part(entered=with_block(6, [b"\x01\x02", b"\x01"])),
    "json that is empty": part(entered=with_block(6, [b"", b"\x01"])),
    "json that is a text": part(entered=with_block(6, ["1", "2"])),
    "values of two and a half bytes": part(entered=with_block(7, b"abcde")),
    "only some have entered": part(entered=with_block(2, [b"\x00", b"\x01\x00"])),
    "a row that is not there": part(changed=[1, b"\x02", b"\x01\x00", None, None, None, None, None]),
    "a row of another group": part(0, 4, changed=changed(x=b"\x01\x00\x02\x00")),
    "positions beyond the rows": part(changed=changed(x=[b"\x02", b"\x01\x00"])),
    "positions that descend": part(changed=changed(x=[b"\x01\x00", b"\x01\x00" * 2])),
    "positions without values": part(changed=changed(x=[b"\x00", b""])),
    "values without positions": part(changed=changed(x=[b"", b"\x01\x00"])),
    "positions alone": part(changed=changed(x=[b"\x00"])),
    "positions that are an array": part(changed=changed(x=[[0], b"\x01\x00"])),
    "texts without positions": part(changed=changed(name=["a", "b"])),
    "more texts than positions": part(changed=changed(name=[b"\x00", ["a", "b"]])),
    "numbers in an array": part(changed=changed(x=[b"\x00", [1]])),
    "no values of what is not known": part(changed=changed(new=[b"\x00", None])),
}


@pytest.mark.parametrize("wrong", PARTS.values(), ids=PARTS.keys())
def test_a_part_that_does_not_fit_is_a_fault(replica: Replica, wrong: Any) -> None:
    with pytest.raises(ServerFault, match="tick 6 does not fit the replica: "):
        replica.apply(6, 5, [], [wrong])
    assert replica.tick == 5
    is_readable(replica)


@pytest.mark.parametrize("wrong", [7, [], [0], [0, 1, 2], [1, 0], [0, -1], ["a", 0], [0, None], [True, 0]], ids=repr)
def test_a_hidden_group_that_is_none_is_a_fault(replica: Replica, wrong: Any) -> None:
    with pytest.raises(ServerFault, match="tick 6 does not fit the replica: "):
        replica.apply(6, 5, [wrong], [])
    is_readable(replica)


@pytest.mark.parametrize(("tick", "base"), [(7, 4), (7, 6), (7, -1), (5, 5), (4, 5)])
def test_a_frame_that_does_not_follow_is_a_fault(replica: Replica, tick: int, base: int) -> None:
    with pytest.raises(ServerFault, match="builds"):
        replica.apply(tick, base, [], [])


def test_a_fault_says_where(replica: Replica) -> None:
    with pytest.raises(ServerFault) as caught:
        replica.apply(6, 5, [], [part(0, 3, entered=with_block(2, b""))])
    problem = "table 'ships', group 3: column 'x': 0 bytes for 2 values of the kind u16"
    assert str(caught.value) == f"tick 6 does not fit the replica: {problem}"


def test_groups_and_rows_that_are_not_there_may_go(replica: Replica) -> None:
    replica.apply(6, 5, [[0, 77]], [part(0, 5, removed=[9], moved=[3]), part(0, 0, removed=[9], moved=[8])])
    assert [row.id for row in replica.ships] == [1, 3]


def test_a_row_that_is_removed_is_gone_from_all_groups_also_from_those_that_do_not_say_so(replica: Replica) -> None:
    replica.apply(6, 5, [], [part(0, 5, removed=[1])])
    assert [row.id for row in replica.ships] == [3]


def test_a_row_that_left_its_group_is_not_changed_there(replica: Replica) -> None:
    """Also if it was a moment ago, by the same ids."""
    replica.apply(6, 5, [], [part(changed=changed(x=b"\x01\x00\x02\x00"))])
    with pytest.raises(ServerFault, match="group 0: row 3 is changed but not in the group"):
        replica.apply(7, 6, [], [part(moved=[3], changed=changed(x=b"\x03\x00\x04\x00"))])
    is_readable(replica)


def test_a_kind_that_nobody_knows_is_kept_as_it_came(replica: Replica) -> None:
    replica.apply(6, 5, [], [part(changed=changed(new=[b"\x01", b"xyz"]))])
    assert [row.new for row in replica.ships] == [b"abc", b"xyz"]


@pytest.mark.parametrize(
    "tables",
    [
        [7],
        [[]],
        [["t", "table"]],
        [["t", "table", 7]],
        [["t", "heap", []]],
        [[7, "table", []]],
        [["t", "table", [["x"]]]],
        [["t", "table", [[1, "u8"]]]],
        [["t", "table", [["x", None]]]],
        [["t", "table", ["xy"]]],
        [["t", "table", [["x", "quant", 0, 1]]]],
        [["t", "table", [["x", "quant", 0, 1, 8]]]],
        [["t", "table", [["x", "quant", 0, 1, True]]]],
        [["t", "table", [["x", "quant", None, 1, 1]]]],
        [["t", "table", [["x", "quant", 0, float("inf"), 1]]]],
    ],
    ids=repr,
)
def test_tables_that_make_no_sense_are_a_fault(tables: list[Any]) -> None:
    with pytest.raises(ServerFault, match="the room's tables make no sense"):
        Replica(tables)


def is_readable(replica: Replica) -> None:
    for table in replica:
        for row in table:
            repr(row)
        assert all(len(table.column(name)) == len(table) for name in table.columns)
        assert all(isinstance(table.digest(group), int) for group in table.groups)


# Any frame at all.

JUNK: list[Any] = [
    *(None, True, False, -1, 0, 1, 2, 7, 300, 1 << 70, 0.5, float("nan"), "", "a", [], [0], [None], [[]], {}),
    *(b"", b"\x00", b"\x01\x00", b"\xff" * 8, [b"\x00", b"\x00"], [b"\x00", [1]], [b"", b""], [1, b"\x01", b"\x01"]),
]


@pytest.mark.parametrize("light", [False, True])
@given(st.integers(0, 2**32))
def test_a_frame_with_anything_in_it_is_taken_in_or_a_fault(light: bool, seed: int) -> None:
    """A valid frame in which one thing, somewhere, is something else."""
    dice = Random(seed)
    server, replica = ModelServer(dice), Replica(TABLES, light=light)
    replica.apply(*server.frame())
    tick, base, hidden, parts = server.frame()
    parts = copy.deepcopy(parts)
    spot: Any = parts
    while isinstance(spot, list) and spot:
        at = dice.randrange(len(spot))
        if not isinstance(spot[at], list) or dice.random() < 0.3:
            spot[at] = dice.choice(JUNK)
            break
        spot = spot[at]
    with suppress(ServerFault):
        replica.apply(tick, base, hidden, parts)
    is_readable(replica)


def test_ids_of_8_bytes_are_as_good_as_others() -> None:
    assert ids_of([1, 3], 1) == GOOD[1]
    replica = Replica([["t", "table", ALL_KINDS[:1]]])
    replica.apply(1, 0, [], [part(entered=[1, ids_of([2**64 - 1]), b"\x05"])])
    assert replica.t[2**64 - 1].a == 5
