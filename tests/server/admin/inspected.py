"""A stage with the inspector's API over it, asked by plain calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pelton.server import Room
from pelton.server.admin.api import Api
from pelton.server.admin.controls import Controls
from pelton.server.admin.request import Request
from tests.server.admin.watch import watched
from tests.server.games import GAMES
from tests.server.stage import Stage

PEER = "192.0.2.7"


class Inspected(Stage):
    """`get` and `do` answer with status and JSON."""

    def __init__(self, *overrides: str, games: Mapping[str, type[Room]] = GAMES) -> None:
        super().__init__(*overrides, games=games)
        self.drains = 0
        self.can_drain = True
        beat = self.beat
        controls = Controls(
            beat.recorder, beat.lane, lambda _seat: 1234, beat.pause, beat.unpause, beat.step, self._drain
        )
        self.api = Api(watched(self), controls)

    def get(self, path: str) -> tuple[int, Any]:
        """`path` may have a query."""
        return self._ask("GET", path)

    def told(self, path: str) -> Any:
        """The answer to what can be answered."""
        status, answer = self.get(path)
        assert status == 200, answer
        return answer

    def do(self, action: str) -> tuple[int, Any]:
        return self._ask("POST", f"/api/do/{action}")

    @property
    def room_id(self) -> str:
        return self.rooms[0].room_id

    def _ask(self, method: str, path: str) -> tuple[int, Any]:
        name, _, query = path.partition("?")
        page = self.api.page(Request(method, name, query=query), PEER)
        assert page is not None, path
        assert page.content_type == "application/json"
        return page.status, json.loads(page.body)

    def _drain(self) -> bool:
        self.drains += self.can_drain
        return self.can_drain
