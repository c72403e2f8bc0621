"""A run leads players through stages and looks at them; the players here are none, so what it measures is known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from pelton.loadtest.admin import Poller
from pelton.loadtest.generator import GeneratorStuck
from pelton.loadtest.plan import Plan
from pelton.loadtest.run import Run
from pelton.loadtest.seconds import Counts, Share, histograms
from pelton.loadtest.verdict import Code
from tests.clients.loadtest.made import a_plan, some_latencies

TWO_STAGES = """
[[stage]]
bots = 20
ramp_s = 0.02
hold_s = 0.04
[[stage]]
arrivals_per_s = 3
session_s = 5
hold_s = 0.03
[thresholds]
"ack.p99" = "< 1s"
[capacity]
bots_min = 10
bots_max = 80
ramp_s = 0.01
hold_s = 1
"""


class FakePlayers:
    """Does as told at once. `latency_s` says how slow the server is for so many."""

    def __init__(self, latency_s: Callable[[int], float] = lambda _: 0.03, cpu: float = 0.1) -> None:
        self.orders: list[tuple[str, float, float]] = []
        self.bots = 0
        self.looks = 0
        self.is_over = self.is_stuck = False
        self._latency_s = latency_s
        self._cpu = cpu

    def aim(self, bots: int, over_s: float) -> None:
        self.orders.append(("aim", bots, over_s))
        self.bots = bots

    def arrivals(self, per_s: float, session_s: float) -> None:
        self.orders.append(("arrivals", per_s, session_s))

    async def shares(self) -> Sequence[Share]:
        self.looks += 1
        if self.is_stuck:
            raise GeneratorStuck("too busy")
        latencies = some_latencies(Random(1), self._latency_s(self.bots), 50) if self.bots else histograms()
        counts = Counts(arrived=self.bots, sent=50, taken=50)
        return [Share(counts, self.bots, self.bots, latencies, self.bots, self._cpu, self.is_over, {}, "")]

    async def end(self) -> Sequence[Share]:
        self.bots = 0
        return await self.shares()


def a_run(plan: Plan, players: FakePlayers, shown: Callable[[Run], None] = lambda _: None) -> Run:
    return Run(plan, players, Poller("", time.monotonic), time.monotonic, lambda run, _: shown(run))


def short_holds(plan: Plan) -> Plan:
    from dataclasses import replace

    return replace(plan, capacity=replace(plan.capacity, hold_s=0.01))


async def test_stages_are_ordered_one_after_the_other(tmp_path: Path) -> None:
    players = FakePlayers()
    run = a_run(a_plan(tmp_path, TWO_STAGES), players)
    await run.play()
    assert players.orders == [("arrivals", 0, 0), ("aim", 20, 0.02), ("aim", 0, 0), ("arrivals", 3, 5)]
    assert [stage.name for stage in run.recorder.stages] == ["20 bots", "3/s for 5 s"]
    assert [second.holds for second in run.recorder.seconds] == [False, True, True]
    assert run.measured.values["ack.count"] == 50, "only holds with players have samples"


async def test_it_ends_when_nobody_is_left_to_play(tmp_path: Path) -> None:
    players = FakePlayers()
    players.is_over = True
    run = a_run(a_plan(tmp_path, TWO_STAGES), players)
    await run.play()
    assert len(run.recorder.seconds) == 1


async def test_it_can_be_stopped_and_keeps_what_was_measured(tmp_path: Path) -> None:
    run = a_run(a_plan(tmp_path, TWO_STAGES.replace("hold_s = 0.04", "hold_s = 600")), FakePlayers(), Run.stop)
    async with asyncio.timeout(10):
        await run.play()
    assert len(run.recorder.seconds) == 1


async def test_a_generator_that_answers_no_more_ends_it(tmp_path: Path) -> None:
    players = FakePlayers()
    players.is_stuck = True
    run = a_run(a_plan(tmp_path, TWO_STAGES), players)
    await run.play()
    await run.close()
    assert (run.stuck, run.recorder.seconds) == ("too busy", [])


async def test_capacity_is_searched_in_steps_with_holds_of_their_own(tmp_path: Path) -> None:
    players = FakePlayers(lambda bots: 0.03 if bots <= 40 else 2.0)
    run = a_run(short_holds(a_plan(tmp_path, TWO_STAGES)), players)
    await run.find_capacity()
    assert run.search is not None
    result = run.search.result()
    assert [step.bots for step in result.steps] == [10, 20, 40, 80, 60, 50, 45, 42]
    assert result.bots == 40
    assert result.sentence.startswith("40 players hold every threshold; 42 do not: ack.p99 < 1s: was ")


async def test_a_saturated_generator_ends_the_search_with_a_lower_bound(tmp_path: Path) -> None:
    run = a_run(short_holds(a_plan(tmp_path, TWO_STAGES)), FakePlayers(cpu=0.99))
    await run.find_capacity()
    assert run.search is not None
    assert run.search.code is Code.SATURATED
    assert run.search.result().steps[0].saturated


@pytest.mark.parametrize("is_stuck", [True, False])
async def test_a_search_ends_when_nobody_can_play(tmp_path: Path, is_stuck: bool) -> None:
    players = FakePlayers(lambda _: 2.0)
    players.is_stuck, players.is_over = is_stuck, not is_stuck
    run = a_run(short_holds(a_plan(tmp_path, TWO_STAGES)), players)
    async with asyncio.timeout(10):
        await run.find_capacity()
    assert run.search is not None
    assert len(run.search.steps) == 1
