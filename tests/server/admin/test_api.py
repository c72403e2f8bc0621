"""What the inspector is told: right, bounded, and the same for a room of any size."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pelton.protocol import Act
from pelton.server import F32, I32, Bytes, Grid, Json, OwnerOnly, Player, Row, Str, Table
from pelton.server.admin.request import Request
from pelton.server.recorder.row import TickRow
from tests.server.admin.inspected import PEER, Inspected
from tests.server.games import GAMES, Add, Tally


class Thing(Row):
    x = I32()
    y = I32()
    heat = F32()
    label = Str(4000)
    blob = Bytes(4000)
    more = Json(4000)


class Secret(Row):
    owner = I32()


class Wide(Tally):
    """Many rows, of which a player sees those near his own."""

    seats: ClassVar[int] = 400
    things = Table(Thing, groups=Grid("x", "y", cell=10, reach=0))
    secrets = Table(Secret, groups=OwnerOnly("owner"))

    def on_join(self, player: Player) -> None:
        super().on_join(player)
        self.things.add(player.id, x=5, y=5, label="own")
        for number in range(20):
            self.things.add(1000 * player.id + number, x=5 if number < 7 else 95, y=5, label=str(number))
        self.secrets.add(player.id, owner=player.id)


GAMES_HERE = {**GAMES, "wide": Wide}


@pytest.fixture
def stage() -> Inspected:
    return Inspected(games=GAMES_HERE)


def test_rooms_are_told_with_those_that_are_gone(stage: Inspected) -> None:
    stage.player("one_shot")
    gone = stage.room_id
    stage.tick()
    stage.player()
    found = stage.told("/api/rooms")
    (room,) = found["rooms"]
    assert (room["room_id"], room["game"], room["players"], room["seats"]) == (stage.room_id, "tally", 1, 4)
    assert (room["tick"], room["tick_hz"], room["budget_ns"], room["paused"]) == (1, 20, 50_000_000, False)
    assert found["ended"] == [{"room_id": gone, "game": "one_shot", "tick_hz": 20, "tick": 2}]
    assert (found["recorder"], found["left_out"]) == (True, 0)


def test_players_are_told_with_round_trip_lanes_inbox_and_refusals(stage: Inspected) -> None:
    visitor = stage.player()
    visitor.say(Act(1, Add(1)), Act(2, Add(9999)), Act(3, Add(1)))
    stage.rooms[0].is_paused = True
    visitor.websocket.reads = False
    (player,) = stage.told(f"/api/rooms/{stage.room_id}/players")["players"]
    assert (player["player_id"], player["name"], player["round_trip_us"]) == (1, "player-1", 1234)
    assert (player["connected"], player["standing"]) == (True, "joined")
    assert player["inbox"] == {"waiting": 2, "max": 64}
    assert player["refusals"] == {"invalid": 1}
    assert (player["received_seq"], player["acked_seq"]) == (3, 0)
    assert (player["lanes"]["busy"], player["lanes"]["owed"], player["lanes"]["refusals_waiting"]) == (True, True, 1)
    assert (player["unheard_ticks"], player["unheard_ms"]) == (1, 50.0)


def test_players_come_in_pages(stage: Inspected) -> None:
    for _ in range(5):
        stage.player("wide")
    path = f"/api/rooms/{stage.room_id}/players?limit=2"
    pages = [stage.told(f"{path}&from={first}") for first in (0, 2, 4, 6)]
    assert [[one["player_id"] for one in page["players"]] for page in pages] == [[1, 2], [3, 4], [5], []]
    assert [page["next"] for page in pages] == [2, 4, None, None]


def test_ticks_are_told_by_column_and_from_where_one_left_off(stage: Inspected) -> None:
    stage.player()
    stage.tick(9)
    path = f"/api/rooms/{stage.room_id}/ticks"
    found = stage.told(path)
    assert tuple(found["columns"]) == TickRow._fields
    assert found["columns"]["tick"] == list(range(1, 11))
    assert (found["oldest"], found["newest"], found["more"]) == (1, 10, 0)
    part = stage.told(f"{path}?since=3&limit=4")
    assert (part["columns"]["tick"], part["more"]) == ([4, 5, 6, 7], 3)
    assert stage.told(f"{path}?since=10")["columns"]["tick"] == []


def test_the_slowest_are_told_with_their_sentences(stage: Inspected) -> None:
    stage.player()
    stage.tick(3)
    found = stage.told(f"/api/rooms/{stage.room_id}/slowest?limit=2")
    assert len(found["ticks"]) == len(found["sentences"]) == 2
    assert found["sentences"][0].startswith(f"tick {found['ticks'][0]['tick']} took ")


def test_why_tells_of_one_tick_or_one_refusal(stage: Inspected) -> None:
    visitor = stage.player()
    visitor.say(Act(1, Add(9999)))
    stage.tick()
    path = f"/api/rooms/{stage.room_id}/why"
    found = stage.told(f"{path}?tick=1")
    assert found["explanation"]["sentence"].startswith("tick 1 took ")
    assert [event["kind"] for event in found["events"]] == ["join", "refusal"]
    assert "action 1 of player 1 was refused at tick 1, invalid" in stage.told(f"{path}?player=1&seq=1")["sentence"]
    assert stage.get(f"{path}?tick=7")[0] == 404
    assert "it has the ticks 1 to 2" in stage.get(f"{path}?tick=7")[1]["error"]
    assert stage.get(f"{path}?player=1&seq=2")[0] == 404


def test_events_are_told_from_where_one_left_off_and_by_kind(stage: Inspected) -> None:
    visitor = stage.player()
    visitor.say(*(Act(seq, Add(9999)) for seq in range(1, 6)))
    path = f"/api/rooms/{stage.room_id}/events"
    assert [event["kind"] for event in stage.told(path)["events"]] == ["join", *["refusal"] * 5]
    found = stage.told(f"{path}?since=2&limit=3&kind=refusal")
    assert [event["number"] for event in found["events"]] == [3, 4, 5]
    assert (found["newest"], found["more"]) == (6, 1)


def test_the_state_is_told_with_what_a_player_sees_of_it(stage: Inspected) -> None:
    stage.player("wide")
    stage.player("wide")
    stage.tick()
    tables = {table["table"]: table for table in stage.told(f"/api/rooms/{stage.room_id}/state?player=2")["tables"]}
    assert {name: (table["rows"], table["rows_seen"]) for name, table in tables.items()} == {
        "scores": (2, 2),
        "secrets": (2, 1),
        "things": (42, 16),
    }
    assert tables["things"]["rules"] == ["Grid"]
    assert {column["name"] for column in tables["things"]["columns"]} == {"x", "y", "heat", "label", "blob", "more"}


def pages(stage: Inspected, path: str, limit: int) -> list[int]:
    """The ids of all pages."""
    ids: list[int] = []
    first: int | None = 0
    while first is not None:
        found = stage.told(f"{path}limit={limit}&from={first}")
        assert len(found["rows"]) <= limit
        ids += [row["id"] for row in found["rows"]]
        first = found["next"]
    return ids


@pytest.mark.parametrize("limit", [1, 3, 16, 200])
def test_pages_together_are_all_rows_and_those_that_are_seen(stage: Inspected, limit: int) -> None:
    stage.player("wide")
    stage.player("wide")
    stage.tick()
    path = f"/api/rooms/{stage.room_id}/state/things?"
    room = stage.rooms[0].ticker.room
    assert isinstance(room, Wide)
    assert sorted(pages(stage, path, limit)) == sorted(row.id for row in room.things)
    seen = [row.id for row in room.things if row.x < 10]
    assert sorted(pages(stage, f"{path}player=1&", limit)) == sorted(seen)
    secrets = f"/api/rooms/{stage.room_id}/state/secrets?player=2&"
    assert pages(stage, secrets, limit) == [2]


def test_values_are_told_as_json_has_them_and_long_ones_are_cut(stage: Inspected) -> None:
    stage.player("wide")
    room = stage.rooms[0].ticker.room
    assert isinstance(room, Wide)
    thing = room.things[1]
    thing.heat, thing.label, thing.blob, thing.more = 1.5, "x" * 3000, b"\xff" * 40, {"a": [1, None]}
    stage.tick()
    (row,) = [row for row in stage.told(f"/api/rooms/{stage.room_id}/state/things")["rows"] if row["id"] == 1]
    values = row["values"]
    assert (values["heat"], values["more"]) == (1.5, {"a": [1, None]})
    assert values["label"] == "x" * 200 + "..."
    assert values["blob"] == "ff" * 32 + "... (40 bytes)"
    assert row["changed"] == 2


def test_a_page_is_bounded_in_bytes(stage: Inspected) -> None:
    stage.player("wide")
    room = stage.rooms[0].ticker.room
    assert isinstance(room, Wide)
    for number in range(300):
        room.things.add(5000 + number, more=["y" * 1900])
    stage.tick()
    path = f"/api/rooms/{stage.room_id}/state/things?"
    page = stage.api.page(Request("GET", path[:-1], query="limit=200&from=21"), PEER)
    assert page is not None
    assert len(page.body) < 300_000
    assert sorted(pages(stage, path, 200)) == sorted(row.id for row in room.things)


def test_groups_are_told_with_who_sees_them(stage: Inspected) -> None:
    stage.player("wide")
    found = stage.told(f"/api/rooms/{stage.room_id}/groups/things?player=1")
    assert {group["rows"]: group["seen"] for group in found["groups"]} == {8: "near", 13: "no"}
    assert found["total"] == 2
    page = stage.told(f"/api/rooms/{stage.room_id}/groups/things?from=1&limit=1")
    assert (len(page["groups"]), page["next"]) == (1, None)


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/rooms/nope/players", 404, "there is no room 'nope'"),
        ("/api/rooms/nope/ticks", 404, "there is no room 'nope'"),
        ("/api/rooms/ROOM/state/nope", 404, "has no table 'nope', only: scores"),
        ("/api/rooms/ROOM/state?player=9", 404, "there is no player 9 in room"),
        ("/api/rooms/ROOM/ticks?limit=100000", 400, "limit: expected a whole number from 0 to 400, got '100000'"),
        ("/api/rooms/ROOM/ticks?since=-1", 400, "since: expected a whole number"),
        ("/api/rooms/ROOM/ticks?sinc=1", 400, "unknown parameter 'sinc'; only since, limit can be given here"),
        ("/api/rooms/ROOM/why", 400, "the parameter player is missing"),
        ("/api/rooms?x=1", 400, "unknown parameter 'x'; none can be given here"),
        ("/api/rooms?" + "&".join("abcdefghijklmnopqrstuvwxyz"), 400, "more than 16 parameters"),
    ],
)
def test_what_cannot_be_answered_says_why(stage: Inspected, path: str, status: int, error: str) -> None:
    stage.player()
    found = stage.get(path.replace("ROOM", stage.room_id))
    assert found[0] == status
    assert error in found[1]["error"]


@pytest.mark.parametrize("path", ["/api/", "/api/nope", "/api/rooms/", "/api/rooms/x/nope", "/api/rooms/x/nope/y"])
def test_other_paths_have_no_page(stage: Inspected, path: str) -> None:
    stage.player()
    page = stage.api.page(Request("GET", path.replace("/x/", f"/{stage.room_id}/")), PEER)
    assert page is None


def test_turned_off_it_says_so() -> None:
    stage = Inspected("recorder.enabled=off")
    stage.player()
    assert stage.get(f"/api/rooms/{stage.room_id}/ticks") == (
        404,
        {"error": "nothing is recorded: recorder.enabled is off"},
    )
    assert stage.told("/api/rooms")["recorder"] is False
