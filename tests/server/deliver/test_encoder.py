"""A tick is encoded once in each form, and what is encoded is what a client rebuilds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import Replica
from pelton.protocol import Frame
from pelton.protocol.plain import decode_server
from pelton.protocol.typed import frame_body, frame_head
from pelton.server import F64, I32, Bool, Quant, Row, Str, Table
from pelton.server.deliver import encoder as encoder_module
from pelton.server.deliver.encoder import TickEncoder


class Thing(Row):
    where = Quant(-1000, 1000, 1 / 8)
    count = I32()
    exact = F64()
    flag = Bool()
    text = Str(8)


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments of every encoding of a body."""
    calls: list[tuple[Any, ...]] = []
    encode = frame_body

    def counted(*arguments: Any) -> bytes:
        calls.append(arguments)
        return encode(*arguments)

    monkeypatch.setattr(encoder_module, "frame_body", counted)
    return calls


def counting(table: Table[Any]) -> tuple[Callable[[], list[Any]], list[None]]:
    """The whole state, and how often it was asked for."""
    asked: list[None] = []

    def whole() -> list[Any]:
        asked.append(None)
        return [table.whole()]

    return whole, asked


def read(body: bytes) -> Frame:
    frame = decode_server(frame_head(0, []) + body)
    assert isinstance(frame, Frame)
    return frame


def table_of(*ids: int) -> Table[Thing]:
    things = Table(Thing, "things")
    for row_id in ids:
        things.add(row_id, count=row_id)
    return things


def test_a_delta_is_encoded_once_however_many_read_it(bodies: list[Any]) -> None:
    things = table_of(1)
    whole, asked = counting(things)
    encoder = TickEncoder(7, [things.take_delta()], whole, with_digest=False)
    assert {encoder.delta for _ in range(100)} == {encoder.delta}
    assert (len(bodies), len(asked)) == (1, 0)


def test_a_keyframe_is_encoded_once_and_only_if_somebody_needs_it(bodies: list[Any]) -> None:
    things = table_of(1)
    whole, asked = counting(things)
    encoder = TickEncoder(7, [things.take_delta()], whole, with_digest=False)
    keyframes = {encoder.keyframe() for _ in range(100)}
    assert (len(keyframes), len(bodies), len(asked)) == (1, 2, 1)


def test_a_digest_and_a_keyframe_share_one_look_at_the_state() -> None:
    things = table_of(1)
    whole, asked = counting(things)
    encoder = TickEncoder(7, [things.take_delta()], whole, with_digest=True)
    encoder.keyframe()
    assert len(asked) == 1


def test_a_delta_builds_on_the_tick_before_and_a_keyframe_on_nothing() -> None:
    things = table_of(3, 1)
    encoder = TickEncoder(7, [things.take_delta(), None], lambda: [things.whole(), things.whole()], with_digest=False)
    delta, keyframe = read(encoder.delta), read(encoder.keyframe())
    assert (delta.tick, delta.base, delta.digest) == (7, 6, None)
    assert (keyframe.tick, keyframe.base, keyframe.digest) == (7, 0, None)
    assert delta.tables[1] is None
    assert (delta.tables[0] or [])[:2] == [[], [1, 3]]
    assert (keyframe.tables[0] or [])[:2] == [[], [1, 3]]


def test_both_forms_carry_the_digest_of_the_whole() -> None:
    things = table_of(1, 2)
    encoder = TickEncoder(20, [things.take_delta()], lambda: [things.whole()], with_digest=True)
    digest = read(encoder.delta).digest
    assert digest is not None
    assert read(encoder.keyframe()).digest == digest


VALUES = st.fixed_dictionaries(
    {
        "where": st.floats(-1000, 1000),
        "count": st.integers(-(2**31), 2**31 - 1),
        "exact": st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.booleans(),
        "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    }
)


@given(st.lists(st.dictionaries(st.integers(0, 2**53 - 1), VALUES, max_size=5), min_size=1, max_size=5))
def test_a_client_rebuilds_the_state_and_its_digest_bit_by_bit(ticks: list[dict[int, dict[str, Any]]]) -> None:
    """Each dict is what a table holds at a tick; one client reads every delta, another comes anew to each keyframe."""
    things = Table(Thing, "things")
    layout = [("things", [column.spec() for column in Thing.columns])]
    steady = Replica(layout)
    for tick, rows in enumerate(ticks, 1):
        become(things, rows)
        encoder = TickEncoder(tick, [things.take_delta()], lambda: [things.whole()], with_digest=True)
        newcomer = Replica(layout)
        for replica, body in ((steady, encoder.delta), (newcomer, encoder.keyframe())):
            frame = read(body)
            replica.apply(frame.tick, frame.base, frame.tables)
            assert replica.digest() == frame.digest
            for row in things:
                copy = replica.things[row.id]
                assert [getattr(copy, column.name) for column in Thing.columns] == [
                    getattr(row, column.name) for column in Thing.columns
                ]


def become(things: Table[Thing], rows: dict[int, dict[str, Any]]) -> None:
    """Bring the table to these rows with the fewest changes."""
    for row in list(things):
        if row.id not in rows:
            things.remove(row.id)
    for row_id, values in rows.items():
        row = things.get(row_id) or things.add(row_id)
        for name, value in values.items():
            setattr(row, name, value)
