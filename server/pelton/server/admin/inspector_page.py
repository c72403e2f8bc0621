"""The inspector's page: a few files of this package, read once. It holds nothing of the server, so it needs no token.

A path is looked up among these and never joined to a folder, so no path leads anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pelton.wire import Page

__all__ = ["INSPECTOR", "inspector_pages", "is_inspector"]

INSPECTOR = "/inspector"
FOLDER = Path(__file__).with_name("page")
CHARTS = ("uPlot.iife.js", "uPlot.min.css")
"""What draws the plot. Not ours, and not committed: `make install` puts it there."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
# Nothing of other hosts, no script in the page itself, and in nobody's frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    f"Content-Security-Policy: {_POLICY}",
    "Referrer-Policy: no-referrer",
)


def is_inspector(path: str) -> bool:
    """Whether a path is the page's, or would be."""
    return path == INSPECTOR or path.startswith(f"{INSPECTOR}/")


def inspector_pages(folder: Path = FOLDER) -> Mapping[str, Page]:
    """The files by path."""
    found = {path.name: path for path in folder.iterdir() if path.suffix in TYPES}
    front = found.pop("inspector.html")
    return {
        INSPECTOR: _page(front),
        **{f"{INSPECTOR}/{name}": _page(path) for name, path in sorted(found.items())},
    }


def _page(path: Path) -> Page:
    return Page(200, TYPES[path.suffix], path.read_bytes(), _HEADERS)
