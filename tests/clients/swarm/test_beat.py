"""An open loop: what is due is due, however late the bot or the server is."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from pelton.protocol import Frame
from tests.clients.swarm.stage import Stage


async def dues(stage: Stage, hz: float, count: int) -> list[float]:
    found: list[float] = []
    beat = stage.me.beat(hz)
    async for due_s in beat:
        assert stage.me.due_s == due_s
        found.append(due_s)
        if len(found) == count:
            break
    await beat.aclose()
    return found


async def test_late_beats_come_at_once_in_order_and_none_is_skipped() -> None:
    stage = Stage(number=3, seed=7)
    first = await dues(stage_at(stage, 1.0), 20, 1)
    stage = Stage(number=3, seed=7)
    late = asyncio.create_task(dues(stage, 20, 60))
    await asyncio.sleep(0)
    stage.now_s = 1000.0  # the whole process stood still
    found = await late
    assert len(found) == 60
    assert [round(later - earlier, 9) for earlier, later in pairwise(found)] == [0.05] * 59
    assert found[0] == pytest.approx(first[0])


def stage_at(stage: Stage, now_s: float) -> Stage:
    """Its clock has gone on once the beat has begun."""
    asyncio.get_running_loop().call_soon(setattr, stage, "now_s", now_s)
    return stage


async def test_bots_of_a_swarm_begin_at_different_moments_of_a_period() -> None:
    firsts = [(await dues(stage_at(Stage(number), 1.0), 20, 1))[0] for number in range(20)]
    assert all(0 <= first < 0.05 for first in firsts)
    assert len(set(firsts)) == 20


async def test_frames_are_taken_in_between_beats() -> None:
    stage = Stage()
    for tick in range(1, 6):
        stage.room.receive(Frame(0, [], tick, tick - 1, [], []), 0.0)
    await dues(stage_at(stage, 1.0), 20, 1)
    assert (stage.tally.frames, stage.room.state.tick) == (5, 5)


async def test_a_beat_ends_with_the_seat_and_when_time_is_over() -> None:
    stage = Stage()
    stage.frames(3)
    assert await dues(stage_at(stage, 9.0), 20, 10) == []
    assert stage.tally.frames == 3
    stage = Stage()
    stage.me.dismissed = True
    assert await dues(stage_at(stage, 9.0), 20, 10) == []
    assert stage.me.due_s is None


async def test_a_beat_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="expected more than 0"):
        await dues(Stage(), 0, 1)
