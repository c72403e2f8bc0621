"""The admin port on real sockets: one answer a connection, bounded in bytes, in time and in number."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from pelton.server.admin.listener import AdminListener, Limits
from pelton.wire import Page
from tests.server.peer import PATIENCE_S, Peer

HOST = b"Host: localhost\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
HEAD = b"HEAD / HTTP/1.1\r\n" + HOST
BODY = "page of /\n"


def echo(path: str) -> Page | None:
    """A page for every path but two."""
    match path:
        case "/nothing":
            return None
        case "/broken":
            raise ZeroDivisionError
        case "/large":
            return Page.text(200, "x" * 5_000_000)
        case _:
            return Page.text(200, f"page of {path}")


class Running(AdminListener):
    """Started, on the port that was found."""

    port = 0


@asynccontextmanager
async def running(limits: Limits | None = None) -> AsyncGenerator[Running]:
    sock = socket.create_server(("127.0.0.1", 0))
    listener = Running(echo, limits)
    listener.port = sock.getsockname()[1]
    await listener.start(sock)
    try:
        yield listener
    finally:
        await listener.stop()


@pytest.fixture
async def listener() -> AsyncIterator[Running]:
    async with running() as listener:
        yield listener


async def rest(peer: Peer) -> bytes:
    """All that comes until the server hangs up."""
    loop, found = asyncio.get_running_loop(), b""
    async with asyncio.timeout(PATIENCE_S):
        while data := await loop.sock_recv(peer.sock, 65_536):
            found += data
    return found


async def answer(listener: Running, sent: bytes) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of what comes back on a connection of its own."""
    with Peer(listener.port) as peer:
        await peer.send(sent)
        return parts(await rest(peer))


def parts(response: bytes) -> tuple[int, dict[str, str], str]:
    head, _, body = response.decode().partition("\r\n\r\n")
    line, *fields = head.split("\r\n")
    assert line.startswith("HTTP/1.1 ")
    return int(line.split()[1]), dict(field.split(": ", 1) for field in fields), body


async def connected(listener: Running, count: int) -> None:
    """Wait until so many are connected; the test's own timeout is the bound."""
    while len(listener.visits) != count:
        await turned()


async def turned() -> None:
    """Let the event loop go round once."""
    await asyncio.sleep(0)


async def test_a_request_gets_its_page_and_the_end(listener: Running) -> None:
    status, headers, body = await answer(listener, GET)
    assert (status, body) == (200, BODY)
    assert headers["Content-Length"] == str(len(BODY))
    assert headers["Connection"] == "close"
    await connected(listener, 0)


async def test_the_query_is_no_part_of_the_path(listener: Running) -> None:
    assert (await answer(listener, b"GET /a/b?c=d HTTP/1.1\r\n" + HOST))[2] == "page of /a/b\n"


async def test_head_gets_the_length_and_no_body(listener: Running) -> None:
    status, headers, body = await answer(listener, HEAD)
    assert (status, headers["Content-Length"], body) == (200, str(len(BODY)), "")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /nothing HTTP/1.1\r\n" + HOST, 404),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n" + HOST + b"hello", 405),
        (b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    ],
)
async def test_what_is_not_served_is_answered_with_the_reason(listener: Running, sent: bytes, status: int) -> None:
    found, headers, body = await answer(listener, sent)
    assert found == status
    assert headers["Content-Length"] == str(len(body)) != "0"


async def test_a_head_may_come_in_any_pieces(listener: Running) -> None:
    with Peer(listener.port) as peer:
        for at in range(len(GET)):
            await peer.send(GET[at : at + 1])
        assert parts(await rest(peer))[2] == BODY


async def test_nothing_waits_for_who_is_gone(listener: Running) -> None:
    with Peer(listener.port):
        await connected(listener, 1)
        (visit,) = listener.visits
    await connected(listener, 0)
    assert visit._timer.cancelled()


async def test_what_follows_a_request_is_not_answered(listener: Running) -> None:
    assert (await answer(listener, GET + GET))[2] == BODY


async def test_a_head_of_the_longest_length_is_read_and_one_byte_more_is_not(listener: Running) -> None:
    room = listener.limits.head_bytes_max - len(GET) - len(b"X: \r\n")
    for extra, status in ((0, 200), (1, 431)):
        sent = GET.replace(b"Host", b"X: " + b"x" * (room + extra) + b"\r\nHost")
        assert len(sent) == 8192 + extra
        assert (await answer(listener, sent))[0] == status


