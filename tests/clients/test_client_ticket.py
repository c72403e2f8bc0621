"""The Python client shows its ticket, a fresh one at each connect, and tells when to ask again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from pelton.client import Backoff, CannotConnect, ClientError, JoinRejected, connect
from pelton.protocol import Comeback
from pelton.server.app import Server
from pelton.server.auth.identity import Credentials, Identity, Refused
from tests.clients.fake_server import FakeServer, Line
from tests.server.fakes import settings
from tests.server.games import GAMES


class Book:
    """Lets in whoever begins with `ada`, and keeps what was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def authenticate(self, credentials: Credentials, now_s: float) -> Identity:
        self.shown.append(credentials.ticket)
        if not credentials.ticket.startswith("ada"):
            raise Refused("not in the book")
        return Identity("ada")


@asynccontextmanager
async def running(book: Book, *overrides: str) -> AsyncGenerator[Server]:
    server = Server(settings("server.port=0", "receive.intake_interval_ms=1", *overrides), GAMES, authenticator=book)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def fetched() -> str:
    await asyncio.sleep(0)
    return "ada, fetched"


@pytest.mark.parametrize("ticket", ["ada", lambda: "ada, made", fetched], ids=["text", "function", "async"])
async def test_the_ticket_is_shown(ticket: str | Callable[[], str | Awaitable[str]]) -> None:
    book = Book()
    async with running(book) as server, connect(server.url, ticket=ticket) as client:
        await client.join_or_create("tally")
        (opened,) = server.lobby
        assert [player.user_id for player in opened.ticker.room.players.values()] == ["ada"]
    assert book.shown == [await ticket_text(ticket)]


async def ticket_text(ticket: str | Callable[[], str | Awaitable[str]]) -> str:
    told = ticket() if callable(ticket) else ticket
    return told if isinstance(told, str) else await told


async def test_who_is_not_let_in_is_told_that_another_try_is_no_use_and_not_shown_his_ticket() -> None:
    async with running(Book()) as server:
        with pytest.raises(CannotConnect) as caught:
            async with connect(server.url, ticket="s3same"):
                pytest.fail("he is in")
    assert caught.value.closed is not None
    assert (caught.value.closed.code, caught.value.closed.comeback) == (4401, Comeback.NO)
    assert "s3same" not in str(caught.value)


async def test_a_fresh_ticket_is_asked_for_to_come_back() -> None:
    book, made = Book(), list[str]()

    def ticket() -> str:
        made.append(f"ada {len(made)}")
        return made[-1]

    at_once = Backoff(first_s=0.0)
    async with (
        running(book, "simulate.grace_s=5") as server,
        connect(server.url, ticket=ticket, comeback=at_once) as client,
    ):
        room = await client.join_or_create("tally")
        before = client.session_id
        client._connection._websocket.drop(1006, "cut by the test")  # no public way to break a network just so
        async with asyncio.timeout(5):
            async for _ in room.frames():
                if client.session_id != before:
                    break
        assert server.metrics.resumes == 1
    assert book.shown == made == ["ada 0", "ada 1"]


@pytest.mark.parametrize("ticket", ["x" * 2049, lambda: 7], ids=["too long", "a number"])
async def test_what_is_no_ticket_is_an_error_that_does_not_show_it(ticket: str | Callable[[], str]) -> None:
    async def script(line: Line) -> None:
        await line.head()

    async with FakeServer(script) as url:
        with pytest.raises(ClientError, match="a text of at most 2048 characters") as caught:
            async with connect(url, ticket=ticket):
                pytest.fail("connected")
    assert "xxx" not in str(caught.value)


@pytest.mark.parametrize(("sent", "told"), [([1.5], 1.5), ([2], 2), ([], 0.0)], ids=str)
async def test_a_rejected_join_says_when_to_ask_again(sent: list[float], told: float) -> None:
    async def script(line: Line) -> None:
        await line.greet()
        await line.hear()
        line.say(18, "busy", "come back later", *sent)
        await line.hear()

    async with FakeServer(script) as url, connect(url) as client:
        with pytest.raises(JoinRejected) as caught:
            await client.join_or_create("arena")
    assert (caught.value.reason, caught.value.retry_after_s) == ("busy", told)
