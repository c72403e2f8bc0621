"""The admin port's pages, by path."""

from __future__ import annotations

import json
from collections.abc import Callable

from pelton.server.admin.inspector_page import inspector_pages
from pelton.server.admin.prometheus import CONTENT_TYPE, exposition
from pelton.server.admin.stats import stats
from pelton.server.admin.watched import Watched
from pelton.server.health import health_page
from pelton.wire import Page

__all__ = ["pages"]

_INDEX = """\
Pelton {version}, admin port

  /inspector  rooms, their ticks, players and state, for a browser

  /stats    numbers since the start, and the rooms, as JSON
  /metrics  the same by game, for Prometheus
  /healthz  200 while the process is alive
  /readyz   200 while it takes players, 503 while it stops or is overloaded

  /api/rooms  rooms, players, ticks, state, as JSON: docs/inspector.md
"""


def pages(watched: Watched) -> Callable[[str], Page | None]:
    """The pages of this server, by path; None for a path that has none."""
    inspector = inspector_pages()

    def page(path: str) -> Page | None:
        match path:
            case "/":
                index = _INDEX.format(version=watched.version)
                return Page(200, "text/plain; charset=utf-8", index.encode())
            case "/stats":
                return Page(200, "application/json", json.dumps(stats(watched)).encode() + b"\n")
            case "/metrics":
                return Page(200, CONTENT_TYPE, exposition(watched).encode())
            case _:
                return inspector.get(path) or health_page(path, watched.lobby)

    return page
