"""Rows as bytes: whole or what changed, dense or sparse, in the narrowest ids and positions, as the SPEC draws them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Any

import msgpack  # type: ignore[import-untyped]  # the package ships no types
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol.plain import encode_value
from pelton.server import F32, F64, I16, U8, U32, Bool, Bytes, Json, Quant, Row, Str, Table
from pelton.server.deliver.blocks import Changes, Sliced, digest_of
from tests.server.blocks import ids_of, told
from tests.server.simulate.state.tables import settled, wire


class Dot(Row):
    x = U8()
    size = F32()
    hits = U32()
    alive = Bool()
    name = Str(8)


def new_dots(row_type: type[Row] = Dot, ids: Iterable[int] = (3, 9), **values: Any) -> Table[Any]:
    """After tick 1, in which the rows came."""
    table: Table[Any] = Table(row_type, table_name="dots")
    table.cells.now = 1
    for row_id in ids:
        table.add(row_id, **values)
    return settled(table)


def slots_of(table: Table[Any], ids: Iterable[int]) -> Any:
    return table.slots_of(sorted(ids))


def whole(table: Table[Any]) -> list[Any]:
    """The block of all rows, all in group 0."""
    slots = slots_of(table, table.ids.tolist())
    block: list[Any] = msgpack.unpackb(Sliced(table.cells, slots, np.zeros(len(slots), "i4")).whole(0))
    return block


def changes(table: Table[Any], since: int = 1) -> list[Any]:
    """The block of what changed."""
    slots = slots_of(table, table.ids.tolist())
    block: list[Any] = msgpack.unpackb(Changes(table.cells, slots, np.zeros(len(slots), "i4"), since).block(0))
    return block


# The examples of the SPEC.


def test_a_whole_block_is_the_one_that_the_spec_draws() -> None:
    dots = new_dots(ids=(3, 2))
    dots[2].x, dots[2].size, dots[2].hits, dots[2].alive, dots[2].name = 0x40, 1.5, 300, True, "Bo"
    dots[3].x, dots[3].size, dots[3].alive, dots[3].name = 0, 1, True, "Ada"
    slots = slots_of(dots, (2, 3))
    assert Sliced(dots.cells, slots, np.zeros(2, "i4")).whole(0) == bytes.fromhex(
        "97 02 c4 02 02 03 c4 02 40 00 c4 08 00 00 c0 3f 00 00 80 3f c4 08 2c 01 00 00 00 00 00 00"
        "c4 02 01 01 92 a2 42 6f a3 41 64 61"
    )


def test_a_block_of_changes_is_the_one_that_the_spec_draws() -> None:
    """In the drawing `hits` has two bytes; what is not changed is not there in either."""
    dots = new_dots()
    dots[9].x, dots[3].name = 0x51, "Ada!"
    block = Changes(dots.cells, slots_of(dots, (3, 9)), np.zeros(2, "i4"), 1).block(0)
    assert block == bytes.fromhex("97 02 c4 02 03 09 c4 02 00 51 c0 c0 c0 92 c4 01 00 91 a4 41 64 61 21")


def test_the_digest_is_the_one_of_the_spec() -> None:
    class Spec(Row):
        x = U8()
        size = F32()
        hits = I16()
        alive = Bool(True)
        name = Str(8)

    dots = new_dots(Spec, (3, 2))
    dots[2].x, dots[2].size, dots[2].hits, dots[2].name = 0x40, 1.5, 300, "Bo"
    dots[3].x, dots[3].size, dots[3].hits, dots[3].name = 0x44, 1, 0, "Ada"
    data = bytes.fromhex("0200000000000000 0300000000000000 4044 0000c03f0000803f 2c010000 0101 a2426f a3416461")
    assert digest_of(dots.cells, slots_of(dots, (2, 3))) == zlib.crc32(data) == 0x897F8A46
    assert digest_of(dots.cells, slots_of(dots, ())) == 0


# Widths.


@pytest.mark.parametrize(
    ("largest", "width"),
    [(0, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4), (2**32 - 1, 4), (2**32, 8), (2**53 - 1, 8)],
)
def test_ids_are_as_narrow_as_the_largest_allows(largest: int, width: int) -> None:
    dots = new_dots(ids={0, largest})
    for block in (whole(dots), changes(dots, 0)):
        assert len(block[1]) == width * len(dots)
        assert ids_of(block) == sorted({0, largest})


def test_the_width_of_the_ids_of_a_group_tells_nothing_of_another() -> None:
    """What a player does not see is no business of his, not even as a width."""
    dots = new_dots(ids=(1, 2, 2**40))
    groups = np.array([0, 0, 1], "i4")
    slots = slots_of(dots, (1, 2, 2**40))
    for rows in (Sliced(dots.cells, slots, groups).whole, Changes(dots.cells, slots, groups, 0).block):
        assert msgpack.unpackb(rows(0))[1] == b"\x01\x02"
        assert ids_of(msgpack.unpackb(rows(1))) == [2**40]


@pytest.mark.parametrize(("count", "width"), [(2, 1), (255, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4)])
def test_positions_are_as_narrow_as_the_number_of_rows_allows(count: int, width: int) -> None:
    """The rows are named because another column of each has changed."""

    class Wide(Row):
        x = U8()
        mass = F64()
        name = Str(4)

    dots = new_dots(Wide, range(count))
    dots.x[...] = 1
    dots[count - 1].mass = 0.5
    dots[count - 1].name = "z"
    _, _, x, mass, name = changes(dots)
    at = (count - 1).to_bytes(width, "little")
    assert x == b"\x01" * count
    assert mass in ([at, struct.pack("<d", 0.5)], struct.pack(f"<{count}d", *[0] * (count - 1), 0.5))
    assert name == [at, ["z"]]
    assert told([0, 0, False, None, None, None, changes(dots), None], Wide).changed[count - 1] == {
        "x": 1, "mass": 0.5, "name": "z",
    }  # fmt: skip


# Dense and sparse.


def test_a_column_in_which_all_changed_is_dense_and_one_in_which_nothing_did_is_nil() -> None:
    dots = new_dots(ids=range(10))
    dots.hits[...] = 7
    assert changes(dots)[2:] == [None, None, struct.pack("<10I", *[7] * 10), None, None]


def test_a_column_in_which_few_changed_is_sparse() -> None:
    dots = new_dots(ids=range(10))
    dots.alive[...] = True
    dots[4].hits = 7
    dots[2].name = "Bo"
    assert changes(dots)[2:] == [
        None, None, [b"\x04", b"\x07\x00\x00\x00"], b"\x01" * 10, [b"\x02", ["Bo"]],
    ]  # fmt: skip


@pytest.mark.parametrize("changed", range(1, 11))
def test_of_sparse_and_dense_the_shorter_is_sent(changed: int) -> None:
    dots = new_dots(ids=range(10))
    dots.alive[...] = True
    for row_id in range(changed):
        dots[row_id].hits = 5
        dots[row_id].x = 5
    x, _, hits = changes(dots)[2:5]
    assert isinstance(hits, bytes) == (changed * 5 + 3 >= 40)
    assert isinstance(x, bytes) == (changed * 2 + 3 >= 10)
    assert len(encode_value(hits)) <= 2 + 40 + 2


def test_a_text_column_in_which_all_changed_names_all_of_them() -> None:
    dots = new_dots()
    dots.name[...] = ["a", "b"]
    assert changes(dots)[-1] == [b"\x00\x01", ["a", "b"]]


def test_rows_in_which_nothing_changed_are_not_named() -> None:
    dots = new_dots(ids=range(100))
    dots[50].x = 1
    assert ids_of(changes(dots)) == [50]
    rows = Changes(dots.cells, slots_of(dots, range(50)), np.zeros(50, "i4"), 1)
    assert rows.counts == {}


def test_what_changed_is_asked_as_of_a_tick() -> None:
    dots = new_dots(ids=(1, 2))
    dots[1].x = 1
    dots.commit(2)
    dots[2].x = 2
    dots[2].name = "b"
    dots.commit(3)
    assert [ids_of(changes(dots, since)) for since in (1, 2)] == [[1, 2], [2]]
    assert changes(dots, 2)[2:] == [b"\x02", None, None, None, [b"\x00", ["b"]]]


@pytest.mark.parametrize("count", [1, 127, 128, 255, 256, 300, 70_000])
def test_blocks_of_any_size_are_read_back(count: int) -> None:
    dots = new_dots(ids=range(count))
    dots.x[...] = np.arange(count) % 256
    for block in (whole(dots), changes(dots, 0)):
        assert block[0] == count
        assert (block[2], ids_of(block)) == (bytes(index % 256 for index in range(count)), list(range(count)))


# The law.


class Everything(Row):
    a = Quant(-10, 10, 1 / 1024)
    b = F64()
    c = Bytes(4)
    d = Json(64)
    e = Str(4)
    f = Bool()


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "a": st.floats(-10, 10),
        "b": st.floats(allow_nan=False, allow_infinity=False),
        "c": st.binary(max_size=4),
        "d": st.lists(st.integers(0, 300) | st.text(max_size=2).filter(str.isascii), max_size=3),
        "e": st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
        "f": st.booleans(),
    },
)


@given(st.dictionaries(st.integers(0, 2**53 - 1), st.tuples(st.integers(0, 2), VALUES, VALUES), min_size=1, max_size=9))
def test_what_a_group_says_of_its_rows_is_what_they_are(rows: dict[int, tuple[int, Any, Any]]) -> None:
    table = new_dots(Everything, rows)
    for row_id, (_, before, _) in rows.items():
        for name, value in before.items():
            setattr(table[row_id], name, value)
    table.commit(2)
    old = {row.id: wire(row) for row in table}
    for row_id, (_, _, after) in rows.items():
        for name, value in after.items():
            setattr(table[row_id], name, value)
    order = sorted(rows, key=lambda row_id: (rows[row_id][0], row_id))
    slots = table.slots_of(order)
    groups = np.array([rows[row_id][0] for row_id in order], "i4")
    sliced, changed = Sliced(table.cells, slots, groups), Changes(table.cells, slots, groups, 2)
    for group in set(groups.tolist()):
        ids = [row_id for row_id in order if rows[row_id][0] == group]
        entered = msgpack.unpackb(sliced.whole(group))
        block = msgpack.unpackb(changed.block(group)) if group in changed.counts else None
        part = told([0, group, False, None, None, entered, block, None], Everything)
        assert list(part.entered) == ids
        assert part.entered == {row_id: wire(table[row_id]) for row_id in ids}
        for row_id in ids:
            new = dict(zip("abcdef", wire(table[row_id]), strict=True))
            was = dict(zip("abcdef", old[row_id], strict=True))
            said = part.changed.get(row_id, {})
            assert {**was, **said} == new
            assert (row_id in part.changed) == (was != new)
