"""What a replica shows: tables, rows, records and columns by name; each the same on numpy and without it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pelton.client import Added, Changed, Removed, Replica
from pelton.streams import CLOSED, PENDING, Lagged
from tests.clients.wire import entered, part, positions_of

SHIPS: list[list[Any]] = [["x", "quant", -8, 0.5, 2], ["name", "str"]]
ROUND: list[list[Any]] = [["turn", "u16"], ["name", "str"]]
TABLES: list[list[Any]] = [["ships", "table", SHIPS], ["round", "record", ROUND], ["shots", "table", [["up", "bool"]]]]


def ships(rows: dict[int, tuple[int, str]], group: int = 0, **more: Any) -> list[Any]:
    return part(0, group, entered=entered(SHIPS, rows), **more)


@pytest.fixture(params=[False, True], ids=["numpy", "light"])
def replica(request: pytest.FixtureRequest) -> Replica:
    """At tick 5, with two ships in group 0, and a round."""
    replica = Replica(TABLES, light=request.param)
    record = part(1, 0, whole=True, entered=entered(ROUND, {0: (4, "final")}))
    replica.apply(5, 0, [], [ships({1: (0, "Ada"), 3: (17, "Bob")}, whole=True), record])
    return replica


def seen(replica: Replica) -> dict[int, tuple[float, str]]:
    return {ship.id: (ship.x, ship.name) for ship in replica.ships}


# Reading.


def test_tables_rows_and_columns_are_read_by_name(replica: Replica) -> None:
    assert (replica.tick, [table.name for table in replica]) == (5, ["ships", "round", "shots"])
    assert replica["ships"] is replica.ships
    assert seen(replica) == {1: (-8, "Ada"), 3: (0.5, "Bob")}
    assert (len(replica.ships), 1 in replica.ships, 2 in replica.ships) == (2, True, False)
    assert (replica.ships[3].name, replica.ships[3]["name"]) == ("Bob", "Bob")
    assert replica.ships.get(2) is None
    assert replica.ships.get(1).id == 1
    assert replica.ships.columns == ("x", "name")


def test_columns_are_read_at_once(replica: Replica) -> None:
    assert list(replica.ships.ids) == [1, 3]
    assert list(replica.ships.column("x")) == [-8, 0.5]
    assert list(replica.ships.column("name")) == ["Ada", "Bob"]
    assert replica.ships.pick(["name", "x"]) == {1: ("Ada", -8), 3: ("Bob", 0.5)}
    with pytest.raises(KeyError):
        replica.ships.column("y")


def test_a_column_is_a_copy(replica: Replica) -> None:
    replica.ships.column("x")[0] = 99
    assert replica.ships[1].x == -8


def test_a_record_is_its_one_row(replica: Replica) -> None:
    assert (replica.round.turn, replica.round.name) == (4, "final")
    assert replica["round"][0] == replica.round
    replica.apply(6, 5, [[1, 0]], [])
    with pytest.raises(AttributeError, match="the record 'round' is not in sight"):
        _ = replica.round


def test_what_is_not_there_is_named(replica: Replica) -> None:
    with pytest.raises(AttributeError, match="the room has no table 'walls'"):
        _ = replica.walls
    with pytest.raises(KeyError):
        _ = replica["walls"]
    with pytest.raises(KeyError):
        _ = replica.ships[2]
    with pytest.raises(AttributeError, match="the row has no column 'y', only x, name"):
        _ = replica.ships[1].y


def test_a_row_shows_itself(replica: Replica) -> None:
    assert repr(replica.ships[1]) == "Row(id=1, x=-8.0, name='Ada')"
    assert replica.ships[1].values() == {"x": -8.0, "name": "Ada"}


def test_a_row_is_a_value_of_its_tick(replica: Replica) -> None:
    ship = replica.ships[1]
    replica.apply(6, 5, [], [ships({1: (4, "Eve")})])
    assert (ship.name, replica.ships[1].name) == ("Ada", "Eve")
    assert ship != replica.ships[1]


@pytest.mark.parametrize("name", ["_values", "class", "id", "values", "_wire_values", "_readers", "__init__", ""])
def test_a_column_may_have_any_name(name: str) -> None:
    """Also one that rows use themselves."""
    columns = [[name, "i32"]]
    replica = Replica([["t", "table", columns]])
    replica.apply(1, 0, [], [part(entered=entered(columns, {1: (2,)}))])
    assert (replica.t[1][name], replica.t[1].id if name != "id" else 1) == (2, 1)
    assert replica.t[1].values() == {name: 2}


def test_a_quant_is_read_as_the_server_reads_it() -> None:
    columns = [["x", "quant", 0.1, 0.1, 1]]
    for light in (False, True):
        replica = Replica([["t", "table", columns]], light=light)
        replica.apply(1, 0, [], [part(entered=entered(columns, {1: (2,)}))])
        assert replica.t[1].x == next(iter(replica.t.column("x"))) == 0.1 + 2 * 0.1


def test_a_table_may_grow_to_thousands(replica: Replica) -> None:
    replica.apply(6, 5, [], [ships({i: (i % 999, str(i)) for i in range(5000)}, group=2)])
    assert (len(replica.ships), replica.ships[4321].name) == (5000, "4321")
    block = [2, (7).to_bytes(2, "little") + (4999).to_bytes(2, "little"), [positions_of([1], 2), b"\x11\x00"], None]
    replica.apply(7, 6, [], [part(0, 2, changed=block)])
    assert (replica.ships[7].x, replica.ships[4999].x) == (-4.5, 0.5)


def test_a_light_client_does_not_import_numpy() -> None:
    """It is most of what such a client would take to start."""
    program = (
        "import sys, pelton.client; from pelton.client import Replica; Replica([['t', 'table', []]], light=True);"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_numpy_every_client_is_light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pelton.client.replica.vector", None)
    replica = Replica(TABLES)
    replica.apply(1, 0, [], [ships({1: (0, "Ada")})])
    assert isinstance(replica.ships.column("x"), list)


@pytest.mark.parametrize("groups", [3, 20])
def test_one_row_among_many_groups_is_as_its_own_group_said_last(replica: Replica, groups: int) -> None:
    replica.apply(6, 5, [], [ships({100 + g: (g, "a"), 200 + g: (g, "b")}, group=10 + g) for g in range(groups)])
    for tick in (7, 8):
        blocks = [[2, bytes([100 + g, 200 + g]), bytes([tick, 0, g, 0]), None] for g in range(groups)]
        replica.apply(tick, tick - 1, [], [part(0, 10 + g, changed=block) for g, block in enumerate(blocks)])
    assert [replica.ships[row_id].x for row_id in (100, 202, 1)] == [-4, -7, -8]
    assert [replica.ships[row_id].name for row_id in (100, 202, 1)] == ["a", "b", "Ada"]
    replica.apply(9, 8, [], [part(0, 10, moved=[100])])
    assert (replica.ships.get(100), replica.ships[200].x) == (None, -8)


def block_of(x: int, *ids: int) -> list[Any]:
    """A block in which each of these ships is at the same place."""
    return [len(ids), bytes(ids), bytes([x, 0]) * len(ids), None]


def test_what_a_group_said_of_other_columns_before_still_holds(replica: Replica) -> None:
    columns = [["x", "u8"], ["y", "u8"]]
    replica = Replica([["t", "table", columns]], light=isinstance(replica.ships.column("x"), list))
    replica.apply(1, 0, [], [part(entered=entered(columns, {1: (0, 0), 2: (0, 0)}))])
    for tick, cells in enumerate([[b"\x05\x06", None], [None, b"\x07\x08"], [b"\x09\x09", None]], 2):
        replica.apply(tick, tick - 1, [], [part(changed=[2, b"\x01\x02", *cells])])
    assert [(row.x, row.y) for row in (replica.t[1], replica.t[2])] == [(9, 7), (9, 8)]


def test_of_two_groups_with_the_same_row_the_last_word_holds(replica: Replica) -> None:
    replica.apply(6, 5, [], [part(changed=block_of(20, 1, 3))])
    replica.apply(7, 6, [], [ships({1: (30, "Ada")}, group=9)])
    assert [replica.ships[row_id].x for row_id in (1, 3)] == [7, 2]
    for tick, group, x in ((8, 0, 40), (9, 9, 50), (10, 0, 60)):
        replica.apply(tick, tick - 1, [], [part(0, group, changed=block_of(x, *([1] if group else [1, 3])))])
        assert replica.ships[1].x == x / 2 - 8


# Groups.


def test_a_row_is_there_while_it_is_in_a_group(replica: Replica) -> None:
    replica.apply(6, 5, [], [ships({1: (0, "Ada")}, group=9)])
    replica.apply(7, 6, [[0, 0]], [])
    assert list(seen(replica)) == [1]
    replica.apply(8, 7, [[0, 9]], [])
    assert seen(replica) == {}


def test_a_row_that_exists_no_more_is_out_of_every_group(replica: Replica) -> None:
    replica.apply(6, 5, [], [ships({1: (0, "Ada")}, group=9)])
    replica.apply(7, 6, [], [part(0, 9, removed=[1, 55])])
    assert list(seen(replica)) == [3]
    assert replica.ships.digest(9) == 0


def test_a_row_that_changes_groups_stays(replica: Replica) -> None:
    replica.apply(6, 5, [], [ships({3: (18, "Bob")}, group=1), part(0, 0, moved=[3])])
    assert seen(replica) == {1: (-8, "Ada"), 3: (1, "Bob")}


def test_a_keyframe_replaces_everything_whatever_was_there(replica: Replica) -> None:
    replica.apply(90, 0, [], [ships({8: (0, "Zoe")}, group=4, whole=True)])
    assert (replica.tick, list(seen(replica)), "round" in dir(replica)) == (90, [8], False)


# Events.


def test_events_are_removed_added_changed_in_this_order(replica: Replica) -> None:
    events = replica.ships.events()
    assert events.poll() is PENDING
    replica.apply(6, 5, [], [part(0, 0, removed=[1], entered=entered(SHIPS, {2: (1, "Cy"), 3: (18, "Bob")}))])
    gone, new, moved = events.ready()
    assert (isinstance(gone, Removed), gone.row.name, gone.tick) == (True, "Ada", 6)
    assert (isinstance(new, Added), new.row.name) == (True, "Cy")
    assert isinstance(moved, Changed)
    assert (moved.row.x, moved.before) == (1.0, {"x": 0.5})


def test_several_may_subscribe_and_nothing_is_told_twice(replica: Replica) -> None:
    first, second = replica.ships.events(), replica.ships.events()
    replica.apply(6, 5, [], [part(0, 0, removed=[1])])
    first.close()
    replica.apply(7, 6, [], [part(0, 0, removed=[3])])
    assert [event.row.id for event in second.ready()] == [1, 3]
    assert list(first.ready()) == []


def test_who_does_not_listen_is_told_how_much_he_missed(replica: Replica) -> None:
    events = replica.ships.events(events_max=1)
    replica.apply(6, 5, [], [part(0, 0, removed=[1, 3])])
    lagged, event = events.ready()
    assert lagged == Lagged(1)
    assert isinstance(event, Removed)


def test_events_end_with_the_replica(replica: Replica) -> None:
    events = replica.ships.events()
    replica.close()
    assert (events.poll(), replica.ships.events().poll()) == (CLOSED, CLOSED)


# Sharing.


def test_what_a_frame_brought_is_never_changed(replica: Replica) -> None:
    first = ships({4: (1, "a"), 5: (2, "b")})
    before = repr(first)
    replica.apply(6, 5, [], [first])
    replica.apply(7, 6, [], [ships({4: (9, "c")}), part(1, 0, removed=[0])])
    assert repr(first) == before
