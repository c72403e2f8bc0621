"""Each action of an admin does one thing, once, and is logged, counted and on the tape with who asked."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pelton.protocol import Frame, Left
from tests.server.admin.inspected import PEER, Inspected


@pytest.fixture
def stage() -> Inspected:
    return Inspected()


def test_a_room_is_paused_stepped_and_goes_on(stage: Inspected, caplog: pytest.LogCaptureFixture) -> None:
    visitor = stage.player()
    opened, room = stage.rooms[0], f"room={stage.room_id}"
    with caplog.at_level(logging.WARNING):
        assert stage.do(f"pause?{room}")[1]["paused"] is True
        stage.tick(20)
        frames = len(visitor.heard(Frame))
        answer = stage.do(f"step?{room}")
        assert answer == (
            200,
            {
                "done": "step",
                "what": "ran tick 2",
                "room_id": stage.room_id,
                "tick": 2,
                "ran": 1,
                "paused": True,
                "open": True,
            },
        )
        assert len(visitor.heard(Frame)) == frames + 1
        assert stage.do(f"resume?{room}")[1]["paused"] is False
    stage.tick(2)
    assert opened.ticker.tick == 4
    assert [record.getMessage() for record in caplog.records] == [
        f"admin {PEER}: pause: room {stage.room_id}: paused after tick 1",
        f"admin {PEER}: step: room {stage.room_id}: ran tick 2",
        f"admin {PEER}: resume: room {stage.room_id}: goes on after tick 2",
    ]
    assert stage.metrics.admin_actions == 3
    for path in ("/api/events", f"/api/rooms/{stage.room_id}/events?kind=admin"):
        events = stage.told(path)["events"]
        assert [(event["kind"], event["name"]) for event in events] == [
            ("admin", "pause"),
            ("admin", "step"),
            ("admin", "resume"),
        ]
        assert all(PEER in event["detail"] for event in events)


def test_a_player_is_kicked_with_the_next_tick(stage: Inspected) -> None:
    visitor = stage.player()
    assert stage.do(f"kick?room={stage.room_id}&player=1")[0] == 200
    stage.tick()
    assert [left.reason for left in visitor.heard(Left)] == ["kicked"]
    assert "kick" in [event["kind"] for event in stage.told(f"/api/rooms/{stage.room_id}/events")["events"]]


def test_a_record_is_dumped(tmp_path: Path) -> None:
    stage = Inspected(f"recorder.dump_dir={tmp_path}")
    stage.player()
    assert stage.do(f"dump?room={stage.room_id}")[0] == 200
    stage.beat.recorder.stop()
    (path,) = tmp_path.iterdir()
    assert b'"why":"an admin asked for it"' in path.read_bytes()


def test_the_server_is_drained(stage: Inspected) -> None:
    assert stage.do("drain") == (200, {"done": "drain", "what": "the server is drained and stops"})
    assert (stage.drains, stage.metrics.admin_actions) == (1, 1)
    stage.lobby.closing = True
    assert stage.do("drain")[0] == 409


def test_a_room_that_ends_in_a_step_is_told_to_be_gone(stage: Inspected) -> None:
    stage.player("one_shot")
    room = stage.room_id
    stage.do(f"pause?room={room}")
    assert stage.do(f"step?room={room}")[1]["open"] is False
    assert stage.do(f"step?room={room}")[0] == 404


@pytest.mark.parametrize(
    ("action", "status", "error"),
    [
        ("nope?room=ROOM", 404, "no action 'nope'; there are pause, resume, step, kick, dump and drain"),
        ("pause", 400, "the parameter room is missing"),
        ("pause?room=nope", 404, "there is no room 'nope'"),
        ("pause?room=ROOM&player=1", 400, "unknown parameter 'player'"),
        ("step?room=ROOM", 409, "is not paused; pause it first"),
        ("resume?room=ROOM", 409, "is not paused"),
        ("kick?room=ROOM&player=7", 404, "there is no player 7"),
        ("kick?room=ROOM", 400, "the parameter player is missing"),
        ("dump?room=ROOM", 409, "recorder.dump_dir is empty"),
        ("drain", 409, "has not said how it is stopped"),
    ],
)
def test_what_cannot_be_done_is_not_done_and_not_counted(
    stage: Inspected, action: str, status: int, error: str
) -> None:
    stage.player()
    stage.can_drain = False
    found = stage.do(action.replace("ROOM", stage.room_id))
    assert found[0] == status
    assert error in found[1]["error"]
    assert stage.metrics.admin_actions == 0
    assert stage.told("/api/events")["events"] == []


def test_a_room_is_not_paused_twice(stage: Inspected) -> None:
    stage.player()
    assert [stage.do(f"pause?room={stage.room_id}")[0] for _ in range(2)] == [200, 409]
