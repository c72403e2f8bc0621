"""What the inspector reads and does, by path; docs/inspector.md has each with its answer. JSON in both directions.

    GET  /api/rooms                      GET  /api/rooms/ID/players   GET  /api/rooms/ID/state[/TABLE]
    GET  /api/events                     GET  /api/rooms/ID/ticks     GET  /api/rooms/ID/groups/TABLE
    POST /api/do/ACTION                  GET  /api/rooms/ID/events    GET  /api/rooms/ID/slowest, /why

Every answer is bounded, and made at once on the event loop. Who wants to follow asks again, with `since`.
"""

from __future__ import annotations

import json
from typing import Any

from pelton.server.admin.controls import Controls
from pelton.server.admin.doing import Doing, room_of
from pelton.server.admin.players_told import PLAYERS_MAX, players_told, rooms_told
from pelton.server.admin.query import BadQuery, Query
from pelton.server.admin.record_told import (
    EVENTS_MAX,
    SLOWEST_MAX,
    TICKS_MAX,
    events_told,
    refusal_told,
    slowest_told,
    ticks_told,
    why_told,
)
from pelton.server.admin.request import DO, Request
from pelton.server.admin.state_told import GROUPS_MAX, ROWS_MAX, groups_told, rows_told, tables_told
from pelton.server.admin.watched import Watched
from pelton.server.recorder.explain import NotRecorded
from pelton.server.recorder.lane import Lane
from pelton.server.recorder.tape import Tape
from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.state.table import Table
from pelton.wire import Page

__all__ = ["API", "Api"]

API = "/api/"
ROOMS = "/api/rooms"


class Api:
    """Of one server."""

    def __init__(self, watched: Watched, controls: Controls) -> None:
        self._watched = watched
        self._controls = controls
        self._recorder = controls.recorder
        self._doing = Doing(watched, controls)

    def page(self, request: Request, peer: str) -> Page | None:
        """The answer to a request that may be answered; None for a path that has none."""
        try:
            query = Query(request.query)
            if request.path.startswith(DO):
                return _json(self._doing.do(request.path.removeprefix(DO), query, peer))
            told = self._told(request.path, query)
        except BadQuery as bad:
            return _json({"error": str(bad)}, bad.status)
        except NotRecorded as missing:
            return _json({"error": str(missing)}, 404)
        return told if isinstance(told, Page) or told is None else _json(told)

    def _told(self, path: str, query: Query) -> object:
        if path == ROOMS:
            query.only()
            return rooms_told(self._watched, self._controls)
        if path == f"{API}events":
            return self._events(self._recorder.events.copy(), query)
        if not path.startswith(f"{ROOMS}/"):
            return None
        room_id, _, what = path.removeprefix(f"{ROOMS}/").partition("/")
        what, _, table = what.partition("/")
        if not table:
            match what:
                case "players":
                    first, limit = _page(query.only("from", "limit"), PLAYERS_MAX)
                    return players_told(room_of(self._watched, room_id), self._controls, first, limit)
                case "ticks" | "slowest" | "events" | "why":
                    return self._recorded(self._tape(room_id), what, query)
                case "state":
                    opened = room_of(self._watched, room_id)
                    return tables_told(opened, self._lane(opened, query.only("player")))
                case _:
                    return None
        return self._of_table(room_id, what, table, query)

    def _of_table(self, room_id: str, what: str, name: str, query: Query) -> object:
        if what not in ("state", "groups"):
            return None
        opened = room_of(self._watched, room_id)
        table = _table(opened, name)
        lane = self._lane(opened, query.only("player", "from", "limit"))
        if what == "groups":
            return groups_told(opened, table, lane, *_page(query, GROUPS_MAX))
        return Page(200, "application/json", rows_told(opened, table, lane, *_page(query, ROWS_MAX)))

    def _recorded(self, tape: Tape, what: str, query: Query) -> object:
        recorder = self._recorder
        match what:
            case "ticks":
                query.only("since", "limit")
                return ticks_told(recorder, tape, query.number("since", 0), query.number("limit", 200, TICKS_MAX))
            case "slowest":
                return slowest_told(recorder, tape, query.only("limit").number("limit", 10, SLOWEST_MAX))
            case "events":
                return self._events(tape.events.copy(), query)
            case _ if "tick" in query:
                return why_told(recorder, tape, query.only("tick").number("tick"))
            case _:
                query.only("tick", "player", "seq")
                return refusal_told(recorder, tape, query.number("player"), query.number("seq"))

    def _events(self, events: list[Any], query: Query) -> object:
        query.only("since", "limit", "kind")
        kind = query.text("kind") if "kind" in query else ""
        return events_told(events, query.number("since", 0), query.number("limit", 200, EVENTS_MAX), kind)

    def _tape(self, room_id: str) -> Tape:
        tape = self._recorder.tape(room_id)
        if tape is not None:
            return tape
        if not self._recorder.is_on:
            raise BadQuery("nothing is recorded: recorder.enabled is off", 404)
        room_of(self._watched, room_id)
        raise BadQuery(f"room {room_id} has not ticked yet", 404)

    def _lane(self, opened: OpenRoom, query: Query) -> Lane | None:
        """Of the player that the query names, if it names one."""
        if "player" not in query:
            return None
        player_id = query.number("player")
        seat = opened.ticker.seat_of(player_id)
        lane = self._controls.lane(opened, seat) if seat is not None else None
        if lane is None:
            raise BadQuery(f"there is no player {player_id} in room {opened.room_id}", 404)
        return lane


def _table(opened: OpenRoom, name: str) -> Table[Any]:
    tables = {table.table_name: table for table in opened.ticker.tables}
    if name not in tables:
        raise BadQuery(f"room {opened.room_id} has no table {name!r:.40}, only: {', '.join(tables)}", 404)
    return tables[name]


def _page(query: Query, most: int) -> tuple[int, int]:
    return query.number("from", 0), max(query.number("limit", min(most, 100), most), 1)


def _json(told: object, status: int = 200) -> Page:
    return Page(status, "application/json", json.dumps(told, separators=(",", ":")).encode() + b"\n")
