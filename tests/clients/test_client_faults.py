"""A client among servers that are not there, not ready, or not right: every fault has a name, and none hangs."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pelton.client import CannotConnect, Client, ClientError, Closed, Room, ServerFault, connect
from pelton.protocol import Comeback
from tests.clients.fake_server import JOINED, SHIPS, TABLES, FakeServer, Line
from tests.clients.wire import entered, part

FOREVER_S = 3600


async def refused(url: str, timeout_s: float = 5) -> str:
    """Why there is no connection."""
    with pytest.raises(CannotConnect) as caught:
        async with connect(url, timeout_s=timeout_s):
            raise AssertionError("connected")
    assert caught.value.url == url
    assert str(caught.value) == f"cannot connect to {url}: {caught.value.problem}"
    return caught.value.problem


# No connection.


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert await refused(f"ws://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "127.0.0.1:1", "", "ws://", "ws://127.0.0.1:99999/", "ws://u@/", "wss//x", "ws://a..b/"],
)
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    assert await refused(url)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\ncome back later\n", "the server answered HTTP 503: come back later"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the server answered HTTP 404: no reason given"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>\n", "the server answered HTTP 200: <html>"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "no reason given"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "a broken upgrade"),
        (b"\x00" * 9000, ""),
        (b"", "ended the connection without a goodbye"),
    ],
    ids=["503", "404", "200", "no HTTP", "no upgrade", "rubbish", "nothing"],
)
async def test_what_answers_is_no_server_of_ours(answer: bytes, problem: str) -> None:
    async def script(line: Line) -> None:
        await line.head()
        line.writer.write(answer)

    async with FakeServer(script) as url:
        assert problem in await refused(url)


async def accepts(line: Line) -> None:
    await line.ended()


async def upgrades(line: Line) -> None:
    await line.upgrade()
    await line.gone()


@pytest.mark.parametrize("script", [accepts, upgrades])
async def test_a_server_that_does_not_answer_is_given_up_in_time(script: Callable[[Line], Awaitable[None]]) -> None:
    async with FakeServer(script) as url:
        assert await refused(url, timeout_s=0.05) == "no answer within 0.05 s"


async def test_a_server_that_closes_instead_of_welcoming_is_told_with_its_reason() -> None:
    async def script(line: Line) -> None:
        await line.upgrade()
        line.close(1013, "the server is full")
        await line.gone()

    async with FakeServer(script) as url:
        assert await refused(url) == "the server is full"


async def test_rubbish_instead_of_a_welcome_is_told() -> None:
    async def script(line: Line) -> None:
        await line.upgrade()
        line.say_bytes(b"\xc1")
        await line.gone()

    async with FakeServer(script) as url:
        assert "the server sent what is no message" in await refused(url)


# A seat that goes wrong.

Play = Callable[[Line], Awaitable[None] | None]


async def seated(play: Play, *, then: Callable[[Client, Room], Awaitable[Any]]) -> Any:
    """Take a seat, let the server play, and do `then` with it."""

    async def script(line: Line) -> None:
        await line.seat()
        playing = play(line)
        if playing is not None:
            await playing
        await line.gone()

    async with FakeServer(script) as url, connect(url) as client:
        return await then(client, await client.join_or_create("arena"))


async def ticks_into(seen: list[int], room: Room) -> None:
    async for frame in room:
        seen.append(frame.tick)  # noqa: PERF401 - what was seen before an error counts


async def fault_in(play: Play, kind: type[ClientError]) -> ClientError:
    """What the iteration raises after the one frame that is right."""

    def right_first(line: Line) -> Awaitable[None] | None:
        line.frame(1, 0, part(whole=True, entered=entered(SHIPS, {1: (4, "Ada")})))
        return play(line)

    async def iterate(_: Client, room: Room) -> ClientError:
        seen: list[int] = []
        with pytest.raises(kind) as caught:
            await ticks_into(seen, room)
        assert (type(caught.value), seen, room.state.tick) == (kind, [1], 1)
        return caught.value

    error = await seated(right_first, then=iterate)
    assert isinstance(error, ClientError)
    return error


async def test_a_frame_on_the_wrong_base_is_the_servers_fault() -> None:
    error = await fault_in(lambda line: line.frame(3, 2), ServerFault)
    assert str(error) == "tick 3 builds on tick 2, the replica is at 1"


async def test_a_row_changed_that_is_not_there_is_the_servers_fault() -> None:
    stray = part(changed=[*entered(SHIPS, {9: (4, "Ada")})[:3], None])
    error = await fault_in(lambda line: line.frame(2, 1, stray), ServerFault)
    assert str(error).endswith("table 'ships', group 0: row 9 is changed but not in the group")


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x90", b"\x91\x14", b"\x93\x15\xa1x\x00", b"\x91\x01"], ids=repr)
async def test_rubbish_ends_the_connection_and_says_why(payload: bytes) -> None:
    codes: list[int] = []

    async def play(line: Line) -> None:
        line.say_bytes(payload)
        codes.append(await line.goodbye())

    error = await fault_in(play, Closed)
    assert isinstance(error, Closed)
    assert (error.code, codes) == (1002, [1002])
    assert error.reason.startswith("the server sent what is no message")


async def test_a_text_message_ends_the_connection() -> None:
    error = await fault_in(lambda line: line.writer.write(b"\x81\x02hi"), Closed)
    assert isinstance(error, Closed)
    assert error.code == 1003


async def test_a_server_that_vanishes_is_told_after_its_last_frame() -> None:
    error = await fault_in(lambda line: line.vanish(), Closed)
    assert isinstance(error, Closed)
    assert (error.code, error.comeback) == (1006, Comeback.YES)


async def test_a_server_that_closes_is_told_with_its_code_and_reason() -> None:
    error = await fault_in(lambda line: line.close(4503, "slow"), Closed)
    assert isinstance(error, Closed)
    assert (error.code, error.reason, error.comeback) == (4503, "slow", Comeback.YES)
    assert str(error) == "closed with 4503 slow_consumer: slow"


@pytest.mark.parametrize("code", [3999, 4999])
async def test_a_code_that_nobody_knows_may_be_tried_again_later(code: int) -> None:
    error = await fault_in(lambda line: line.close(code), Closed)
    assert isinstance(error, Closed)
    assert (str(error), error.comeback) == (f"closed with {code} unknown", Comeback.LATER)


@pytest.mark.parametrize(
    "joined",
    [
        [*JOINED[:-1], [["ships"]]],
        [*JOINED[:-1], [3]],
        [*JOINED[:-1], [["ships", "heap", []]]],
        [*JOINED[:-1], [["ships", "table", [["x"]]]]],
        [*JOINED[:-1], [["ships", "table", [["x", "quant"]]]]],
        [*JOINED[:-1], [["ships", "table", [["x", "quant", 0, 1, 3]]]]],
        [*JOINED[:-1], [["ships", "table", [["x", "quant", "0", 1, 1]]]]],
        [*JOINED[:4], 0, *JOINED[5:]],
        [*JOINED[:-2], [7], TABLES],
        [*JOINED[:-2], [["steer"]], TABLES],
    ],
    ids=lambda joined: str(joined[-2:]),
)
async def test_a_seat_that_makes_no_sense_is_the_servers_fault(joined: list[Any]) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear()
        line.say(*joined)
        await line.gone()

    async with FakeServer(script) as url, connect(url) as client:
        with pytest.raises(ServerFault, match=r"makes? no sense|ticks a second"):
            await client.join_or_create("arena")
