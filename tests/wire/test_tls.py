"""What is special about TLS: its own handshake, its own end, and records that are larger than a slice."""

from __future__ import annotations

import logging
import ssl
from contextlib import suppress

import pytest

from pelton.wire import Page, Phase, TlsChannel, WebSocket
from tests.certificates import server_context
from tests.wire.fakes import UPGRADE, Endpoint, closing_in, frame, messages_in, new_websocket, request
from tests.wire.memory import MemoryChannel
from tests.wire.tls_peer import TlsPeer

SLICE = 512


class Wire:
    """A server's WebSocket, TLS and a channel in memory; a client's TLS at the other end."""

    def __init__(self, *, shaken: bool = True, upgraded: bool = True) -> None:
        self.websocket: WebSocket
        self.endpoint: Endpoint
        self.websocket, self.endpoint = new_websocket()
        self.channel = MemoryChannel()
        self.tls = TlsChannel(self.websocket, server_context(), SLICE)
        self.tls.attach(self.channel)
        self.peer = TlsPeer()
        self.heard = b""
        if shaken:
            self.shake_hands()
        if shaken and upgraded:
            self.say(request(*UPGRADE))
            assert self.endpoint.opened_count == 1
            self.heard = b""

    def shake_hands(self) -> None:
        self.peer.encrypt(b"")
        for _ in range(3):
            self.tls.feed(self.peer.to_send())
            self.hear()

    def say(self, data: bytes, more: bytes = b"") -> None:
        """Send this in one go, and `more` that is encrypted or none already."""
        assert self.peer.encrypt(data) == len(data)
        self.tls.feed(self.peer.to_send() + more)
        self.go_on()
        self.hear()

    def go_on(self) -> None:
        """As often as the channel is asked to come again."""
        while self.channel.wants_again and not self.channel.aborted:
            self.channel.wants_again = False
            self.tls.feed(b"")

    def hear(self) -> None:
        taken, self.channel.taken = self.channel.taken, b""
        self.heard += self.peer.decrypt(taken)


def test_a_message_goes_both_ways() -> None:
    wire = Wire()
    wire.say(frame(b"there"))
    assert wire.endpoint.messages == [b"there"]
    assert wire.websocket.send(b"and ", b"back")
    wire.hear()
    assert messages_in(wire.heard) == [b"and back"]


def test_a_record_longer_than_a_slice_is_read_a_slice_at_a_time() -> None:
    wire = Wire()
    messages = [b"%04d" % number * 20 for number in range(100)]
    data = b"".join(map(frame, messages))
    wire.peer.encrypt(data)
    wire.tls.feed(wire.peer.to_send())
    assert wire.channel.wants_again, "the rest when others had their turn"
    assert 0 < len(wire.endpoint.messages) <= SLICE // 80
    wire.go_on()
    assert wire.endpoint.messages == messages


def test_before_the_handshake_an_answer_is_no_answer_and_ends_it() -> None:
    wire = Wire(shaken=False)
    wire.tls.feed(b"\x16\x03\x01")
    wire.websocket.refuse(Page.text(408, "too late"))
    assert (wire.channel.taken, wire.channel.aborted, wire.websocket.phase) == (b"", True, Phase.CLOSED)


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100])
def test_what_is_no_tls_breaks_the_connection_and_is_no_fault(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    wire = Wire(shaken=False)
    with caplog.at_level(logging.WARNING):
        wire.tls.feed(data)
    assert wire.endpoint.codes == [1006]
    assert not caplog.records


def test_after_the_goodbye_only_this_side_is_closed_and_the_peer_reads_it() -> None:
    wire = Wire()
    wire.websocket.close(4400, "bye")
    wire.hear()
    assert closing_in(wire.heard) == (4400, "bye")
    assert (wire.channel.finished, wire.channel.aborted) == (True, False)
    wire.tls.feed(b"x" * 10_000)  # whatever still comes is not even decrypted
    wire.tls.eof()
    assert wire.websocket.gone


def test_a_peer_that_ends_tls_ends_the_connection() -> None:
    wire = Wire()
    wire.peer.say_goodbye()
    wire.tls.feed(wire.peer.to_send())
    assert (wire.endpoint.codes, wire.channel.aborted) == ([1006], True)


def test_an_alert_in_the_same_packet_as_a_message_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    """The alert is read with the message; what the message is answered with cannot be written any more."""
    wire = Wire()
    wire.endpoint.on_message = lambda _: wire.websocket.close(4400, "bad")
    wire.peer.encrypt(frame(b"bad"))
    message = wire.peer.to_send()
    with suppress(ssl.SSLError):
        wire.peer.decrypt(b"\x17\x03\x03\x00\x20" + b"x" * 32)  # makes the peer send one
    alert = wire.peer.to_send()
    assert alert
    with caplog.at_level(logging.WARNING):
        wire.tls.feed(message + alert)
        wire.go_on()
    assert wire.endpoint.codes == [4400]
    assert not caplog.records


def test_a_write_after_an_alert_is_told_as_a_loss_later() -> None:
    wire = Wire()

    def answer(payload: bytes) -> None:
        wire.websocket.send(payload)

    wire.endpoint.on_message = answer
    wire.peer.encrypt(frame(b"hello"))
    message = wire.peer.to_send()
    with suppress(ssl.SSLError):
        wire.peer.decrypt(b"\x17\x03\x03\x00\x20" + b"x" * 32)
    wire.tls.feed(message + wire.peer.to_send())
    wire.go_on()
    assert wire.endpoint.codes == [1006]


def test_what_the_system_does_not_take_is_one_message_and_send_declines_meanwhile() -> None:
    wire = Wire()
    wire.channel.room = 100
    assert wire.websocket.send(b"x" * 1000)
    assert wire.websocket.busy
    assert not wire.websocket.send(b"y")
    waiting = len(wire.tls._rest)
    assert 900 < waiting < 1100
    wire.channel.room = None
    assert wire.channel.watched
    wire.tls.writable()
    wire.hear()
    assert (messages_in(wire.heard), wire.websocket.busy, wire.endpoint.drained_count) == ([b"x" * 1000], False, 1)
    assert wire.websocket.send(b"y")
