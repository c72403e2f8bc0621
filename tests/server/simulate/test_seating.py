"""The seat's table: every cell, and the same in the docstring."""

from __future__ import annotations

import itertools

import pytest

from pelton.server.simulate import seating
from pelton.server.simulate.seating import SeatEvent, Standing, step

CELLS = list(itertools.product(Standing, SeatEvent))


def from_docstring() -> dict[tuple[str, str], str]:
    assert seating.__doc__ is not None
    block = seating.__doc__.split("\n\n")[1]
    events, *rows = [line.split() for line in block.splitlines()]
    return {(standing, event): cell for standing, *cells in rows for event, cell in zip(events, cells, strict=True)}


@pytest.mark.parametrize(("standing", "event"), CELLS, ids=lambda value: value.value)
def test_a_step_leads_where_the_docstring_says(standing: Standing, event: SeatEvent) -> None:
    written = from_docstring()[standing.value, event.value]
    if written == "-":
        with pytest.raises(KeyError):
            step(standing, event)
    else:
        assert step(standing, event).value == written


def test_a_seat_that_is_left_stays_so() -> None:
    for event in (SeatEvent.DROP, SeatEvent.LEAVE):
        assert step(Standing.LEFT, event) is Standing.LEFT
