"""What is special about a transport: a slice at a time with other work in between, no half-close in TLS."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pelton.wire import Phase, TransportChannel, WebSocket
from tests.certificates import client_context, server_context
from tests.wire.fakes import (
    MASK,
    UPGRADE,
    Endpoint,
    close_frame,
    closing_in,
    frame,
    messages_in,
    new_websocket,
    request,
)

KERNEL_BYTES, LOWER_BYTES = 8192, 65_536


class FakeTransport(asyncio.Transport):
    """Takes everything, and remembers what it was asked for. Without half-close, as TLS is.

    It reads as uvloop does: again and again, until it has less than there is room for, or is told to pause.
    """

    def __init__(self, channel: TransportChannel, peername: Any = ("192.0.2.1", 4242)) -> None:
        super().__init__({"peername": peername})
        self.channel = channel
        self.written = b""
        self.waiting = b""
        """What the system has and the transport has not read."""
        self.reading = True
        self.ending = ""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0, "one message at most may wait here"

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ending, "a write after the end"
        self.written += data

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True
        asyncio.get_running_loop().call_soon(self._read)

    def arrive(self, data: bytes) -> None:
        """The peer has sent this."""
        self.waiting += data
        self._read()

    def _read(self) -> None:
        while self.reading and self.waiting and not self.ending:
            view = self.channel.get_buffer(-1)
            data, self.waiting = self.waiting[: len(view)], self.waiting[len(view) :]
            view[: len(data)] = data
            self.channel.buffer_updated(len(data))

    def close(self) -> None:
        self._end("closed")

    def abort(self) -> None:
        self._end("aborted")

    def _end(self, how: str) -> None:
        if not self.ending:
            self.ending = how
            asyncio.get_running_loop().call_soon(self.channel.connection_lost, None)


async def opened(slice_bytes: int = 100) -> tuple[FakeTransport, Endpoint]:
    websocket, endpoint = new_websocket()
    channel = TransportChannel(websocket, memoryview(bytearray(slice_bytes)))
    transport = FakeTransport(channel)
    channel.connection_made(transport)
    transport.arrive(request(*UPGRADE))
    await turns(10)
    assert endpoint.opened_count == 1
    transport.written = b""
    return transport, endpoint


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_flood_is_read_slice_by_slice_and_others_go_between() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    heard: list[int] = []
    transport.arrive(frame(b"x" * 44) * 20)
    while len(endpoint.messages) < 20:
        if not heard or heard[-1] != len(endpoint.messages):
            heard.append(len(endpoint.messages))
        assert len(transport.waiting) == 1000 - 50 * len(endpoint.messages), "what is not parsed was not read"
        await turns(1)
    assert heard == list(range(2, 20, 2))
    await turns(1)
    assert transport.reading


async def test_a_read_that_fills_no_slice_goes_on_reading() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    transport.arrive(frame(b"x" * 44))
    assert (len(endpoint.messages), transport.reading) == (1, True)


async def test_all_channels_of_a_loop_may_read_into_the_same_place() -> None:
    view = memoryview(bytearray(200))
    pairs = [new_websocket() for _ in range(2)]
    transports = [FakeTransport(TransportChannel(websocket, view)) for websocket, _ in pairs]
    for transport in transports:
        transport.channel.connection_made(transport)
        transport.arrive(request(*UPGRADE))
    message = frame(b"one half, the other half")
    for part in (message[:9], message[9:]):
        for transport in transports:
            transport.arrive(part)
    assert [endpoint.messages for _, endpoint in pairs] == [[b"one half, the other half"]] * 2


async def test_what_a_transport_hands_on_while_paused_is_kept_for_later() -> None:
    """A proactor has read more than a slice by itself, and gets rid of it at once."""
    transport, endpoint = await opened(slice_bytes=100)
    endpoint.websocket.pause()
    transport.reading = True
    transport.arrive(frame(b"x" * 44) * 5)
    assert (len(endpoint.messages), transport.waiting) == (0, b"")
    endpoint.websocket.resume()
    await turns(3)
    assert len(endpoint.messages) == 5


async def test_a_pause_between_two_slices_holds_the_rest_and_the_reading() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    transport.arrive(frame(b"x" * 44) * 6)
    endpoint.websocket.pause()
    await turns(10)
    assert (len(endpoint.messages), transport.reading) == (2, False)
    endpoint.websocket.resume()
    assert len(endpoint.messages) == 2
    await turns(10)
    assert (len(endpoint.messages), transport.reading) == (6, True)


async def test_a_pause_and_a_resume_in_the_middle_of_a_slice_keep_the_reading_in_step() -> None:
    transport, endpoint = await opened(slice_bytes=100)

    def blink(_: bytes) -> None:
        endpoint.websocket.pause()
        endpoint.websocket.resume()

    endpoint.on_message = blink
    transport.arrive(frame(b"x" * 20) * 20)
    await turns(50)
    assert (len(endpoint.messages), transport.reading) == (20, True)


async def test_nothing_is_parsed_once_the_transport_is_lost() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    transport.arrive(frame(b"x" * 44) * 6)
    transport.channel.connection_lost(ConnectionResetError())
    await turns(10)
    assert (len(endpoint.messages), endpoint.codes) == (2, [1006])
    assert transport.channel.ended.is_set()


async def test_nothing_is_parsed_once_the_endpoint_has_dropped_it() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    transport.arrive(frame(b"x" * 44) * 6)
    endpoint.websocket.drop(4000, "enough")
    await turns(10)
    assert (len(endpoint.messages), endpoint.codes, transport.ending) == (2, [4000], "closed")


async def test_without_a_half_close_a_goodbye_ends_both_ways_behind_what_was_written() -> None:
    transport, endpoint = await opened()
    assert endpoint.websocket.send(b"last words")
    endpoint.websocket.close(4001, "bye")
    await turns(3)
    assert messages_in(transport.written) == [b"last words"]
    assert (closing_in(transport.written), transport.ending) == ((4001, "bye"), "closed")
    assert (endpoint.codes, endpoint.websocket.gone) == ([4001], True)


async def test_a_goodbye_waits_until_the_transport_takes_bytes_again() -> None:
    transport, endpoint = await opened()
    transport.channel.pause_writing()
    endpoint.websocket.push(b"waiting")
    endpoint.websocket.close(4001, "bye")
    await turns(3)
    assert (transport.written, transport.ending) == (b"", "")
    transport.channel.resume_writing()
    await turns(3)
    assert messages_in(transport.written) == [b"waiting"]
    assert (closing_in(transport.written)[0], transport.ending) == (4001, "closed")


async def test_a_drop_does_not_wait_for_what_the_transport_still_holds() -> None:
    transport, endpoint = await opened()
    transport.channel.pause_writing()
    endpoint.websocket.drop(4003, "too slow")
    assert (transport.ending, endpoint.websocket.phase) == ("aborted", Phase.CLOSED)
    await turns(3)
    assert endpoint.codes == [4003]


async def test_the_peer_is_named_by_its_address() -> None:
    for peername, shown in ((("192.0.2.1", 4242), "192.0.2.1:4242"), (("::1", 4242, 0, 0), "::1:4242"), ("", "local")):
        websocket, _ = new_websocket()
        channel = TransportChannel(websocket, memoryview(bytearray(100)))
        channel.connection_made(FakeTransport(channel, peername))
        assert websocket.peer == shown


def anonymous(purpose: int) -> ssl.SSLContext:
    """TLS without certificates, which would have to be kept somewhere and would expire one day."""
    context = ssl.SSLContext(purpose)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES128-SHA:@SECLEVEL=0")
    return context


class ResetTransport(FakeTransport):
    """Of a peer that is gone, which only the system knows so far."""

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")


async def test_a_goodbye_to_who_is_gone_already_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    websocket, endpoint = new_websocket()
    channel = TransportChannel(websocket, memoryview(bytearray(512)))
    transport = ResetTransport(channel)
    channel.connection_made(transport)
    transport.arrive(request(*UPGRADE))
    endpoint.on_message = lambda _: websocket.close(4400, "bad")
    transport.arrive(frame(b"bad"))
    await channel.ended.wait()
    assert (transport.ending, endpoint.codes, websocket.gone) == ("aborted", [4400], True)
    assert not caplog.records


async def test_under_tls_writing_goes_on_though_nothing_is_read() -> None:
    """The loop's TLS pauses at its high mark, also at 0; then nothing but a read would resume it."""
    loop = asyncio.get_running_loop()
    websocket, _ = new_websocket()
    channel = TransportChannel(websocket, memoryview(bytearray(512)))
    serving = await loop.create_server(lambda: channel, "127.0.0.1", 0, ssl=server_context())
    port = serving.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_context(), server_hostname="localhost")
    writer.write(request(*UPGRADE))
    await reader.readuntil(b"\r\n\r\n")
    try:
        for number in range(5):
            websocket.push(b"%d" % number)
            async with asyncio.timeout(5):
                assert messages_in(await reader.readexactly(3)) == [b"%d" % number]
    finally:
        writer.transport.abort()
        serving.close()
        await channel.ended.wait()


