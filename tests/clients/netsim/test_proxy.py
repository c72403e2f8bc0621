"""A proxy between raw TCP clients and servers of this process."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

import pytest

from pelton.netsim import Conditions
from pelton.netsim.passage import Passage
from pelton.netsim.proxy import Counts, Proxy
from pelton.netsim.screen import summary

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter


@dataclass
class Stage:
    """A proxy, where it listens, and what it said. Its clock can be put forward."""

    proxy: Proxy
    port: int
    said: list[str]
    clock: list[float] = field(default_factory=lambda: [0.0])

    async def connect(self) -> tuple[Reader, Writer]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    @property
    def passages(self) -> list[Passage]:
        return [connection.passage for connection in self.proxy._open]

    def forward(self, to_s: float) -> None:
        self.clock[0] = max(self.clock[0], to_s - time.monotonic())
        for passage in self.passages:
            passage.wake()


@asynccontextmanager
async def proxied(
    conditions: Conditions, serve: Callable[[Reader, Writer], Awaitable[None]] | None, connections_max: int = 8
) -> AsyncGenerator[Stage]:
    """With `serve` as the target; None: a port where nobody listens."""
    listening = await asyncio.start_server(serve or echo, "127.0.0.1", 0)
    target: int = listening.sockets[0].getsockname()[1]
    if serve is None:
        listening.close()
        await listening.wait_closed()
    said: list[str] = []
    clock = [0.0]
    proxy = Proxy(
        ("127.0.0.1", target),
        conditions,
        Random(2),
        say=said.append,
        connections_max=connections_max,
        now_s=lambda: time.monotonic() + clock[0],
    )
    _, port = await proxy.listen("127.0.0.1", 0)
    started = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(proxy.run(started.set))
        await started.wait()
        yield Stage(proxy, port, said, clock)
        proxy.finish()
        await running
        listening.close()


async def echo(reader: Reader, writer: Writer) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what is looked at has no event
        await asyncio.sleep(0.001)


async def test_any_bytes_go_both_ways_unchanged_and_the_end_behind_them() -> None:
    conditions = Conditions(latency_ms=5, jitter_ms=5, up_kbit_s=40_000, loss=0.02, rto_min_ms=1)
    data = Random(1).randbytes(300_000)
    async with proxied(conditions, echo) as stage:
        reader, writer = await stage.connect()
        before_s = time.monotonic()
        writer.write(data)
        writer.write_eof()
        assert await reader.read(-1) == data
        assert time.monotonic() - before_s >= 0.010 + len(data) / 5_000_000
        await until(lambda: not stage.passages)
        counts = stage.proxy.counts()
        assert (counts.connections, counts.up_bytes, counts.down_bytes) == (1, len(data), len(data))
        assert counts.stalls > 0
        writer.close()
    assert stage.said == []


async def test_who_does_not_read_holds_the_sender_up() -> None:
    """Apart from what the kernel takes, no more is under way than buffers and windows hold."""
    sent = 0
    over = asyncio.Event()

    async def flood(reader: Reader, writer: Writer) -> None:
        nonlocal sent
        writer.transport.set_write_buffer_limits(high=0)
        try:
            while True:
                writer.write(b"x" * 10_000)
                await writer.drain()
                sent += 10_000
        except ConnectionError:
            writer.close()
            over.set()

    async with proxied(Conditions(buffer_bytes=10_000), flood) as stage:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", stage.port))
            before = -1
            while before != sent or not sent:
                before = sent
                for _ in range(50):
                    await asyncio.sleep(0.001)
            [passage] = stage.passages
            assert passage.down._held <= 10_000
            assert sent < 8_000_000
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await over.wait()


async def test_a_target_that_cannot_be_reached_closes_the_client_and_says_why() -> None:
    async with proxied(Conditions(), None) as stage:
        reader, writer = await stage.connect()
        assert await reader.read() == b""
        await until(lambda: bool(stage.said))
        assert stage.said[0].startswith("cannot reach 127.0.0.1:")
        assert stage.proxy.counts().unreachable == 1
        writer.close()


async def test_a_connection_too_many_is_refused_and_the_others_stay() -> None:
    async with proxied(Conditions(), echo, connections_max=1) as stage:
        reader, writer = await stage.connect()
        writer.write(b"here")
        assert await reader.readexactly(4) == b"here"
        second_reader, second_writer = await stage.connect()
        with pytest.raises(ConnectionResetError):
            await second_reader.readexactly(1)
        second_writer.close()
        assert stage.said == ["a connection was refused: 1 are open"]
        writer.write(b"still")
        assert await reader.readexactly(5) == b"still"
        writer.close()


async def test_a_reset_is_seen_on_both_sides() -> None:
    ends: list[Exception] = []

    async def look(reader: Reader, writer: Writer) -> None:
        try:
            await reader.readexactly(1000)
        except ConnectionResetError as error:
            ends.append(error)
        writer.close()

    async with proxied(Conditions(reset_every_s=3600), look) as stage:
        reader, writer = await stage.connect()
        await until(lambda: bool(stage.passages and stage.passages[0]._paths))
        stage.forward(stage.passages[0]._fate.reset_at_s)
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        await until(lambda: bool(ends))
        await until(lambda: not stage.passages)
        assert (stage.proxy.counts().resets, stage.proxy.counts().half_open) == (1, 0)
        writer.close()


async def test_a_reset_by_one_side_reaches_the_other() -> None:
    async def leave(reader: Reader, writer: Writer) -> None:
        await reader.readexactly(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with proxied(Conditions(latency_ms=5), leave) as stage:
        reader, writer = await stage.connect()
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        await until(lambda: not stage.passages)
        assert stage.proxy.counts().resets == 0
        writer.close()


async def test_a_half_open_connection_hears_nothing_until_the_system_gives_up() -> None:
    async with proxied(Conditions(half_open_every_s=3600), echo) as stage:
        reader, writer = await stage.connect()
        writer.write(b"before")
        assert await reader.readexactly(6) == b"before"
        [passage] = stage.passages
        stage.forward(passage._fate.silent_from_s)
        await until(lambda: passage.silent)
        writer.write(b"after")
        writer.write_eof()
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not passage.over
        assert not reader.at_eof()
        assert (passage.up.arrived_bytes, passage.up._silent_room) == (6, 65_536), "nothing more is even read"
        stage.forward(passage._breaks_s)
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        await until(lambda: not stage.passages)
        assert (stage.proxy.counts().resets, stage.proxy.counts().half_open) == (0, 1)
        writer.close()


async def test_finishing_lets_what_is_under_way_arrive() -> None:
    async with proxied(Conditions(latency_ms=30), echo) as stage:
        reader, writer = await stage.connect()
        await until(lambda: bool(stage.passages and stage.passages[0]._paths))
        writer.write(b"last words")
        await until(lambda: stage.passages[0].up.next_s < math.inf)
        stage.proxy.finish()
        await until(lambda: not stage.passages)
        assert stage.proxy.counts().up_bytes == 10
        assert await reader.read() == b""
        writer.close()


def test_a_summary_tells_what_happened() -> None:
    quiet = Counts(connections=1, up_bytes=9_999, down_bytes=10_000, stalls=1)
    assert summary(quiet, 1.25) == "1 connection in 1.2 s\n9,999 bytes up, 10 kB down, 1 stall, 0 resets"
    busy = Counts(connections=1200, unreachable=2, refused=3, up_bytes=5 * 10**7, resets=4, half_open=5)
    assert summary(busy, 60) == (
        "1,200 connections in 60.0 s, 2 could not reach the target, 3 more refused\n"
        "50 MB up, 0 bytes down, 0 stalls, 4 resets, 5 half-open"
    )
