"""How a crowd comes and goes, against an address where nobody listens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from pelton.swarm.behaviours import wanderer
from pelton.swarm.crowd import Crowd
from pelton.swarm.mix import Mix
from pelton.swarm.plan import Plan
from pelton.swarm.tally import Tally


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address that refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"ws://127.0.0.1:{taken.getsockname()[1]}/"


def plan(url: str, *, ramp_s: float = 0.0, duration_s: float = 0.0) -> Plan:
    return Plan(url, "arena", Mix.of(wanderer), bots=5, seed=0, ramp_s=ramp_s, duration_s=duration_s)


class WatchedTally(Tally):
    """Tells when the first bot fails."""

    def __init__(self) -> None:
        super().__init__()
        self.first_failure = asyncio.Event()

    def failed(self, bot: int, text: str, trace: str = "") -> None:
        super().failed(bot, text, trace)
        self.first_failure.set()


async def test_a_crowd_that_finds_nobody_is_over_at_once(nowhere: str) -> None:
    crowd = Crowd(plan(nowhere, duration_s=3600), Tally())
    await crowd.play()
    assert (crowd.tally.started, crowd.tally.connected, crowd.arrived) == (5, 0, 5)
    assert sorted(failure.bot for failure in crowd.tally.failures) == [0, 1, 2, 3, 4]


async def test_who_has_not_come_yet_stays_away_when_time_is_over(nowhere: str) -> None:
    tally = WatchedTally()
    crowd = Crowd(plan(nowhere, ramp_s=3600), tally)
    playing = asyncio.create_task(crowd.play())
    await tally.first_failure.wait()
    crowd.dismiss()
    await playing
    assert crowd.tally.started == 1
    assert crowd.elapsed() == (0.0, 0.0)


async def test_dismissing_twice_changes_nothing(nowhere: str) -> None:
    crowd = Crowd(plan(nowhere), Tally())
    crowd.dismiss()
    crowd.dismiss()
    await crowd.play()
    assert crowd.tally.started == 0
