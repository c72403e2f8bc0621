"""Fuzzed: frames and handshakes of both sides, and the requests of the admin port."""

from __future__ import annotations

from random import Random

from pelton.protocol.close_codes import CLOSE_CODES
from pelton.server.admin.request import BadRequest, parse, response
from pelton.wire import Page, Phase, WebSocket
from tests.fuzz.mutator import chop, mutate
from tests.wire.fakes import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    UPGRADE,
    Endpoint,
    accepted,
    frame,
    frames_in,
    new_websocket,
    request,
)
from tests.wire.memory import MemoryChannel

MESSAGE_MAX = 200
HEAD_MAX = 8192
HEADER_MAX = 14
NOT_UTF8 = 1007
MASK = b"\x00\x00\x00\x00"
OPCODES = [CONT, CONT, TEXT, BINARY, BINARY, BINARY, CLOSE, PING, PONG, 3, 11, 15]
DECLARED = [126, 127, MESSAGE_MAX + 1, 65_535, 65_536, 1 << 31, (1 << 63) - 1, (1 << 64) - 1]


def draw_frames(random: Random, mask: bytes | None) -> bytes:
    """Some frames, most of them legal."""
    return b"".join(_draw_frame(random, mask) for _ in range(random.randint(1, 6)))


def _draw_frame(random: Random, mask: bytes | None) -> bytes:
    opcode = random.choice(OPCODES)
    payload = random.randbytes(random.choice((0, 0, 1, 2, 5, 30, 125, 126, MESSAGE_MAX)))
    if opcode == CLOSE and random.random() < 0.8:
        payload = random.choice((b"", b"\x03\xe8", b"\x03\xe8bye", b"\x03\xed", b"\x0f\xa0\xff", b"\x11\x30x"))
    odd = random.random()
    return frame(
        payload,
        opcode,
        fin=random.random() < (0.6 if opcode in (CONT, TEXT, BINARY) else 0.95),
        mask=(None if mask else MASK) if odd < 0.03 else mask,
        reserved=random.randrange(8) if 0.03 < odd < 0.06 else 0,
        declared=random.choice(DECLARED) if 0.06 < odd < 0.1 else None,
        form=random.choice((2, 8)) if 0.1 < odd < 0.13 else None,
    )


class Frames:
    """An open WebSocket: it stays open, or is closed with a code that RFC 6455 or SPEC.md knows, or was told one."""

    def __init__(self, side: str) -> None:
        self.name = f"frames, {side}"
        self._side = side
        self._mask = MASK if side == "server" else None

    def draw(self, random: Random) -> list[bytes]:
        """Legal frames, half of the time with damage."""
        whole = draw_frames(random, self._mask)
        return chop(mutate(whole, [whole], random) if random.random() < 0.5 else whole, random)

    def run(self, pieces: list[bytes]) -> str:
        """Feed them as they come."""
        websocket, endpoint, channel = self._open()
        for piece in pieces:
            websocket.feed(piece)
            _let_go_on(websocket, channel)
            held = len(websocket._tail) + sum(map(len, websocket._fragments or []))
            assert held <= 2 * MESSAGE_MAX + HEADER_MAX, f"{held} bytes are held"
        return self._outcome(websocket, endpoint, channel)

    def _open(self) -> tuple[WebSocket, Endpoint, MemoryChannel]:
        websocket, endpoint = new_websocket(self._side, MESSAGE_MAX)
        channel = MemoryChannel()
        websocket.attach(channel)
        websocket.feed(request(*UPGRADE) if self._side == "server" else accepted(channel.taken))
        assert endpoint.opened_count == 1
        channel.taken = b""
        return websocket, endpoint, channel

    def _outcome(self, websocket: WebSocket, endpoint: Endpoint, channel: MemoryChannel) -> str:
        said = frames_in(channel.taken)
        assert all(len(message) <= MESSAGE_MAX for message in endpoint.messages)
        assert [opcode for opcode, _ in said].count(CLOSE) <= 1
        if websocket.phase is Phase.OPEN:
            assert not endpoint.closings
            assert all(opcode == PONG for opcode, _ in said)
            return "open"
        assert len(endpoint.closings) == 1
        assert channel.finished or channel.aborted or self._side == "client"
        told = next((payload for opcode, payload in said if opcode == CLOSE), b"\x03\xee")
        code = int.from_bytes(told[:2], "big") if told else 1005
        if endpoint.codes[0] != code or not (3000 <= code < 5000 or 1000 <= code < 1015 or code == 1005):
            raise AssertionError(f"the endpoint was told {endpoint.codes[0]}, the peer {code}")
        return str(code) if code in CLOSE_CODES or code == NOT_UTF8 else "the peer's own"