async def test_under_tls_a_flood_is_read_slice_by_slice_and_pauses_lose_nothing() -> None:
    loop = asyncio.get_running_loop()
    websocket, endpoint = new_websocket()
    channel = TransportChannel(websocket, memoryview(bytearray(512)))
    tails: list[int] = []

    def pause_now_and_then(_: bytes) -> None:
        tails.append(len(websocket._tail))
        if len(endpoint.messages) % 7 == 0:
            websocket.pause()
            loop.call_soon(websocket.resume)

    endpoint.on_message = pause_now_and_then
    serving = await loop.create_server(lambda: channel, "127.0.0.1", 0, ssl=anonymous(ssl.PROTOCOL_TLS_SERVER))
    port = serving.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anonymous(ssl.PROTOCOL_TLS_CLIENT))
    messages = [b"%05d" % number for number in range(5000)]
    writer.write(request(*UPGRADE) + b"".join(map(frame, messages)) + close_frame(1000, mask=MASK))
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.wait_for(channel.ended.wait(), 10)
    assert (endpoint.messages, endpoint.codes) == (messages, [1000])
    assert max(tails) <= 512 + len(frame(messages[0])), "one slice, and what a frame was short of"
    writer.close()
    serving.close()


def greet_under_tls(port: int) -> ssl.SSLSocket:
    """A peer that has shaken hands, twice, and whose kernel takes little from here on."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    sock.connect(("127.0.0.1", port))
    peer = anonymous(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(sock)
    peer.sendall(request(*UPGRADE))
    heard = b""
    while not heard.endswith(b"\r\n\r\n"):
        heard += peer.recv(1000)
    return peer


async def test_under_tls_messages_leave_although_nothing_arrives() -> None:
    """A limit of 0 has TLS pause its writer when nothing waits, until something comes in."""
    async with under_tls() as (websocket, _, peer):
        for number in range(20):
            assert websocket.send(b"%02d" % number)
            received = b""
            while len(received) < 4:
                received += await asyncio.to_thread(peer.recv, 4)
            assert received[2:] == b"%02d" % number


async def test_under_tls_what_waits_in_user_space_is_bounded_too() -> None:
    """One message at most in the TLS layer; asyncio's own transport below it may hold its usual 64 KiB besides."""
    async with under_tls() as (websocket, channel, _):
        sent = 0
        for _ in range(2000):
            sent += 10_000 * websocket.send(b"x" * 10_000)
            await asyncio.sleep(0)
            assert channel._transport.get_write_buffer_size() < 10_100
        assert websocket.busy
        assert sent < LOWER_BYTES + 10 * KERNEL_BYTES, "a kernel takes a few times what it was told"


@asynccontextmanager
async def under_tls() -> AsyncGenerator[tuple[WebSocket, TransportChannel, ssl.SSLSocket]]:
    websocket, _ = new_websocket()
    channel = TransportChannel(websocket, memoryview(bytearray(512)))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        serving = await asyncio.get_running_loop().create_server(
            lambda: channel, sock=listening, ssl=anonymous(ssl.PROTOCOL_TLS_SERVER)
        )
        with await asyncio.to_thread(greet_under_tls, listening.getsockname()[1]) as peer:
            yield websocket, channel, peer
        websocket.drop(1006, "over")
        serving.close()
        await channel.ended.wait()
