"""Connections are let in up to a number, have a time to introduce themselves and one to go, on either transport."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import AsyncIterator
from typing import cast

import pytest

from pelton.server.receive import listener as listener_module
from pelton.server.receive.listener import listen
from tests.server.fakes import settings
from tests.server.peer import UPGRADE, Peer
from tests.server.wheel import TRANSPORTS, Wheel

HELLO_TIMEOUT_S, CLOSE_TIMEOUT_S = 5, 2


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return f"server.transport={request.param}"


@pytest.fixture
async def wheel(transport: str) -> AsyncIterator[Wheel]:
    times = (f"receive.hello_timeout_s={HELLO_TIMEOUT_S}", f"receive.close_timeout_s={CLOSE_TIMEOUT_S}")
    async with Wheel(transport, *times) as wheel:
        yield wheel


async def connected(wheel: Wheel, count: int) -> None:
    """Wait until so many connections are taken in."""
    while wheel.metrics.connections != count:
        await wheel.turned()


async def gone(wheel: Wheel) -> None:
    """Wait until nobody is left; the test's own timeout is the bound."""
    while not wheel.listener.quiet:
        await wheel.turned()


# Introductions.


@pytest.mark.parametrize("sent", [b"", UPGRADE[:40], UPGRADE[:-1]], ids=["nothing", "half a head", "all but a byte"])
async def test_a_handshake_that_is_not_whole_in_time_is_answered_over_http(wheel: Wheel, sent: bytes) -> None:
    with Peer(wheel.port) as peer:
        await peer.send(sent)
        await connected(wheel, 1)
        await wheel.run_for(HELLO_TIMEOUT_S - 0.001)
        assert wheel.metrics.connections == 1
        await wheel.pass_time(0.001)
        assert (await peer.rest()).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert wheel.metrics.connections == 0


