"""Game code that takes too long, hangs, or is stopped with its whole process: real servers, real time, neighbours."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import RunningServer, StartServer
from tests.end_to_end.raw import RawClient

PATIENCE_S = 30
GAMES = """
import os
import time

from pelton.server import U32, Room, Row, Table


class Mark(Row):
    count = U32()


class Calm(Room):
    seats = 1
    marks = Table(Mark)

    def on_create(self):
        self.marks.add(1)

    def on_tick(self, tick, actions):
        self.marks[1].count += 1


class Nap(Calm):
    def on_tick(self, tick, actions):
        super().on_tick(tick, actions)
        if tick.number == 5:
            self.rest()

    def rest(self):
        time.sleep(0.4)


class Burning(Calm):
    def on_tick(self, tick, actions):
        until = time.perf_counter() + 0.08
        while time.perf_counter() < until:
            pass


class Endless(Calm):
    def on_tick(self, tick, actions):
        while True:
            pass
"""


@pytest.fixture(params=["asyncio", "uvloop"])
def start(start_server: StartServer, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., RunningServer]:
    file = tmp_path / f"trouble_{request.param}_{os.urandom(4).hex()}.py"
    file.write_text(GAMES, encoding="utf-8")

    def start(*settings: str) -> RunningServer:
        return start_server(f"server.loop={request.param}", *settings, files=(file,))

    return start


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def seated(clients: ExitStack, server: RunningServer, game: str) -> RawClient:
    client = clients.enter_context(RawClient(server.port))
    client.join(game)
    return client


def stats(server: RunningServer) -> Any:
    with urllib.request.urlopen(server.admin_url + "stats", timeout=10) as answer:  # noqa: S310 - it is ours
        return json.loads(answer.read())


def heard_until(client: RawClient, kind: int) -> list[Any]:
    """The next message of this kind; frames before it are passed over."""
    until = time.monotonic() + PATIENCE_S
    while (message := client.hear())[0] != kind:
        assert time.monotonic() < until, f"no message {kind}"
    return message


def frames(client: RawClient, count: int) -> list[int]:
    """The ticks of the next frames."""
    return [heard_until(client, 20)[3] for _ in range(count)]


def test_a_game_that_sleeps_in_a_tick_is_named_with_its_line(
    start: Callable[..., RunningServer], clients: ExitStack
) -> None:
    server = start()
    client = seated(clients, server, "nap")
    while frames(client, 1)[0] < 8:
        """Past the nap."""
    found = re.search(
        r"stall: room (\w+) \(nap\), tick 5, on_tick has held the loop for (\d+) ms, at (.*)\n",
        server.log_with("stall over: "),
    )
    assert found, server.log()
    assert re.fullmatch(r".*/trouble_\w+\.py:\d+ Nap\.rest", found[3])
    assert re.search(
        rf"stall over: room {found[1]} \(nap\), tick 5, on_tick held the loop for [4-9]\d\d ms", server.log()
    )
    told = stats(server)
    assert told["metrics"]["stalls"] == 1
    assert told["loop_lag_us"]["max"] >= 300_000
    assert told["overload"]["is_stalling"] is False


def test_a_game_that_never_comes_back_ends_the_process_for_its_supervisor(
    start: Callable[..., RunningServer], clients: ExitStack
) -> None:
    server = start("watchdog.kill_after_s=1")
    neighbour = seated(clients, server, "calm")
    frames(neighbour, 2)
    victim = clients.enter_context(RawClient(server.port))
    victim.greet()
    victim.say(2, 0, "endless", {})
    assert neighbour.closed()[0] == 1006
    assert server.ended() == 70
    log = server.log()
    assert re.search(r"CRITICAL pelton.server.watchdog: stall: room \w+ \(endless\), tick 1, on_tick has held", log)
    assert re.search(r'trouble_\w+\.py", line \d+, in on_tick\n', log)


def test_one_burning_room_is_ended_and_its_neighbours_play_on(
    start: Callable[..., RunningServer], clients: ExitStack
) -> None:
    server = start("overload.room_timeout_s=2")
    neighbours = [seated(clients, server, "calm") for _ in range(4)]
    bad = seated(clients, server, "burning")
    assert heard_until(bad, 19) == [19, "room_overrun"]
    log = server.log_with("it is closed (room_overrun), for the sake of the others")
    assert re.search(r"\(burning\), p95 \d{2,}\.\d ms of 50\.0", log)
    assert "it ticks half as often from now on, as it alone makes the others late" in log
    for neighbour in neighbours:
        ticks = frames(neighbour, 40)
        assert ticks == list(range(ticks[0], ticks[0] + 40))
    told = stats(server)
    assert (told["metrics"]["rooms_overrun"], told["rooms_open"], told["metrics"]["room_faults"]) == (1, 4, 0)


def test_a_process_that_was_stopped_for_a_while_cuts_nobody_and_catches_up_a_little(
    start: Callable[..., RunningServer], clients: ExitStack
) -> None:
    """Longer than each of the time limits, and as long as a watchdog would wait."""
    limits = ("deliver.stall_timeout_s=2", "receive.hello_timeout_s=2", "watchdog.kill_after_s=2")
    server = start(*limits, "simulate.ticks_behind_max=2")
    players = [seated(clients, server, "calm") for _ in range(5)]
    ticks = [frames(player, 5)[-1] for player in players]
    newcomer = clients.enter_context(RawClient(server.port))
    newcomer.upgrade()
    os.kill(server.pid, signal.SIGSTOP)
    time.sleep(6)  # what is tested
    newcomer.say(1, "raw")
    os.kill(server.pid, signal.SIGCONT)
    assert newcomer.hear()[0] == 16
    for player, before in zip(players, ticks, strict=True):
        after = frames(player, 20)
        assert after[0] == before + 1
        assert after == list(range(before + 1, before + 21))
    told = stats(server)
    assert told["connections"] == 6
    assert 5 * 100 <= told["metrics"]["ticks_skipped"] <= 5 * 140
    assert told["metrics"]["stalls"] == 0
    assert told["overload"]["step"] == 0
    assert "stall" not in server.log()


def test_over_the_soft_memory_limit_who_plays_plays_on_and_nobody_comes_in(
    start: Callable[..., RunningServer], clients: ExitStack
) -> None:
    server = start("overload.memory_soft_bytes=1000000")
    client = clients.enter_context(RawClient(server.port))
    client.greet()
    until = time.monotonic() + PATIENCE_S
    while "nobody new is let in" not in server.log():
        assert time.monotonic() < until
        client.say(5, 1)
        client.hear()
    client.say(2, 0, "calm", {})
    assert client.hear()[:2] == [18, "busy"]
    assert stats(server)["overload"]["busy"] == "memory"
    assert server.log().count("memory:") == 1
