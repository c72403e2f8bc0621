"""docs/client.md tells the truth: each function on it runs, and prints what stands below it."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import pelton.client
from pelton.client import connect
from tests.clients.fake_server import FakeServer, Line
from tests.clients.wire import entered, part

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
FUNCTION = re.compile(r"async def (\w+)")
BLOCKS = {
    FUNCTION.findall(code)[0]: (code, output)
    for code, output in re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
}
NAMES = {**{name: getattr(pelton.client, name) for name in pelton.client.__all__}, "Any": Any, "time": time}

SHIPS: list[list[Any]] = [["x", "quant", 0, 0.5, 2], ["name", "str"]]
ROUND: list[list[Any]] = [["turn", "u16"]]
TABLES: list[list[Any]] = [["ships", "table", SHIPS], ["round", "record", ROUND]]
JOINED = [17, "room1", "arena", 7, 20, 0, [["steer", ["turn", "thrust"]]], TABLES]


def ticks(line: Line, first: int, last: int) -> None:
    """Ada flies to the right, Bob is there in tick 2."""
    for tick in range(first, last + 1):
        rows = {7: (2 * (92 + 8 * tick), "Ada"), **({9: (100, "Bob")} if tick == 2 else {})}
        ships = part(0, 0, whole=tick == 1, removed=[9] if tick == 3 else None, entered=entered(SHIPS, rows))
        line.frame(tick, tick - 1, ships, part(1, 0, entered=entered(ROUND, {0: (tick,)})), ack=tick - 1)


async def until(line: Line, number: int) -> None:
    """Answer pings until the client sends this message."""
    while (message := await line.hear())[0] != number:
        if message[0] == 5:
            line.say(21, message[1], 1_000_000)


async def script(line: Line, waits_for: int | None, left_after: int) -> None:
    await line.greet()
    await until(line, 2)
    line.say(*JOINED)
    ticks(line, 1, left_after)
    if waits_for is not None:
        await until(line, waits_for)
    ticks(line, left_after + 1, 3)
    line.say(19, "room_closed")
    with suppress(EOFError):  # the client's goodbye
        await until(line, 0)
    line.close(1000)
    await line.ended()


@pytest.mark.parametrize("name", BLOCKS)
async def test_what_is_shown_is_what_happens(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = BLOCKS[name]
    names: dict[str, Any] = dict(NAMES)
    exec(compile(code, "docs/client.md", "exec"), names)  # noqa: S102 - our own page
    function: Callable[..., Awaitable[None]] = names[name]
    acts = name in ("play", "fly")

    async def played(line: Line) -> None:
        await script(line, 4 if acts else None, 1 if name == "fly" else 0 if acts else 3)

    async with FakeServer(played) as url:
        if name == "play":
            await function(url)
        else:
            async with connect(url) as client:
                room = await client.join_or_create("arena")
                await (function(client, room) if name == "measure" else function(room))
    assert capsys.readouterr().out == output


def test_every_function_on_the_page_has_its_output_below() -> None:
    assert len(BLOCKS) == PAGE.count("```python") > 5
