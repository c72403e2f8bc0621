"""A log read from a socket: lines in pieces, a line that is too long, a connection that is replaced by a new one.

The sender cuts lines anywhere, and changes the connection in the middle of one. It prints:

    each connection is a log of its own:
      GET / took 12 ms
      error: a line of more than 40 bytes, at byte 9
      GET /cart took 31 ms
      error: the stream ended in the middle of a record, at byte 113
      error: no log line: '/pay 250'
      GET /bye took 7 ms
    a new connection goes on where the old one stopped:
      GET / took 12 ms
      error: a line of more than 40 bytes, at byte 9
      GET /cart took 31 ms
      POST /pay took 250 ms
      GET /bye took 7 ms
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pelton.streams import Err, Inbox, Lines, Offer, Stream, decode

FIRST = [b"GET / 1", b"2\nGET /", b"?" * 79 + b"\r\n", b"GET /cart 31\nPO", b"ST "]  # then it is closed
SECOND = [b"/pay 2", b"50\nGET /bye 7\n"]

READ_MAX = 256 * 1024  # what asyncio reads at once: room for it must be left above the high mark


class Receiver(asyncio.Protocol):
    """Puts what arrives into an inbox, and stops reading while that is full. No task, no await."""

    def __init__(self, connections: Inbox[Stream[bytes]]) -> None:
        self.connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.inbox: Inbox[bytes] = Inbox(4096, 16_384, 16_384 + READ_MAX, on_low=transport.resume_reading, weigh=len)
        self.connections.offer(self.inbox)

    def data_received(self, data: bytes) -> None:
        match self.inbox.offer(data):
            case Offer.PAUSE:
                self.transport.pause_reading()
            case Offer.CLOSED:  # nobody reads it any more
                self.transport.abort()
            case _:
                pass

    def connection_lost(self, exc: Exception | None) -> None:
        self.inbox.end(exc)


def separate(connections: Stream[Stream[bytes]]) -> Stream[str | Err]:
    return connections.map(lambda one: decode(one, Lines(length_max=40), tail="error")).flatten()


def joined(connections: Stream[Stream[bytes]]) -> Stream[str | Err]:
    return decode(connections.flatten(), Lines(length_max=40))


def parse(line: str) -> str | Err:
    match line.split():
        case [method, path, duration]:
            return f"{method} {path} took {duration} ms"
        case _:
            return Err(ValueError(f"no log line: {line!r}"))


async def show(lines: Callable[[Stream[Stream[bytes]]], Stream[str | Err]]) -> None:
    connections: Inbox[Stream[bytes]] = Inbox(low=0, high=8, hard=8)
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(connections), "127.0.0.1", 0)
    async with server, asyncio.TaskGroup() as tasks:
        tasks.create_task(send(server.sockets[0].getsockname()[1]))
        async for line in lines(connections.take(2)).and_then(parse).or_else(lambda error: f"error: {error}"):
            print(" ", line)


async def send(port: int) -> None:
    for pieces in (FIRST, SECOND):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.01)  # so that it arrives in pieces
        writer.close()
        await writer.wait_closed()


async def main() -> None:
    print("each connection is a log of its own:")
    await show(separate)
    print("a new connection goes on where the old one stopped:")
    await show(joined)


if __name__ == "__main__":
    asyncio.run(main())
