"""The page that plays the arena, as `make browser` built it: a few files of this package, read once.

A path is looked up among these and never joined to a folder, so no path leads anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pelton.wire import Page

__all__ = ["BUILT", "arena_pages"]

BUILT = Path(__file__).parents[1] / "browser"
"""Where the TypeScript client and its page are."""

_FILES = {
    "/": ("arena.html", "text/html; charset=utf-8"),
    "/arena.css": ("arena.css", "text/css; charset=utf-8"),
    "/arena.js": ("arena.js", "text/javascript; charset=utf-8"),
    "/pelton.js": ("pelton.js", "text/javascript; charset=utf-8"),
}
# Nothing of other hosts, no script in the page itself, and in nobody's frame. 'self' is this host's WebSocket, too.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    f"Content-Security-Policy: {_POLICY}",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: no-referrer",
)


def arena_pages(folder: Path = BUILT) -> Mapping[str, Page]:
    """The files by path; if they were not built, a page that says how."""
    try:
        return {
            path: Page(200, content_type, (folder / name).read_bytes(), _HEADERS)
            for path, (name, content_type) in _FILES.items()
        }
    except FileNotFoundError:
        return {"/": Page.text(503, "the page of the arena was not built: run `make browser`")}
