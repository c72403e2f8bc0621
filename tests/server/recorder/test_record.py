"""A record survives being written and read, and what is none is refused with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.recorder.record import BadRecord, Record, read_lines, read_object, written
from tests.server.recorder.rows import event, record, row

texts = st.text(max_size=20)


@st.composite
def records(draw: st.DrawFn) -> Record:
    first, count = draw(st.integers(1, 10**6)), draw(st.integers(0, 5))
    rows = tuple(
        row(first + number, game_ms=draw(st.integers(0, 100)), callback=draw(texts)) for number in range(count)
    )
    events = tuple(event("refusal", first, number, detail=draw(texts)) for number in range(1, draw(st.integers(1, 4))))
    return record(*rows, events=events)


@given(records())
def test_what_is_written_is_read_again(made: Record) -> None:
    assert read_lines(written(made), "file") == made


def test_half_a_surrogate_is_no_obstacle() -> None:
    lines = list(written(record(row(1), events=(event("refusal", detail="\ud800"),))))
    assert read_lines(lines, "file").events[0].detail == "?"


def test_a_column_that_another_version_does_not_have_is_nothing() -> None:
    header, one, *_ = written(record(row(5, game_ms=3)))
    told = json.loads(header)
    old = {**told, "columns": [*told["columns"][:-1], "refused_by_magic"]}
    found = read_lines([json.dumps(old), one], "file").ticks[0]
    assert (found.tick, found.game_ns, found.refused_not_allowed) == (5, 3_000_000, 0)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "dump: empty"),
        ([b"{"], "dump, line 1: not JSON"),
        ([b"[1]"], "dump, line 1: expected an object"),
        ([b'{"format":"other"}'], "dump, line 1: not a record of Pelton"),
        ([b'{"format":"pelton-record-1"}'], "dump, line 1, columns: expected an array"),
        ([b'{"format":"pelton-record-1","columns":["tick"]}', b'["x"]'], "dump, line 2: tick is not a number"),
        ([b'{"format":"pelton-record-1","columns":["tick"]}', b"7"], "dump, line 2: expected an object"),
        ([b'{"format":"pelton-record-1","columns":["tick"]}', b"[" * 5000], "dump, line 2: not JSON"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(lines: list[bytes], problem: str) -> None:
    with pytest.raises(BadRecord, match=f"^{problem}"):
        read_lines(lines, "dump")


@given(st.recursive(st.none() | st.integers() | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_whatever_a_server_answers_there_is_a_record_or_a_reason(answer: object) -> None:
    with pytest.raises(BadRecord):
        read_object(answer, "http://x")


def test_an_answer_of_the_admin_port_is_a_record() -> None:
    made = record(row(5, game_ms=3), events=(event("join", 5, player=3),))
    answer = {
        **made.header(),
        "ticks": [one._asdict() for one in made.ticks],
        "events": [one._asdict() for one in made.events],
    }
    assert read_object(json.loads(json.dumps(answer)), "http://x") == made
