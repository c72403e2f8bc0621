"""What is over is freed at once: the collector comes seldom on a server, and until then its garbage is memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from pelton.protocol import Hello, Leave
from tests.server.fakes import a_new_room
from tests.server.games import Tally
from tests.server.stage import Stage

TICKS_OF_TWO_WINDOWS = 45
"""The overseer looks back at rooms that ticked in its last second or two."""


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_a_room_that_is_closed_is_freed_with_its_tables_its_seats_and_its_connections() -> None:
    stage = Stage("simulate.room_empty_ttl_s=0", games={"tally": Tally})
    visitor = stage.connect()
    visitor.say(Hello("test"), a_new_room("tally"))
    stage.tick(3)
    (opened,) = stage.rooms
    room, table = ref(opened.ticker.room), ref(opened.ticker.tables[0])
    seat, layer = ref(opened.ticker.seats[0]), ref(opened.ticker.tables[0].layers[0])
    del opened
    visitor.say(Leave())
    stage.tick(2)
    visitor.websocket.end(1000, "")
    stage.tick(TICKS_OF_TWO_WINDOWS)
    assert stage.rooms == []
    assert [what() for what in (room, table, layer, seat)] == [None] * 4
