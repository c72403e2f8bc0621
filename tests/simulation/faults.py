"""What goes wrong in a world, by kind, each until the plan's time for faults is over. Times are drawn, never polled."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.hall import Hall

if TYPE_CHECKING:
    from tests.simulation.world import SessionWorld

__all__ = ["faults"]

RAISING = ("join", "drop", "resume", "leave", "tick", "dispose", "drain")


def faults(world: SessionWorld) -> list[Coroutine[None, None, None]]:
    """The plan's faults, to be run as tasks."""
    return [
        known[kind](world, Random(f"{world.plan.seed}/{kind}")) for kind in sorted(world.plan.kinds) if kind in known
    ]


async def _again(world: SessionWorld, random: Random, mean_s: float) -> bool:
    """Wait for the next time. Whether there is one."""
    await asyncio.sleep(mean_s * (0.2 + 1.6 * random.random()))
    return world.time.now_s < world.plan.faults_s


def _hall(world: SessionWorld, random: Random) -> Hall | None:
    rooms = world.rooms
    return random.choice(rooms) if rooms else None


async def _cuts(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 1.0):
        link = random.choice(world.bots).link
        dice = random.random()
        link.brittle = random.choice((0, 0, 0, 1, 3))
        late_s = random.choice((0.3, 1.5, 5.0)) * random.random()
        if dice < 0.25:
            link.cut(0.0, 0.0)
        elif dice < 0.5:
            link.cut(0.0, late_s)
        elif dice < 0.75:
            link.cut(late_s, 0.0)
        elif dice < 0.9:
            link.cut(late_s, math.inf)
        else:
            link.cut(math.inf, late_s)


async def _clogs(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 0.8):
        now_s = world.time.now_s
        until_s = min(now_s + random.choice((0.3, 1.2, 4.0)) * random.random(), world.plan.faults_s)
        count = 1 + int(2 * random.random())
        for bot in random.sample(world.bots, min(count, len(world.bots))):
            bot.link.clog(now_s, until_s)


async def _swizzle(world: SessionWorld, random: Random) -> None:
    """Stop a subset one by one, and let them go on one by one in another order."""
    while await _again(world, random, 2.5):
        now_s, end_s = world.time.now_s, world.plan.faults_s
        some = random.sample(world.bots, 1 + int(random.random() * len(world.bots)))
        ends = [now_s + 1.0 + 0.3 * place for place in range(len(some))]
        random.shuffle(ends)
        for place, (bot, until_s) in enumerate(zip(some, ends, strict=True)):
            if now_s + 0.2 * place < min(until_s, end_s):
                bot.link.clog(now_s + 0.2 * place, min(until_s, end_s))


async def _jumps(world: SessionWorld, random: Random) -> None:
    """Everything in the process stands still, clients too."""
    while await _again(world, random, 2.0):
        world.time.now_s += random.choice((0.1, 1.0, 5.0)) * random.random()


async def _stalls(world: SessionWorld, random: Random) -> None:
    """The server stands still, the others go on."""
    while await _again(world, random, 2.0):
        await world.stall(min(random.choice((0.2, 2.0)) * random.random(), world.plan.faults_s - world.time.now_s))


async def _overload(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 1.0):
        world.burn_share = random.choice((0.0, 0.5, 0.9, 1.2, 1.9))
    world.burn_share = 0.0


async def _raises(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 1.5):
        hall = _hall(world, random)
        if hall is not None:
            hall.raises = random.choice(RAISING)


async def _ends(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 2.5):
        hall = _hall(world, random)
        if hall is not None:
            hall.end()


async def _kicks(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 1.2):
        hall = _hall(world, random)
        if hall is not None and hall.players:
            player = random.choice(list(hall.players.values()))
            world.court.kick(hall.room_id, player.id)
            hall.kick(player)


async def _lazy(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 1.5):
        hall = _hall(world, random)
        if hall is not None:
            hall.lazy_ticks = int(25 * random.random())


async def _chatter(world: SessionWorld, random: Random) -> None:
    while await _again(world, random, 0.7):
        hall = _hall(world, random)
        if hall is not None:
            hall.chatty = random.choice((0, 1, 4, 12))
    for hall in world.rooms:
        hall.chatty = 0


async def _drain(world: SessionWorld, random: Random) -> None:
    await asyncio.sleep(world.plan.faults_s * (0.3 + 0.5 * random.random()))
    await world.restart(0.05 + 0.5 * random.random())


async def _storm(world: SessionWorld, random: Random) -> None:
    """Everybody is cut at once, now and then."""
    while await _again(world, random, 3.0):
        for bot in world.bots:
            bot.link.cut(0.05 * random.random(), 0.2 * random.random())


known = {
    "chatter": _chatter,
    "clogs": _clogs,
    "cuts": _cuts,
    "drain": _drain,
    "ends": _ends,
    "jumps": _jumps,
    "kicks": _kicks,
    "lazy": _lazy,
    "overload": _overload,
    "raises": _raises,
    "stalls": _stalls,
    "storm": _storm,
    "swizzle": _swizzle,
}
