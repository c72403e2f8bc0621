"""A crowd on a real server, driven as a load generator drives one: who comes, who goes, who comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from pelton.client import Action
from pelton.swarm import Me, bot
from pelton.swarm.behaviours import wanderer
from pelton.swarm.crowd import Crowd
from pelton.swarm.mix import Mix
from pelton.swarm.plan import Plan
from pelton.swarm.population import Session, Storm
from pelton.swarm.tally import Tally
from tests.end_to_end.conftest import RunningServer, StartServer

TIMEOUT_S = 20
NOBODY = Plan("", "arena", Mix.of(wanderer), bots=0, seed=7, ramp_s=0.0, duration_s=0.0)


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Iterator[RunningServer]:
    running = start_server()
    yield running
    running.stop()
    assert "Traceback" not in running.log()


@asynccontextmanager
async def playing(plan: Plan) -> AsyncGenerator[Crowd, None]:
    crowd = Crowd(plan, Tally())
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as group:
        group.create_task(crowd.play())
        yield crowd
        crowd.dismiss()


async def until(holds: Callable[[], bool]) -> None:
    """Until the crowd has come so far; the block's timeout ends what never does."""
    while not holds():  # noqa: ASYNC110 - a tally wakes nobody: it is plain numbers
        await asyncio.sleep(0.01)


async def test_a_crowd_follows_its_aim_up_and_down(server: RunningServer) -> None:
    async with playing(replace(NOBODY, url=server.url)) as crowd:
        assert crowd.alive == 0
        crowd.aim(6, over_s=0.2)
        await until(lambda: crowd.tally.seated == 6)
        crowd.aim(2, over_s=0.1)
        await until(lambda: crowd.alive == 2)
        crowd.aim(4)
        await until(lambda: crowd.tally.seated == 8)
        assert crowd.alive == 4
    tally = crowd.tally
    assert (tally.failures, tally.violations, tally.unanswered, tally.ended) == ([], [], 0, 0)
    assert tally.input_to_seen.count > 0
    assert tally.bytes_in > 0


async def test_who_has_played_his_session_is_replaced_by_the_next_number(server: RunningServer) -> None:
    plan = replace(NOBODY, url=server.url, bots=3, session=Session(0.2, "fixed"))
    async with playing(plan) as crowd:
        await until(lambda: crowd.tally.ended >= 6)
        assert crowd.alive == 3
    assert crowd.tally.started == crowd.tally.seated >= 9
    assert crowd.tally.failures == []


async def test_bots_arrive_by_themselves_and_those_above_the_limit_are_turned_away(server: RunningServer) -> None:
    plan = replace(NOBODY, url=server.url, arrivals_per_s=50.0, bots_max=5)
    async with playing(plan) as crowd:
        await until(lambda: crowd.tally.turned_away >= 10)
        assert crowd.alive == 5
        crowd.arrivals(0.0)
    assert crowd.tally.seated == 5


async def test_a_storm_cuts_everybody_off_and_all_come_back(server: RunningServer) -> None:
    plan = replace(NOBODY, url=server.url, bots=8, storm=Storm(0.5))
    async with playing(plan) as crowd:
        await until(lambda: crowd.tally.returned >= 16)
        assert crowd.alive == 8
    tally = crowd.tally
    assert (tally.failures, tally.seated, tally.lost) == ([], 8, 0)
    assert tally.cut >= 16


async def test_a_bot_with_a_beat_acts_on_time_and_its_lateness_is_known(server: RunningServer) -> None:
    @bot
    async def drummer(me: Me) -> AsyncGenerator[Action, None]:
        async for _ in me.beat(50):
            yield Action("steer", turn=0.0, thrust=0.0)

    async with playing(replace(NOBODY, url=server.url, mix=Mix.of(drummer), bots=2)) as crowd:
        await until(lambda: crowd.tally.taken >= 100)
    tally = crowd.tally
    assert tally.send_late.count == tally.sent >= 100
    assert (tally.unanswered, tally.failures) == (0, [])
    assert tally.state_age.count > 0


async def test_a_bad_behaviour_ends_its_bot_and_no_other(server: RunningServer) -> None:
    @bot
    async def clumsy(me: Me) -> AsyncGenerator[Action, None]:
        async for _ in me.frames():
            yield Action("steer", turn=1 / me.number, thrust=0.0)

    async with playing(replace(NOBODY, url=server.url, mix=Mix.of(clumsy), bots=3)) as crowd:
        await until(lambda: bool(crowd.tally.failed_bots) and crowd.tally.taken > 20)
        assert crowd.alive == 2
    [failure] = crowd.tally.failures
    assert failure.bot == 0
    assert "ZeroDivisionError" in failure.trace
