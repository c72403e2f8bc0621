"""Where records come from: a server's admin port, or a file. Both answer the same questions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, cast
from urllib.parse import quote

from pelton.loadtest.ask import AdminError, ask
from pelton.server.recorder.events import Event
from pelton.server.recorder.explain import Explanation, NotRecorded, explain
from pelton.server.recorder.record import BadRecord, Record, read_lines, read_object
from pelton.server.recorder.refused import refusal, refusals

__all__ = ["FileSource", "NotTold", "Rooms", "ServerSource"]

Rooms: TypeAlias = Sequence[Mapping[str, object]]
FILE_BYTES_MAX = 67_108_864


class NotTold(Exception):
    """There is no answer; says why, and what to do."""


class FileSource:
    """A record that was written down. NotTold if it cannot be read."""

    def __init__(self, path: Path) -> None:
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                raise NotTold(f"{path} is larger than {FILE_BYTES_MAX} bytes; a record is not")
            self._record = read_lines(path.read_bytes().splitlines(), str(path))
        except OSError as error:
            raise NotTold(f"{path}: {error.strerror or error}") from error
        except BadRecord as error:
            raise NotTold(str(error)) from error

    def tick(self, room: str, tick: int) -> tuple[Record, Explanation]:
        """Why a tick took so long."""
        return self._record, _explained(self._record, tick)

    def slowest(self, room: str, count: int) -> Record:
        """The record; there is only one room in it."""
        return self._record

    def refusal(self, room: str, player: int, seq: int) -> tuple[Record, str, list[Event]]:
        """Why an action was refused, and the player's other refusals."""
        return _refused(self._record, player, seq)


class ServerSource:
    """An admin port. NotTold if it has no answer."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def rooms(self) -> Rooms:
        """All rooms, those that are gone at the end."""
        told = self._ask("rooms")
        return [*_objects(told.get("rooms")), *_objects(told.get("ended"))]

    def tick(self, room: str, tick: int) -> tuple[Record, Explanation]:
        """Why a tick took so long."""
        record = self._record(f"rooms/{quote(room, safe='')}/why?tick={tick}")
        return record, _explained(record, tick)

    def slowest(self, room: str, count: int) -> Record:
        """The ticks that took longest."""
        return self._record(f"rooms/{quote(room, safe='')}/slowest?limit={count}")

    def refusal(self, room: str, player: int, seq: int) -> tuple[Record, str, list[Event]]:
        """Why an action was refused."""
        return _refused(self._record(f"rooms/{quote(room, safe='')}/why?player={player}&seq={seq}"), player, seq)

    def _record(self, page: str) -> Record:
        try:
            return read_object(self._ask(page), self._url)
        except BadRecord as error:
            raise NotTold(str(error)) from error

    def _ask(self, page: str) -> Mapping[str, object]:
        try:
            told = asyncio.run(ask(self._url, f"api/{page}", self._token))
        except AdminError as error:
            raise NotTold(_advice(self._url, error)) from error
        if not isinstance(told, dict):
            raise NotTold(f"{self._url}: the answer is not that of a Pelton server")
        return cast("Mapping[str, object]", told)


def _objects(told: object) -> Iterator[Mapping[str, object]]:
    for one in cast("list[object]", told) if isinstance(told, list) else ():
        if isinstance(one, dict):
            yield cast("Mapping[str, object]", one)


def _explained(record: Record, tick: int) -> Explanation:
    try:
        return explain(record, tick)
    except NotRecorded as error:
        raise NotTold(str(error)) from error


def _refused(record: Record, player: int, seq: int) -> tuple[Record, str, list[Event]]:
    try:
        return record, refusal(record, player, seq), refusals(record, player)
    except NotRecorded as error:
        raise NotTold(str(error)) from error


def _advice(url: str, error: AdminError) -> str:
    said = _said(error.body)
    match error.status:
        case None:
            return f"{error}; is a server running? the log of a server names its admin port, see --url"
        case 401:
            return f"{url}: it wants a token, as --token or in PELTON_ADMIN__TOKEN, and this is not the right one"
        case 429:
            return f"{url}: too many wrong tokens; try again in a minute"
        case _ if said:
            return said
        case 404:
            return f"{url}: there is no admin port of Pelton, or of one too old to say why"
        case _:
            return str(error)


def _said(body: bytes) -> str:
    """What the server says is wrong, on one line and safe to print; empty if it does not."""
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = cast("dict[str, object]", told).get("error") if isinstance(told, dict) else None
    return "".join(filter(str.isprintable, error))[:300] if isinstance(error, str) else ""
