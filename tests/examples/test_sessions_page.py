"""The program of docs/sessions.md, against a real server: it prints what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

from pelton.client import Backoff, Client, connect
from pelton.server import Action, Event, Played, Player, Room, Size, Tick
from pelton.server.app import Server
from tests.server.fakes import settings

PAGE = (Path(__file__).parents[2] / "docs" / "sessions.md").read_text(encoding="utf-8")
NAMES = (Action, Annotated, Any, Backoff, Callable, Client, Event, Iterable, Played, Player, Room, Size, Tick, connect)


def cut(client: Client) -> None:
    client._connection._websocket.drop(1006, "cut by the test")


async def test_the_program_of_the_page_prints_what_the_page_says() -> None:
    code, promised = re.findall(r"^```(?:python|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[-2:]
    names: dict[str, Any] = {getattr(name, "__name__", "Annotated"): name for name in NAMES} | {"Played": Played}
    exec(compile(code, "docs/sessions.md", "exec", dont_inherit=True), names)  # noqa: S102 - our own page
    server = Server(settings("server.port=0", "receive.intake_interval_ms=1"), {"tavern": names["Tavern"]})
    await server.start()
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            await names["listen"](server.url, cut)
    finally:
        await server.stop()
    assert printed.getvalue() == promised