async def test_a_head_without_end_is_refused_and_the_answer_arrives(listener: Running) -> None:
    """Though the client still sends: what is unread must not reset the connection."""
    status, _, body = await answer(listener, b"GET /" + b"x" * 30_000)
    assert (status, body) == (431, "the request's head is longer than 8192 bytes\n")


async def test_who_goes_on_sending_is_cut_off() -> None:
    async with running(Limits(dropped_bytes_max=100)) as listener:
        with Peer(listener.port) as peer:
            await peer.send(GET)
            assert parts(await rest(peer))[0] == 200
            await connected(listener, 1)
            await peer.send(b"x" * 101)
            await connected(listener, 0)


@pytest.mark.parametrize("sent", [b"", GET[:-1]], ids=["nothing", "all but a byte"])
async def test_a_request_that_is_not_whole_in_time_is_refused(sent: bytes) -> None:
    async with running(Limits(time_s=0.05)) as listener:
        with Peer(listener.port) as peer:
            await peer.send(sent)
            status, _, body = parts(await rest(peer))
            assert (status, body) == (408, "the request was not whole after 0.05 s\n")
            await connected(listener, 0)  # though the client has not hung up


async def test_who_has_his_answer_and_does_not_go_is_cut_off() -> None:
    async with running(Limits(time_s=0.05)) as listener:
        with Peer(listener.port) as peer:
            await peer.send(GET)
            assert parts(await rest(peer))[0] == 200
            await connected(listener, 0)


async def test_who_does_not_read_is_cut_off() -> None:
    async with running(Limits(time_s=0.1)) as listener:
        with Peer(listener.port) as peer:
            await peer.send(b"GET /large HTTP/1.1\r\n" + HOST)
            await connected(listener, 1)
            await connected(listener, 0)


async def test_one_connection_too_many_hears_so_at_once_and_the_others_go_on(listener: Running) -> None:
    async with AsyncExitStack() as stack:
        inside = [stack.enter_context(Peer(listener.port)) for _ in range(32)]
        await connected(listener, 32)
        refused = Peer(listener.port)
        with refused:
            status, _, body = parts(await rest(refused))
            assert (status, body) == (503, "32 others are connected; try again\n")
        await inside[0].send(GET)
        assert parts(await rest(inside[0]))[0] == 200
        inside[0].sock.close()
        await connected(listener, 31)
        assert (await answer(listener, GET))[0] == 200


async def test_who_is_refused_holds_a_place_only_up_to_a_number() -> None:
    async with running(Limits(connections_max=1, refused_max=1)) as listener:
        with Peer(listener.port), Peer(listener.port) as refused, Peer(listener.port) as dropped:
            assert parts(await rest(refused))[0] == 503
            assert await rest(dropped) == b""
            await connected(listener, 2)


async def test_a_page_that_fails_is_an_answer_and_a_line_in_the_log(
    listener: Running, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status, _, body = await answer(listener, b"GET /broken HTTP/1.1\r\n" + HOST)
    assert (status, body) == (500, "this page failed; the server's log knows why\n")
    (record,) = caplog.records
    assert record.exc_info is not None
    assert (await answer(listener, GET))[0] == 200


async def test_clients_that_break_off_are_no_matter(listener: Running, caplog: pytest.LogCaptureFixture) -> None:
    for sent in (b"", GET[:9], GET):
        with Peer(listener.port) as peer:
            await peer.send(sent)
            await connected(listener, 1)
            peer.break_off()
            await connected(listener, 0)
    with Peer(listener.port) as peer:
        await peer.send(GET)
        peer.sock.shutdown(socket.SHUT_WR)
        assert parts(await rest(peer))[0] == 200
    await connected(listener, 0)
    assert caplog.records == []


async def test_stopping_ends_those_who_are_here_and_the_port(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as listener:
        with Peer(listener.port) as waiting, Peer(listener.port) as answered:
            await answered.send(GET)
            assert parts(await rest(answered))[0] == 200
            await connected(listener, 2)
            await listener.stop()
            assert not listener.visits
            assert await rest(waiting) == b""
        with pytest.raises(ConnectionRefusedError):
            Peer(listener.port)
        await listener.stop()  # a second time: no matter
    assert caplog.records == []


async def test_who_was_never_started_can_be_stopped() -> None:
    await AdminListener(echo).stop()
