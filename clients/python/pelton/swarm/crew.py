"""A swarm in several processes, driven like a crowd in one: bot k plays in process k % parts.

Each process tells all its figures several times a second, so what a dead one had counted is not lost with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pelton.swarm.plan import Plan
from pelton.swarm.tally import Tally
from pelton.swarm.written import read_tally

__all__ = ["Crew"]

LINE_BYTES_MAX = 2**26
STOP_S = 20.0
"""What a process has to end by itself; its bots have seconds for their goodbyes."""


@dataclass(slots=True)
class _Part:
    """What one process has told last."""

    process: Process | None = None
    alive: int = 0
    arrived: int = 0
    played_s: float = 0.0
    cpu_s: float = 0.0
    tally: Tally = field(default_factory=Tally)


class Crew:
    """`options` are those of `pelton swarm` that make this plan. Has what a `Crowd` has."""

    def __init__(self, plan: Plan, options: Sequence[str], workers: int) -> None:
        self.plan = plan
        self.wanted = plan.bots
        self.troubles: list[str] = []
        """What became of processes that did not end by themselves."""
        self.tally = Tally()
        """Of all, as last told."""
        self._options = options
        self._parts = [_Part() for _ in range(workers)]
        self._said: list[str] = []
        self._is_over = False

    @property
    def alive(self) -> int:
        """Bots that play or are about to."""
        return sum(part.alive for part in self._parts)

    @property
    def arrived(self) -> int:
        """Bots that have a seat, or will never have one."""
        return sum(part.arrived for part in self._parts)

    def elapsed(self) -> tuple[float, float]:
        """Seconds played so far, by the one that has played least; and those of all on the CPU."""
        return min(part.played_s for part in self._parts), sum(part.cpu_s for part in self._parts)

    def aim(self, bots: int, over_s: float = 0.0) -> None:
        """See `Crowd.aim`."""
        self.wanted = bots
        self._say({"aim": [bots, over_s]})

    def arrivals(self, per_s: float) -> None:
        """See `Crowd.arrivals`."""
        self._say({"arrivals": per_s})

    def dismiss(self) -> None:
        """See `Crowd.dismiss`."""
        if not self._is_over:
            self._is_over = True
            self._say({"dismiss": True})

    async def play(self) -> None:
        """Until every process has ended. One that dies is told of in `troubles`; the others play on."""
        async with asyncio.TaskGroup() as group:
            for number in range(len(self._parts)):
                group.create_task(self._run(number), name=f"worker {number}")

    async def _run(self, number: int) -> None:
        part, parts = self._parts[number], len(self._parts)
        process = part.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pelton.swarm", *self._options, "--worker", f"{number}/{parts}"),
            stdin=PIPE,
            stdout=PIPE,
            limit=LINE_BYTES_MAX,
            start_new_session=True,  # Ctrl-C is for us: we end them in order
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(self._said).encode())
        try:
            async for line in process.stdout:
                self._note(part, json.loads(line))
            code = await process.wait()
        except BaseException:
            await _stop(process)
            raise
        part.alive = 0
        if code:
            how = f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            self.troubles.append(f"worker {number} of {parts} {how}; its bots are gone")

    def _note(self, part: _Part, told: dict[str, Any]) -> None:
        part.alive, part.arrived = told["alive"], told["arrived"]
        part.played_s, part.cpu_s = told["played_s"], told["cpu_s"]
        part.tally = read_tally(told["tally"])
        self.tally = Tally()
        for each in self._parts:
            self.tally.merge(each.tally)

    def _say(self, command: dict[str, Any]) -> None:
        """To all; who is not there yet is told as soon as he is."""
        line = json.dumps(command) + "\n"
        self._said.append(line)
        for part in self._parts:
            stdin = part.process.stdin if part.process is not None else None
            if stdin is not None and not stdin.is_closing():
                stdin.write(line.encode())


async def _stop(process: Process) -> None:
    """Not `process.terminate()`: that reaps a process that has just ended, and its exit code is lost (CPython 3.11)."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)
        try:
            async with asyncio.timeout(STOP_S / 10):
                await process.wait()
        except TimeoutError:
            continue
        return
