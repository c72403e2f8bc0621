"""An endpoint that remembers, frames of any kind, and handshakes of both sides."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from pelton.wire import ClientHandshake, Meter, Page, ServerHandshake, WebSocket
from pelton.wire.websocket import SLICE_FRAMES_MAX

SUBPROTOCOL = "test.v1"
MESSAGE_MAX = 4096
BACKLOG_MAX = 65_536
MASK = b"\x11\x22\x33\x44"

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = (
    "GET /play HTTP/1.1",
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    f"Sec-WebSocket-Key: {KEY}",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
)


def request(*lines: str) -> bytes:
    """A head of HTTP."""
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def accepted(client_request: bytes) -> bytes:
    """The 101 that a server owes to this request."""
    key = client_request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
    return request(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
    )


def frame(
    payload: bytes = b"",
    opcode: int = BINARY,
    *,
    fin: bool = True,
    mask: bytes | None = MASK,
    reserved: int = 0,
    declared: int | None = None,
    form: int | None = None,
) -> bytes:
    """One frame, also a wrong one. `declared` lies about the length, `form` (0, 2 or 8 bytes) is how it is written."""
    length = len(payload) if declared is None else declared
    if form is None:
        form = 0 if length < 126 else 2 if length < 65536 else 8
    bit = 0x80 if mask is not None else 0
    short = {0: length, 2: 126, 8: 127}[form]
    head = bytes((0x80 * fin | reserved << 4 | opcode, bit | short)) + (length.to_bytes(form, "big") if form else b"")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def close_frame(code: int, reason: str = "", mask: bytes | None = None) -> bytes:
    return frame(code.to_bytes(2, "big") + reason.encode(), CLOSE, mask=mask)


def frames_in(data: bytes) -> list[tuple[int, bytes]]:
    """(opcode, payload) of each whole, unfragmented frame; what is cut off at the end is an error."""
    found: list[tuple[int, bytes]] = []
    while data:
        assert data[0] & 0xF0 == 0x80, f"not a whole frame: {data[:16]!r}"
        masked, length, start = data[1] >> 7, data[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], "big")
        mask = data[start : start + 4] if masked else b"\0\0\0\0"
        start += 4 * masked
        payload = data[start : start + length]
        assert len(payload) == length, f"a frame of {length} bytes was cut off at {len(payload)}"
        found.append((data[0] & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))))
        data = data[start + length :]
    return found


def messages_in(data: bytes) -> list[bytes]:
    """The binary messages in a stream of frames."""
    return [payload for opcode, payload in frames_in(data) if opcode == BINARY]


def closing_in(data: bytes) -> tuple[int, str]:
    """Code and reason of the close frame with which the frames end."""
    opcode, payload = frames_in(data)[-1]
    assert opcode == CLOSE
    return int.from_bytes(payload[:2], "big"), payload[2:].decode()


class Endpoint:
    """Remembers what it was told. The `on_...` do what a test wants at that moment."""

    def __init__(self) -> None:
        self.websocket: WebSocket
        self.opened_count = self.drained_count = 0
        self.messages: list[bytes] = []
        self.closings: list[tuple[int, str]] = []
        self.on_opened: Callable[[], None] = lambda: None
        self.on_message: Callable[[bytes], None] = lambda _: None
        self.on_drained: Callable[[], None] = lambda: None
        self.on_closed: Callable[[], None] = lambda: None

    def opened(self) -> None:
        self.opened_count += 1
        self.on_opened()

    def received(self, payload: bytes) -> None:
        assert not self.closings, "a message after the end"
        self.messages.append(payload)
        self.on_message(payload)

    def drained(self) -> None:
        self.drained_count += 1
        self.on_drained()

    def closed(self, code: int, reason: str) -> None:
        self.closings.append((code, reason))
        self.on_closed()

    @property
    def codes(self) -> list[int]:
        return [code for code, _ in self.closings]


def no_page(_: str) -> Page | None:
    return None


def new_websocket(
    side: str = "server",
    message_max: int = MESSAGE_MAX,
    backlog_max: int = BACKLOG_MAX,
    slice_frames_max: int = SLICE_FRAMES_MAX,
    meter: Meter | None = None,
) -> tuple[WebSocket, Endpoint]:
    """A WebSocket that was not attached yet."""
    handshake: ServerHandshake | ClientHandshake
    if side == "server":
        handshake = ServerHandshake(SUBPROTOCOL, message_max, no_page)
    else:
        handshake = ClientHandshake("ws://localhost/play", SUBPROTOCOL, message_max)
    endpoint = Endpoint()
    endpoint.websocket = WebSocket(
        handshake, endpoint, message_max, backlog_max, slice_frames_max=slice_frames_max, meter=meter
    )
    return endpoint.websocket, endpoint


class Purse:
    """A meter that gives what it has been told to give, a sum for each time it is asked, and then nothing."""

    def __init__(self, *sums: int) -> None:
        self.sums = list(sums)
        self.asked = self.times_behind = 0

    def spent(self) -> int:
        self.asked += 1
        return self.sums.pop(0) if self.sums else 0

    def behind(self) -> None:
        self.times_behind += 1
