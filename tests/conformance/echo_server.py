"""An echo on the connection code of the server, with raised limits, for suites that test RFC 6455 from outside.

`python -m tests.conformance.echo_server --port 9001` answers the subprotocol `echo`. Unlike a game server it takes
text, which must be UTF-8, messages of 16 MiB, and as many fragments as a suite may send.
"""

from __future__ import annotations

import argparse
import asyncio
import codecs
import logging
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from websockets.frames import Frame, Opcode

from pelton.server.loop import loop_factory
from pelton.wire import Endpoint, Page, Phase, ServerHandshake, Sweep, TransportChannel, WebSocket
from pelton.wire.frames import binary_frame

SUBPROTOCOL = "echo"
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
BACKLOG_BYTES_MAX = 2 * MESSAGE_BYTES_MAX
FRAGMENTS_MAX = 1 << 20
SLICE_BYTES = 65_536
BEAT_S = 0.001
NOT_UTF8 = 1007
FIN_TEXT = b"\x81"


class EchoWebSocket(WebSocket):
    """Takes text too. It is checked here, fragment by fragment, and then goes the way of everything else."""

    def __init__(self, endpoint: Endpoint) -> None:
        handshake = ServerHandshake(SUBPROTOCOL, MESSAGE_BYTES_MAX, {"/": Page.text(200, "an echo")}.get)
        super().__init__(handshake, endpoint, MESSAGE_BYTES_MAX, BACKLOG_BYTES_MAX, fragments_max=FRAGMENTS_MAX)
        self.is_text = False
        """Whether the message that arrives is one of text."""
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    def send_text(self, payload: bytes) -> bool:
        """`send` for text."""
        if self.busy or self.phase is not Phase.OPEN:
            return False
        self._write(FIN_TEXT + binary_frame(payload)[1:])
        return True

    def _fragment(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT:
            self.is_text = True
            self._utf8.reset()
            frame = Frame(Opcode.BINARY, frame.data, frame.fin)
        if self.is_text and frame.opcode in (Opcode.BINARY, Opcode.CONT):
            try:
                self._utf8.decode(bytes(frame.data), frame.fin)
            except UnicodeDecodeError:
                self.close(NOT_UTF8, "text that is not UTF-8")
                return
        super()._fragment(frame)
        if frame.fin:
            self.is_text = False


class Echo:
    """Sends back what it gets, in order; reads no more while something waits."""

    def __init__(self) -> None:
        self.websocket = EchoWebSocket(self)
        self._waiting: deque[tuple[bool, bytes]] = deque()

    def opened(self) -> None:
        """The client speaks first."""

    def received(self, payload: bytes) -> None:
        if self._waiting or not self._send(self.websocket.is_text, payload):
            self._waiting.append((self.websocket.is_text, payload))
            self.websocket.pause()  # so at most what one visit had already parsed

    def drained(self) -> None:
        while self._waiting and self._send(*self._waiting[0]):
            self._waiting.popleft()
        if not self._waiting:
            self.websocket.resume()

    def closed(self, code: int, reason: str) -> None:
        """Nothing is kept."""

    def _send(self, is_text: bool, payload: bytes) -> bool:
        return self.websocket.send_text(payload) if is_text else self.websocket.send(payload)


class EchoListener:
    """A port with an echo behind it, on swept sockets or on asyncio's transports."""

    def __init__(self, transport: str) -> None:
        self.transport = transport
        self.port = 0
        self._channels: set[TransportChannel] = set()
        self._websockets: list[EchoWebSocket] = []

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncGenerator[EchoListener]:
        """Listen while the block runs; 0 is any free port."""
        with socket.create_server(("127.0.0.1", port), backlog=128) as sock:
            sock.setblocking(False)
            self.port = sock.getsockname()[1]
            async with self._on_transports(sock) if self.transport == "asyncio" else self._on_a_sweep(sock):
                yield self

    @asynccontextmanager
    async def _on_transports(self, sock: socket.socket) -> AsyncGenerator[None]:
        def accept() -> TransportChannel:
            return TransportChannel(self._new_websocket(), memoryview(bytearray(SLICE_BYTES)))

        server = await asyncio.get_running_loop().create_server(accept, sock=sock)
        try:
            yield
        finally:
            server.close()
            self._end()
            await server.wait_closed()

    @asynccontextmanager
    async def _on_a_sweep(self, sock: socket.socket) -> AsyncGenerator[None]:
        sweep = Sweep(SLICE_BYTES)
        loop = asyncio.get_running_loop()

        def accept() -> None:
            try:
                connected, _ = sock.accept()
            except (BlockingIOError, ConnectionError):
                return
            connected.setblocking(False)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sweep.add(connected, self._new_websocket())

        async def beat() -> None:
            while True:
                sweep.sweep()
                await asyncio.sleep(BEAT_S)

        loop.add_reader(sock.fileno(), accept)
        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            loop.remove_reader(sock.fileno())
            beating.cancel()
            await asyncio.wait({beating})
            self._end()
            sweep.close()

    def _new_websocket(self) -> EchoWebSocket:
        self._websockets = [known for known in self._websockets if not known.gone]
        self._websockets.append(Echo().websocket)
        return self._websockets[-1]

    def _end(self) -> None:
        for websocket in self._websockets:
            if not websocket.gone:
                websocket.drop(1006, "the echo ends")


async def _serve(transport: str, port: int, say: Callable[[str], None]) -> None:
    async with EchoListener(transport).listening(port) as listener:
        say(f"listening on ws://127.0.0.1:{listener.port}/")
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="An echo for suites that test WebSockets.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) is any free port")
    parser.add_argument("--transport", choices=("swept", "asyncio"), default="swept")
    parser.add_argument("--loop", choices=("auto", "asyncio", "uvloop"), default="auto")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with asyncio.Runner(loop_factory=loop_factory(options.loop)) as runner:
        runner.run(_serve(options.transport, options.port, lambda line: print(line, flush=True)))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        """That is how it is ended."""
