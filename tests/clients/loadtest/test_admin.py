"""The server's admin port is asked without blocking; whatever it answers, the run goes on."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from pelton.loadtest.admin import AdminError, Poller, Reading, fetch
from pelton.loadtest.seconds import ServerSecond

STATS = {"cpu_ns": 5_000_000, "rss_bytes": 1024, "tick": {"count": 20, "overruns": 1}, "rooms": []}


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncGenerator[str]:
    """A port that gives these answers in turn."""
    coming = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(next(coming))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def page(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def test_the_counters_are_read() -> None:
    async with answering(page(json.dumps(STATS).encode())) as url:
        reading = await fetch(url, lambda: 7.0)
    assert reading == Reading(at_s=7.0, cpu_ns=5_000_000, rss_bytes=1024, ticks=20, overruns=1)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (page(b"", "503 Service Unavailable"), "HTTP/1.1 503 Service Unavailable"),
        (page(b"nonsense"), "is not what was expected"),
        (page(b"{}"), "is not what was expected: KeyError('tick')"),
        (page(b"[]"), "is not what was expected"),
        (b"", "no answer"),
        (page(b" " * 1_100_000), "the answer is longer than 1048576 bytes"),
    ],
)
async def test_a_strange_answer_is_told_and_goes_no_further(answer: bytes, problem: str) -> None:
    async with answering(answer) as url:
        with pytest.raises(AdminError) as caught:
            await fetch(url, lambda: 0.0)
    assert url in str(caught.value)
    assert problem in str(caught.value)


async def test_nobody_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        with pytest.raises(AdminError, match=r"Connect"):
            await fetch(f"http://127.0.0.1:{taken.getsockname()[1]}", lambda: 0.0)


def test_two_readings_make_a_second() -> None:
    before, after = Reading(1.0, 10**9, 100, 20, 1), Reading(3.0, 2 * 10**9, 200, 60, 4)
    second = after.since(before)
    assert second is not None
    assert (second.cpu, second.rss_bytes, second.ticks, second.overruns) == (0.5, 200, 40, 3)


def test_a_server_that_was_started_anew_tells_nothing_of_that_second() -> None:
    before, after = Reading(1.0, 10**9, 100, 20, 1), Reading(2.0, 10**6, 200, 5, 0)
    assert after.since(before) is None
    assert before.since(before) is None


async def test_without_an_address_nothing_is_asked() -> None:
    poller = Poller("", time.monotonic)
    await poller.run()
    assert poller.take() is None
    assert poller.missing.startswith("the plan names no admin port")


async def test_each_answer_is_told_once_and_only_when_asked() -> None:
    later = {**STATS, "cpu_ns": 505_000_000, "tick": {"count": 40, "overruns": 2}}
    times = iter([1.0, 2.0])
    async with (
        answering(page(json.dumps(STATS).encode()), page(json.dumps(later).encode())) as url,
        asyncio.TaskGroup() as group,
    ):
        poller = Poller(url, lambda: next(times))
        polling = group.create_task(poller.run())
        taken = []
        for _ in range(2):
            poller.ask()
            await poller.asked()
            taken += [poller.take(), poller.take()]
        polling.cancel()
    assert taken == [None, None, ServerSecond(cpu=0.5, rss_bytes=1024, ticks=20, overruns=1), None]
