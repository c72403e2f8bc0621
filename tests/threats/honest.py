"""Honest players in a process of their own: they play on, and tell four times a second how it is.

    python -m tests.threats.honest URL COUNT

Each line is a JSON object, see `Told`. Ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from random import Random

from pelton.client import ClientError, Room, connect
from pelton.swarm.loop import collect_less_often, loop_factory

LINE_EVERY_S = 0.25
RAMP_S = 0.02


@dataclass(slots=True)
class Told:
    """Of a quarter of a second."""

    t: float = 0.0
    """The machine's monotonic clock, in seconds."""
    ms: list[float] = field(default_factory=list[float])
    """From acting to the frame that says that it was taken, action by action."""
    frames: int = 0
    gap: int = 0
    """The longest way from one frame to the next, in ticks."""
    refused: int = 0
    differ: int = 0
    """Groups that were not what the server has."""
    resumed: int = 0
    lost: int = 0


class Players:
    """All of them, and what they have to tell."""

    def __init__(self, url: str, count: int) -> None:
        self._url, self._count = url, count
        self._told = Told()

    async def run(self, over: asyncio.Event) -> None:
        """Play until it is over."""
        async with asyncio.TaskGroup() as group:
            players: list[asyncio.Task[None]] = []
            for index in range(self._count):
                players.append(group.create_task(self._play(index)))
                await asyncio.sleep(RAMP_S)
            while not over.is_set():
                await asyncio.sleep(LINE_EVERY_S)
                self._tell()
            for player in players:
                player.cancel()

    def _tell(self) -> None:
        told, self._told = self._told, Told()
        told.t = time.monotonic()
        print(json.dumps(asdict(told)), flush=True)

    async def _play(self, index: int) -> None:
        try:
            async with connect(self._url, light=True) as client:
                room = await client.join_or_create("arena", name=f"honest-{index}")
                await self._rounds(room, Random(index))
        except ClientError as error:
            print(f"honest player {index}: {error}", file=sys.stderr)
        self._told.lost += 1

    async def _rounds(self, room: Room, random: Random) -> None:
        before = 0
        async for frame in room:
            told = self._told
            told.frames += 1
            told.gap = max(told.gap, frame.tick - before if before and not frame.resumed else 0)
            before = frame.tick
            told.ms += [round(1000 * seconds, 2) for _, seconds in frame.taken]
            told.refused += len(frame.refused)
            told.differ += len(frame.divergences)
            told.resumed += frame.resumed is not None
            await room.act("steer", turn=random.uniform(-1, 1), thrust=1.0)


async def main(url: str, count: int) -> None:
    """Until nobody listens any more."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: over.set())
    collect_less_often()
    await Players(url, count).run(over)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
