"""The two pages that balancers and supervisors ask for, on the game port and on the admin port alike."""

from __future__ import annotations

from pelton.server.simulate.lobby import Lobby
from pelton.wire import Page

__all__ = ["health_page"]


def health_page(path: str, lobby: Lobby) -> Page | None:
    """/healthz: is it alive; /readyz: does it take players. None for any other path."""
    match path:
        case "/healthz":
            return Page.text(503, "stalling") if lobby.overload.is_stalling else Page.text(200, "ok")
        case "/readyz":
            if lobby.closing:
                return Page.text(503, "stopping")
            return Page.text(503, "overloaded") if lobby.overload.busy else Page.text(200, "ready")
        case _:
            return None
