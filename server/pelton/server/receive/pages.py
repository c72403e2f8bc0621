"""What the game port answers over plain HTTP: is it alive, does it take players, and a page for people."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from itertools import islice

from pelton.server.clock import NS_PER_S, Clock
from pelton.server.health import health_page
from pelton.server.metrics import Metrics
from pelton.server.simulate.lobby import Lobby
from pelton.wire import Page

__all__ = ["ROOMS_SHOWN_MAX", "pages"]

ROOMS_SHOWN_MAX = 100

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2733;--soft:#5d6b7a;--line:#d8dee6;--paper:#f6f8fa;--card:#fff;--accent:#0b7285}
@media(prefers-color-scheme:dark){
:root{--ink:#e6ebf1;--soft:#93a1b0;--line:#2c3742;--paper:#12181f;--card:#1a222b;--accent:#4dc4d8}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:3rem 1.25rem}h1{margin:0;font-size:2rem;letter-spacing:-.02em}
p{color:var(--soft);margin:.25rem 0 2rem}h2{font-size:1rem;margin:2rem 0 .5rem}code{color:var(--accent)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem}
.figures b{display:block;font-size:1.6rem;font-variant-numeric:tabular-nums}
.figures span{color:var(--soft);font-size:.85rem}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line)}
td,th{padding:.5rem .75rem;text-align:left;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th{font-weight:600;font-size:.85rem;color:var(--soft)}
"""


def pages(
    lobby: Lobby, metrics: Metrics, clock: Clock, more: Mapping[str, Page] | None = None
) -> Callable[[str], Page | None]:
    """The pages of this server, by path; None for a path that has none. `more` come first."""
    files = more or {}
    figures = _Figures(lobby, metrics, clock)

    def page(path: str) -> Page | None:
        if file := files.get(path):
            return file
        match path:
            case "/" | "/status":
                return figures.page()
            case _:
                return health_page(path, lobby)

    return page


class _Figures:
    """The page for people. Anybody may ask for it, as often as he likes: it is made once a second at most."""

    def __init__(self, lobby: Lobby, metrics: Metrics, clock: Clock) -> None:
        self._lobby, self._metrics, self._clock = lobby, metrics, clock
        self._made: tuple[int, Page] | None = None

    def page(self) -> Page:
        now_ns = self._clock.now_ns()
        if self._made is None or now_ns - self._made[0] >= NS_PER_S:
            text = _front(self._lobby, self._metrics)
            self._made = now_ns, Page(200, "text/html; charset=utf-8", text.encode())
        return self._made[1]


def _front(lobby: Lobby, metrics: Metrics) -> str:
    figures = "".join(
        f"<div><b>{count:,}</b><span>{label}</span></div>"
        for count, label in (
            (lobby.players, "players"),
            (len(lobby), "rooms"),
            (metrics.actions_taken, "actions played"),
            (metrics.frames_sent, "frames sent"),
        )
    )
    rows = "".join(
        f"<tr><td><code>{opened.room_id}</code><td>{html.escape(opened.ticker.game)}"
        f"<td>{opened.ticker.taken} of {opened.ticker.room.seats}<td>{opened.ticker.tick:,}"
        f"<td>{opened.ticker.room.tick_hz:g} Hz"
        for opened in islice(lobby, ROOMS_SHOWN_MAX)
    )
    if (unseen := len(lobby) - ROOMS_SHOWN_MAX) > 0:
        rows += f"<tr><td colspan=5>and {unseen:,} more"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh content=2>"
        f"<meta name=viewport content='width=device-width'><title>Pelton</title><style>{_STYLE}</style><main>"
        "<h1>Pelton</h1><p>The wheel is turning. Game clients connect to this address with a WebSocket, "
        f"<code>pelton.v1</code>.</p><div class=figures>{figures}</div><h2>Rooms</h2>"
        f"<table><tr><th>room<th>game<th>seats<th>tick<th>rate{rows or '<tr><td colspan=5>none open'}</table></main>"
    )