async def test_a_websocket_without_hello_is_closed_in_time(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        assert (await peer.upgrade()).startswith(b"HTTP/1.1 101 ")
        await wheel.run_for(HELLO_TIMEOUT_S - 0.001)
        assert wheel.metrics.connections == 1
        await wheel.pass_time(0.001)
        assert await peer.closed() == (4508, "hello_timeout: no hello in time")


async def test_who_was_shaking_hands_while_the_process_stood_still_has_as_long_once_more(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.send(UPGRADE[:40])
        await connected(wheel, 1)
        await wheel.pass_time(2 * HELLO_TIMEOUT_S)
        await wheel.run_for(HELLO_TIMEOUT_S)
        await peer.send(UPGRADE[40:])
        assert (await peer.head()).startswith(b"HTTP/1.1 101 ")
        await wheel.run_for(2 * HELLO_TIMEOUT_S)
        assert await peer.closed() == (4508, "hello_timeout: no hello in time")


async def test_who_said_hello_may_be_silent_for_ever(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.greet()
        await wheel.pass_time(1000)
        await peer.say(5, 1)
        assert (await peer.hear())[:2] == [21, 1]


async def test_pages_are_served_on_the_same_port(wheel: Wheel) -> None:
    for path, status, text in (("/healthz", 200, "ok"), ("/readyz", 200, "ready"), ("/nothing", 404, "nothing here")):
        with Peer(wheel.port) as peer:
            await peer.send(f"GET {path}?x=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answer = (await peer.rest()).decode()
            assert answer.startswith(f"HTTP/1.1 {status} ")
            assert answer.partition("\r\n\r\n")[2].startswith(text)


async def test_a_request_in_single_bytes_is_served_too(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        for byte in UPGRADE:
            await peer.send(bytes([byte]))
            await wheel.turned()
        assert (await peer.head()).startswith(b"HTTP/1.1 101 ")


# How many.


async def test_one_connection_too_many_is_closed_until_another_goes(transport: str) -> None:
    async with Wheel(transport, "server.connections_max=2") as wheel:
        with Peer(wheel.port) as one, Peer(wheel.port) as two:
            await one.greet()
            await two.greet()
            with Peer(wheel.port) as three:
                await three.upgrade()
                assert await three.closed() == (1013, "the server is full; come back later")
            one.break_off()
            await connected(wheel, 1)
            with Peer(wheel.port) as four:
                await four.greet()
            assert (wheel.metrics.connections_refused, wheel.metrics.connections_total) == (1, 4)


async def test_a_full_server_still_says_that_it_is_alive(transport: str) -> None:
    async with Wheel(transport, "server.connections_max=1") as wheel:
        with Peer(wheel.port) as one:
            await one.greet()
            with Peer(wheel.port) as other:
                await other.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert (await other.rest()).startswith(b"HTTP/1.1 200 ")


async def test_far_too_many_connections_are_dropped_without_a_word(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer to each would hold a place for each."""
    monkeypatch.setattr(listener_module, "REFUSED_AT_ONCE_MAX", 1)
    async with Wheel(transport, "server.connections_max=1") as wheel:
        with Peer(wheel.port) as one:
            await one.greet()
            with Peer(wheel.port) as waiting:
                await connected(wheel, 2)
                with Peer(wheel.port) as third:
                    assert await third.rest() == b""
                assert (wheel.metrics.connections_refused, wheel.metrics.connections) == (1, 2)
                await waiting.upgrade()
                assert (await waiting.closed())[0] == 1013


async def test_a_closing_lobby_is_not_ready(wheel: Wheel) -> None:
    wheel.lobby.closing = True
    with Peer(wheel.port) as peer:
        await peer.send(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await peer.rest()).startswith(b"HTTP/1.1 503 ")


# The end.


async def test_who_is_here_when_the_door_shuts_stays(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.greet()
        wheel.stop()
        await wheel.turned()
        with pytest.raises(ConnectionRefusedError):
            Peer(wheel.port)
        await peer.say(5, 9)
        assert (await peer.hear())[:2] == [21, 9]


async def test_close_all_says_goodbye_to_everybody(wheel: Wheel) -> None:
    with Peer(wheel.port) as silent, Peer(wheel.port) as seated:
        await silent.upgrade()
        await seated.join()
        await wheel.ticks()
        assert not wheel.listener.quiet
        wheel.listener.close_all(1012, "the server is going down")
        assert await silent.closed() == await seated.closed() == (1012, "the server is going down")
        assert wheel.lobby.players == 0
        assert not wheel.listener.quiet
    await gone(wheel)
    assert wheel.metrics.connections == 0


async def test_close_all_ends_a_handshake_that_is_not_whole(wheel: Wheel) -> None:
    with Peer(wheel.port) as half:
        await half.send(UPGRADE[:50])
        await connected(wheel, 1)
        wheel.listener.close_all(1012, "the server is going down")
        assert await half.rest() == b""
    await gone(wheel)


async def test_a_peer_that_does_not_go_is_dropped_in_time(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.greet()
        await peer.say(1, "again")  # closed with 4405; the peer keeps its side open
        assert (await peer.closed())[0] == 4405
        await wheel.pass_time(CLOSE_TIMEOUT_S - 0.001)
        quiet_before = wheel.listener.quiet
        assert not quiet_before
        await wheel.pass_time(0.001)
        assert wheel.listener.quiet
        with pytest.raises(ConnectionError):
            await talk_on(wheel, peer)


async def talk_on(wheel: Wheel, peer: Peer) -> None:
    """The system tells a peer that nobody is there any more with one of his next words."""
    for _ in range(3):
        await peer.send(b"still here")
        await wheel.turned()


async def test_a_peer_that_goes_by_itself_is_gone_at_once(wheel: Wheel) -> None:
    for leave in (Peer.break_off, lambda peer: peer.sock.close()):
        peer = Peer(wheel.port)
        await peer.join()
        await peer.say(5, 1)
        await peer.hear_until(21)  # so the join is read as well
        await wheel.ticks()
        assert wheel.lobby.players == 1
        leave(peer)
        await gone(wheel)
        assert (wheel.lobby.players, wheel.metrics.connections) == (0, 0)


async def test_a_peer_that_is_gone_before_it_is_accepted_harms_nobody(transport: str) -> None:
    """The system hands out its socket all the same, one that has no address any more."""
    wheel = Wheel(transport)
    Peer(wheel.port).break_off()
    async with wheel:
        with Peer(wheel.port) as other:
            await other.greet()
            await wheel.turned(3)
            assert wheel.metrics.connections == 1
            await wheel.pass_time(1000)
            await other.say(5, 1)
            assert (await other.hear())[:2] == [21, 1]


async def test_what_ends_without_a_word_is_gone_too(wheel: Wheel) -> None:
    with Peer(wheel.port) as half, Peer(wheel.port) as seated:
        await half.send(UPGRADE[:50])
        await seated.join()
        await connected(wheel, 2)
        wheel.end()
        assert (wheel.metrics.connections, wheel.lobby.players) == (0, 0)
        assert await half.rest() == b""
        assert (await seated.closed())[0] == 1006


# Out of file descriptors.


class Starving:
    """A listening socket of a process that has no descriptor left whenever it is not `fed`."""

    def __init__(self, sock: socket.socket, error: int) -> None:
        self.fileno = sock.fileno
        self.close = sock.close
        self.fed = False
        self.attempts = 0
        self._sock = sock
        self._error = error

    def accept(self) -> tuple[socket.socket, object]:
        self.attempts += 1
        if not self.fed:
            raise OSError(self._error, "no more of it")
        return self._sock.accept()


def starving(error: int) -> tuple[Wheel, Starving]:
    wheel = Wheel()
    sock = Starving(wheel.sock, error)
    wheel.sock = cast("socket.socket", sock)
    return wheel, sock


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM], ids=errno.errorcode.get)
async def test_out_of_descriptors_the_listener_looks_away_while_others_play_on(
    error: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener_module, "RETRY_ACCEPT_S", 3600)
    wheel, sock = starving(error)
    sock.fed = True
    async with wheel:
        with Peer(wheel.port) as inside:
            await inside.greet()
            sock.fed, sock.attempts = False, 0
            with Peer(wheel.port), caplog.at_level(logging.ERROR):
                while not sock.attempts:
                    await wheel.turned()
                await wheel.turned(5)
                await inside.say(5, 1)
                assert (await inside.hear())[:2] == [21, 1]
            assert sock.attempts == 1, "the socket stays ready; to ask again at once would be to spin"
            assert "cannot accept connections" in caplog.text


async def test_the_listener_tries_again_and_nobody_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "RETRY_ACCEPT_S", 0.001)
    wheel, sock = starving(errno.EMFILE)
    async with wheel:
        with Peer(wheel.port) as peer:
            while sock.attempts < 3:
                await wheel.turned()
            sock.fed = True
            await peer.greet()


async def test_a_listener_that_stops_while_it_looks_away_stays_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "RETRY_ACCEPT_S", 0.001)
    wheel, sock = starving(errno.EMFILE)
    async with wheel:
        with Peer(wheel.port):
            while not sock.attempts:
                await wheel.turned()
            wheel.stop()
            attempts = sock.attempts
            await wheel.turned(5)
        assert sock.attempts == attempts


# The address.


def test_a_port_in_use_is_an_error_of_the_system() -> None:
    with listen("127.0.0.1", 0, settings()) as sock, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", sock.getsockname()[1], settings())


@pytest.mark.parametrize("host", ["192.0.2.1", "a..b"])
def test_an_address_that_cannot_be_had_is_an_error_of_the_system(host: str) -> None:
    """Whoever starts a server catches OSError and says which setting is wrong."""
    with pytest.raises(OSError):  # noqa: PT011 - what it says is up to the system
        listen(host, 0, settings())


# Who waits for the next look, and who for the next tick.


def waits(wheel: Wheel) -> bool:
    return wheel.listener.waiting


async def test_only_a_connection_without_a_seat_waits_for_a_look(wheel: Wheel) -> None:
    assert not waits(wheel)
    with Peer(wheel.port) as peer:
        await connected(wheel, 1)
        assert waits(wheel)
        await peer.join("tally")
        while not wheel.lobby.players:
            await wheel.turned()
        assert not waits(wheel)  # a promised seat is taken with the next tick
        await wheel.ticks(2)
        assert (await peer.hear())[0] == 17
        await peer.say(3)
        await peer.hear_until(19)
        assert waits(wheel)
        await peer.say(1, "again")  # which ends it
        await connected(wheel, 0)
        assert waits(wheel)  # for the end of the goodbye
        await wheel.pass_time(CLOSE_TIMEOUT_S)
        assert not waits(wheel)


async def test_nobody_waits_for_who_is_gone_at_once(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.greet()
        peer.break_off()
        await connected(wheel, 0)
    assert not waits(wheel)


async def test_a_new_connection_is_told_to_the_beat(wheel: Wheel) -> None:
    told: list[int] = []
    wheel.listener.on_connection = lambda: told.append(1)
    with Peer(wheel.port) as peer:
        await peer.greet()
        assert told == [1]
