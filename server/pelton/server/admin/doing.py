"""What an admin can do: pause a room, let it go on, run one tick of it, kick a player, dump a record, stop the server.

Each is a POST, does one thing at once, is counted, and is written into the log and the events with who asked for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pelton.server.admin.controls import Controls
from pelton.server.admin.query import BadQuery, Query
from pelton.server.admin.watched import Watched
from pelton.server.simulate.lobby import OpenRoom

__all__ = ["Doing", "room_of"]

log = logging.getLogger(__name__)


def room_of(watched: Watched, room_id: str) -> OpenRoom:
    """BadQuery if there is no such room."""
    opened = watched.lobby.room(room_id)
    if opened is None:
        raise BadQuery(f"there is no room {room_id!r:.40}; /api/rooms lists those that are open", 404)
    return opened


class Doing:
    """The actions by name. BadQuery if one cannot be done; then nothing is done and nothing counted."""

    def __init__(self, watched: Watched, controls: Controls) -> None:
        self._watched = watched
        self._controls = controls
        self.rooms: Mapping[str, Callable[[OpenRoom, Query], str]] = MappingProxyType(
            {"pause": self._pause, "resume": self._resume, "step": self._step, "kick": self._kick, "dump": self._dump}
        )

    def do(self, name: str, query: Query, peer: str) -> dict[str, object]:
        """Do it, for whoever asks from this address. What was done."""
        if name == "drain":
            query.only()
            return self._drain(peer)
        act = self.rooms.get(name)
        if act is None:
            raise BadQuery(f"no action {name!r:.40}; there are {', '.join(self.rooms)} and drain", 404)
        opened = room_of(self._watched, query.only("room", *(("player",) if name == "kick" else ())).text("room"))
        tape, tick = opened.ticker.tape, opened.ticker.tick
        what = act(opened, query)
        self._note(name, f"room {opened.room_id}: {what}", peer, opened.room_id)
        if tape is not None:
            tape.happened("admin", name=name, detail=f"{what}, by {peer}")
        is_open = self._watched.lobby.room(opened.room_id) is opened
        return {
            "done": name,
            "what": what,
            "room_id": opened.room_id,
            "tick": opened.ticker.tick,
            "ran": opened.ticker.tick - tick,
            "paused": opened.is_paused,
            "open": is_open,
        }

    def _pause(self, opened: OpenRoom, query: Query) -> str:
        if opened.is_paused:
            raise BadQuery(f"room {opened.room_id} is paused already", 409)
        self._controls.pause(opened)
        return f"paused after tick {opened.ticker.tick}"

    def _resume(self, opened: OpenRoom, query: Query) -> str:
        self._check_paused(opened)
        self._controls.unpause(opened)
        return f"goes on after tick {opened.ticker.tick}"

    def _step(self, opened: OpenRoom, query: Query) -> str:
        self._check_paused(opened)
        self._controls.step(opened)
        return f"ran tick {opened.ticker.tick}"

    def _kick(self, opened: OpenRoom, query: Query) -> str:
        player_id = query.number("player")
        seat = opened.ticker.seat_of(player_id)
        if seat is None:
            raise BadQuery(f"there is no player {player_id} in room {opened.room_id}", 404)
        opened.ticker.room.kick(seat.player)
        return f"player {player_id} is kicked with the next tick"

    def _dump(self, opened: OpenRoom, query: Query) -> str:
        tape = opened.ticker.tape
        if tape is None:
            raise BadQuery("nothing is recorded: recorder.enabled is off, or the room has not ticked yet", 409)
        if self._controls.recorder.dumps is None:
            raise BadQuery("there is no folder for it: recorder.dump_dir is empty", 409)
        if not self._controls.recorder.dump(tape, "an admin asked for it"):
            raise BadQuery("too many records wait to be written; try again", 503)
        return f"its record up to tick {opened.ticker.tick} is written into recorder.dump_dir"

    def _drain(self, peer: str) -> dict[str, object]:
        if self._watched.lobby.closing:
            raise BadQuery("the server is stopping already", 409)
        if not self._controls.drain():
            raise BadQuery("whoever runs this server has not said how it is stopped", 409)
        self._note("drain", "the server is drained and stops", peer)
        return {"done": "drain", "what": "the server is drained and stops"}

    def _check_paused(self, opened: OpenRoom) -> None:
        if not opened.is_paused:
            raise BadQuery(f"room {opened.room_id} is not paused; pause it first", 409)

    def _note(self, name: str, what: str, peer: str, room_id: str = "") -> None:
        watched = self._watched
        watched.metrics.admin_actions += 1
        log.warning("admin %s: %s: %s", peer, name, what, extra={"peer": peer, "action": name, "room_id": room_id})
        self._controls.recorder.events.add(0, watched.clock.now_ns(), "admin", name=name, detail=f"{what}, by {peer}")
