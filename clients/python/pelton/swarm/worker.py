"""One process of a swarm in several: plays its part, tells its figures on standard output, and obeys standard input.

    in    {"aim": [bots, over_s]}    {"arrivals": per_s}    {"dismiss": true}
    out   {"alive": ..., "arrived": ..., "played_s": ..., "cpu_s": ..., "tally": {...}}     all figures so far

Both are JSON, a line each. The end of standard input is a dismissal: who started this process is gone.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from pelton.swarm.crowd import Crowd
from pelton.swarm.written import write_tally

__all__ = ["play_part"]

REPORT_S = 0.25


def say(line: str) -> None:
    """On standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def play_part(crowd: Crowd, tell: Callable[[str], None] = say) -> None:
    """Play until the crowd is over; the last line has the final figures."""
    commands = await _standard_input()
    async with asyncio.TaskGroup() as beside:
        obeying = beside.create_task(_obey(commands, crowd))
        telling = beside.create_task(_tell(crowd, tell))
        await crowd.play()
        obeying.cancel()
        telling.cancel()
    tell(_figures(crowd))


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _obey(commands: asyncio.StreamReader, crowd: Crowd) -> None:
    async for line in commands:
        command: dict[str, Any] = json.loads(line)
        match command:
            case {"aim": [int(bots), int() | float() as over_s]}:
                crowd.aim(bots, over_s)
            case {"arrivals": int() | float() as per_s}:
                crowd.arrivals(per_s)
            case _:
                crowd.dismiss()
    crowd.dismiss()


async def _tell(crowd: Crowd, tell: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(REPORT_S)
        tell(_figures(crowd))


def _figures(crowd: Crowd) -> str:
    played_s, cpu_s = crowd.elapsed()
    return json.dumps(
        {
            "alive": crowd.alive,
            "arrived": crowd.arrived,
            "played_s": played_s,
            "cpu_s": cpu_s,
            "tally": write_tally(crowd.tally),
        }
    )
