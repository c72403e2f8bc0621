"""The session's table: every cell, and the same in the code, its docstring, SPEC.md and the vectors."""

from __future__ import annotations

import itertools

import pytest

from pelton.protocol import Event, State, session, step
from tests.protocol.golden import rows, table_after

CELLS = list(itertools.product(State, Event))
Table = dict[tuple[str, str], str | None]


def from_docstring() -> Table:
    """The drawing in session.py; `same` stays where it is."""
    assert session.__doc__ is not None
    lines = [line.replace("|", " ").split() for line in session.__doc__.splitlines() if "|" in line]
    events, *states = lines
    return {
        (state, event): None if cell == "-" else state if cell == "same" else cell
        for state, *cells in states
        for event, cell in zip(events, cells, strict=True)
    }


def from_spec() -> Table:
    events = [event.value for event in Event]
    table = table_after("## 8. Session states", f"| state | {' | '.join(events)} |")
    return {
        (state, event): None if cell == "-" else cell
        for state, *cells in table
        for event, cell in zip(events, cells, strict=True)
    }


def from_vectors() -> Table:
    vectors = rows("session.json")
    table: Table = {(row["state"], row["event"]): row["after"] for row in vectors}
    assert len(table) == len(vectors), "a cell stands twice"
    return table


@pytest.mark.parametrize("table", [from_docstring(), from_spec(), from_vectors()], ids=["docstring", "spec", "vectors"])
def test_a_written_table_has_every_cell_and_no_other(table: Table) -> None:
    assert set(table) == {(state.value, event.value) for state, event in CELLS}


@pytest.mark.parametrize(("state", "event"), CELLS, ids=lambda value: value.value)
def test_a_step_leads_where_every_table_says(state: State, event: Event) -> None:
    after = step(state, event)
    cell = (state.value, event.value)
    found = after.value if after else None
    assert (from_docstring()[cell], from_spec()[cell], from_vectors()[cell]) == (found, found, found)


def test_every_state_can_be_reached() -> None:
    reached = {State.FRESH}
    for _ in State:
        reached |= {after for state in reached for event in Event if (after := step(state, event))}
    assert reached == set(State)


def test_only_hello_is_accepted_first_and_only_once() -> None:
    assert {event for event in Event if step(State.FRESH, event)} == {Event.HELLO}
    assert {state for state in State if step(state, Event.HELLO)} == {State.FRESH}


def test_messages_that_cross_the_end_of_a_seat_are_no_fault() -> None:
    for event in (Event.ACT, Event.LEAVE, Event.VERIFY, Event.RESYNC, Event.LEFT):
        assert step(State.UNSEATED, event) is State.UNSEATED