def _let_go_on(websocket: WebSocket, channel: MemoryChannel) -> None:
    while channel.wants_again and not channel.aborted:
        channel.wants_again = False
        websocket.feed(b"")


REQUESTS = [
    request(*UPGRADE),
    request("GET / HTTP/1.1", "Host: localhost"),
    request("GET /healthz?x=1 HTTP/1.1", "Host: localhost:7777", "Accept: */*", "User-Agent: x"),
    request("HEAD / HTTP/1.1", "Host: 127.0.0.1"),
    request("POST /stats HTTP/1.1", "Host: [::1]:80", "Content-Length: 3", "Transfer-Encoding: chunked"),
    request("OPTIONS * HTTP/1.0"),
    request(*UPGRADE[:2], "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"),
    request(*UPGRADE, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8", "Origin: http://x"),
]
NO_FAULT = {"101", "200", "505"}
"""Besides 4xx. 505 is HTTP's own answer to another version of it."""
PAGES = {"/": Page.text(200, "front"), "/healthz": Page.text(200, "ok")}


class Handshakes:
    """A handshake: the other side is let in, or gets a page with a status that blames it, or we wait for more."""

    def __init__(self, side: str) -> None:
        self.name = f"handshake, {side}"
        self._side = side

    def draw(self, random: Random) -> list[bytes]:
        """Heads with damage; of a client's, the answer to its own key."""
        if self._side == "server":
            return chop(mutate(random.choice(REQUESTS), REQUESTS, random), random)
        return chop(mutate(random.choice(ANSWERS), ANSWERS, random), random)

    def run(self, pieces: list[bytes]) -> str:
        """Feed them as they come."""
        websocket, endpoint = new_websocket(self._side, MESSAGE_MAX)
        channel = MemoryChannel()
        websocket.attach(channel)
        key = channel.taken.partition(b"Sec-WebSocket-Key: ")[2][:24]
        channel.taken = b""
        right = accepted(b"Sec-WebSocket-Key: " + key + b"\r\n").partition(b"Accept: ")[2][:28]
        for piece in pieces:
            websocket.feed(piece.replace(KEY_HERE, right) if right else piece)
            _let_go_on(websocket, channel)
            assert len(websocket._tail) <= HEAD_MAX + len(piece)
        assert len(endpoint.closings) <= 1
        assert (websocket.phase is Phase.CLOSED) == bool(endpoint.closings)
        return self._outcome(websocket, endpoint, channel.taken)

    def _outcome(self, websocket: WebSocket, endpoint: Endpoint, said: bytes) -> str:
        if websocket.phase is Phase.HANDSHAKE:
            assert not said
            return "waits"
        if self._side == "client":
            return "open" if endpoint.opened_count else "refused"
        assert b"extensions" not in said.partition(b"\r\n\r\n")[0].lower()
        status = said[9:12].decode()
        assert said.startswith(b"HTTP/1.1 ")
        assert status.startswith("4") or status in NO_FAULT, said
        return status


KEY_HERE = b"pelton-fuzz-key-goes-here==="
"""Stands for the key's digest, which is another in each handshake."""
ANSWERS = [
    accepted(b"").replace(accepted(b"").partition(b"Accept: ")[2][:28], KEY_HERE),
    request("HTTP/1.1 200 OK", "Content-Length: 2") + b"ok",
    request("HTTP/1.1 503 Service Unavailable", "Connection: close") + b"come back later\n",
    request("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"),
]


class AdminRequests:
    """A request to the admin port: it is one, or gets a page with a status of 4xx."""

    name = "admin requests"

    def draw(self, random: Random) -> list[bytes]:
        """Heads with damage, whole as the listener cuts them."""
        data = mutate(random.choice(REQUESTS), REQUESTS, random)
        return [data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"]

    def run(self, pieces: list[bytes]) -> str:
        """Parse, and write the answer."""
        try:
            asked = parse(b"".join(pieces))
        except BadRequest as bad:
            return self._refused(bad.page)
        assert asked.method in ("GET", "HEAD")
        assert asked.path.startswith("/")
        assert "?" not in asked.path
        return "taken"

    def _refused(self, page: Page) -> str:
        assert 400 <= page.status < 500
        assert response(page).startswith(b"HTTP/1.1 4")
        return str(page.status)
