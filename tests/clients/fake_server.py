"""A server that follows a script, also one that no server should: for what a client does when it is wronged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import msgpack  # type: ignore[import-untyped]  # the package ships no types

from pelton.protocol import SUBPROTOCOL
from pelton.protocol.plain import encode_value
from pelton.wire import ServerHandshake
from pelton.wire.frames import apply_mask, binary_frame, extent

PATIENCE_S = 5
CLOSE, TEXT = 0x8, 0x1

ACTIONS = [["steer", ["turn", "thrust"]], ["shoot", []]]
SHIPS: list[list[Any]] = [["x", "quant", 0, 0.5, 1], ["name", "str"]]
TABLES = [["ships", "table", SHIPS]]
JOINED = [17, "room1", "arena", 7, 20, 0, ACTIONS, TABLES]


class Line:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._buffer = b""
        self._parted = False

    async def upgrade(self) -> None:
        head = await self.head()
        _, answer = ServerHandshake(SUBPROTOCOL, 4096, lambda _: None).answer(head)
        self.writer.write(answer)

    async def head(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def greet(self) -> None:
        await self.upgrade()
        assert (await self.hear())[0] == 1
        self.say(16, "session1", "fake/1", 4096)

    async def seat(self) -> None:
        """Greet and answer a join."""
        await self.greet()
        assert (await self.hear())[0] == 2
        self.say(*JOINED)

    def say(self, *message: Any) -> None:
        self.say_bytes(encode_value(list(message)))

    def say_bytes(self, payload: bytes) -> None:
        self.writer.write(binary_frame(payload))

    def frame(
        self,
        tick: int,
        base: int,
        *parts: Any,
        ack: int = 0,
        refused: Any = (),
        hidden: Any = (),
    ) -> None:
        self.say(20, ack, list(refused), tick, base, list(hidden), list(parts))

    async def hear(self) -> list[Any]:
        """The client's next message. EOFError if it said goodbye or went."""
        opcode, payload = await self.next_frame()
        if opcode == CLOSE:
            raise EOFError
        message = msgpack.unpackb(payload)
        assert isinstance(message, list)
        return message

    async def goodbye(self) -> int:
        """The code of the client's goodbye; messages before it are passed over."""
        while True:
            opcode, payload = await self.next_frame()
            if opcode == CLOSE:
                self._parted = True
                return int.from_bytes(payload[:2], "big")

    async def next_frame(self) -> tuple[int, bytes]:
        while (found := extent(self._buffer, 0)) is None or len(self._buffer) < sum(found):
            async with asyncio.timeout(PATIENCE_S):
                more = await self.reader.read(65536)
            if not more:
                raise EOFError
            self._buffer += more
        start, length = found
        frame, self._buffer = self._buffer[: start + length], self._buffer[start + length :]
        return frame[0] & 0x0F, bytes(apply_mask(frame[start:], frame[start - 4 : start]))

    def close(self, code: int = 1000, reason: str = "") -> None:
        payload = code.to_bytes(2, "big") + reason.encode()
        self.writer.write(bytes([0x80 | CLOSE, len(payload)]) + payload)
        self.writer.write_eof()

    def vanish(self) -> None:
        """Without a goodbye."""
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait for the client's goodbye; the connection is then ended, as the client expects it."""
        if not self._parted:
            await self.goodbye()

    async def ended(self) -> None:
        """Wait until the client ends the connection; its goodbye is not answered."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.reader.read(65536):
                """What it still says is of no interest."""


Script = Callable[[Line], Awaitable[None]]


class FakeServer:
    """`async with FakeServer(script) as url`: each connection is played by the script, then ended.

    What goes wrong in a script is raised at the end of the block.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._server: asyncio.Server
        self._players: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"ws://127.0.0.1:{port}/"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        outcomes = await asyncio.gather(*self._players, return_exceptions=True)
        problems = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if problems and error is None:
            raise ExceptionGroup("the script went wrong", problems)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._players.append(asyncio.ensure_future(self._play(Line(reader, writer))))

    async def _play(self, line: Line) -> None:
        try:
            await self._script(line)
        except (EOFError, ConnectionError):
            """The client went first, which some scripts wait for."""
        finally:
            line.writer.close()
