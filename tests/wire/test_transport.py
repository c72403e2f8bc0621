"""What is special about a transport: slices with other work in between, one read held, no half-close in TLS."""

from __future__ import annotations

import asyncio
from typing import Any

from pelton.wire import Phase, TransportChannel
from tests.wire.fakes import UPGRADE, Endpoint, closing_in, frame, messages_in, new_websocket, request


class FakeTransport(asyncio.Transport):
    """Takes everything, and remembers what it was asked for. Without half-close, as TLS is."""

    def __init__(self, channel: TransportChannel, peername: Any = ("192.0.2.1", 4242)) -> None:
        super().__init__({"peername": peername})
        self.channel = channel
        self.written = b""
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
    channel = TransportChannel(websocket, slice_bytes)
    transport = FakeTransport(channel)
    channel.connection_made(transport)
    channel.data_received(request(*UPGRADE))
    await turns(10)
    assert endpoint.opened_count == 1
    transport.written = b""
    return transport, endpoint


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_large_read_is_parsed_slice_by_slice_and_others_go_between() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    heard: list[int] = []
    transport.channel.data_received(frame(b"x" * 44) * 20)
    while len(endpoint.messages) < 20:
        heard.append(len(endpoint.messages))
        assert not transport.reading, "nothing more is read while something is left"
        await turns(1)
    assert heard == list(range(2, 20, 2))
    assert transport.reading


async def test_a_pause_between_two_slices_holds_the_rest_and_the_reading() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    transport.channel.data_received(frame(b"x" * 44) * 6)
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
    transport.channel.data_received(frame(b"x" * 20) * 20)
    await turns(50)
    assert (len(endpoint.messages), transport.reading) == (20, True)


async def test_nothing_is_parsed_once_the_transport_is_lost() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    transport.channel.data_received(frame(b"x" * 44) * 6)
    transport.channel.connection_lost(ConnectionResetError())
    await turns(10)
    assert (len(endpoint.messages), endpoint.codes) == (2, [1006])
    assert transport.channel.ended.is_set()


async def test_nothing_is_parsed_once_the_endpoint_has_dropped_it() -> None:
    transport, endpoint = await opened(slice_bytes=100)
    transport.channel.data_received(frame(b"x" * 44) * 6)
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
        channel = TransportChannel(websocket, 100)
        channel.connection_made(FakeTransport(channel, peername))
        assert websocket.peer == shown
