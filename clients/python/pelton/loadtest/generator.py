"""The processes that play, seen from the one that measures: each gets the same orders and tells its share."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from pelton.loadtest.pipe import LINE_BYTES_MAX, Order, read_share, written_order
from pelton.loadtest.plan import Plan
from pelton.loadtest.seconds import Share

__all__ = ["Generator", "GeneratorStuck", "Players"]

ANSWER_TIMEOUT_S = 15.0
END_TIMEOUT_S = 10.0


class GeneratorStuck(Exception):
    """A process of the load generator has ended, or is too busy to answer."""


class Players(Protocol):
    """Whoever plays."""

    def aim(self, bots: int, over_s: float) -> None: ...
    def arrivals(self, per_s: float, session_s: float) -> None: ...
    async def shares(self) -> Sequence[Share]: ...
    async def end(self) -> Sequence[Share]: ...


class Generator:
    """As many processes as the plan has workers. They end with the block, whatever happens in it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._processes: list[Process] = []

    async def __aenter__(self) -> Generator:
        parts = self._plan.workers
        for part in range(parts):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "pelton.loadtest.worker", str(part), str(parts)),
                stdin=PIPE,
                stdout=PIPE,
                limit=LINE_BYTES_MAX,
                start_new_session=True,  # Ctrl-C is for us: they end when we have heard what they measured
            )
            self._processes.append(process)
            _stdin(process).write(json.dumps([self._plan.name, self._plan.text]).encode() + b"\n")
        await self.shares()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            await _ended(process)

    def aim(self, bots: int, over_s: float) -> None:
        """Keep so many alive in all, after a ramp."""
        self._order(Order("aim", bots, over_s))

    def arrivals(self, per_s: float, session_s: float) -> None:
        """Let so many a second come in all."""
        self._order(Order("arrivals", per_s, session_s))

    async def shares(self) -> Sequence[Share]:
        """What each has measured since the last time. Raises GeneratorStuck."""
        self._order(Order("share"))
        return [await _share(process) for process in self._processes]

    async def end(self) -> Sequence[Share]:
        """Let everybody leave; the last shares. Raises GeneratorStuck."""
        self._order(Order("end"))
        return [await _share(process) for process in self._processes]

    def _order(self, order: Order) -> None:
        for process in self._processes:
            _stdin(process).write(written_order(order))


def _stdin(process: Process) -> asyncio.StreamWriter:
    assert process.stdin is not None
    return process.stdin


async def _share(process: Process) -> Share:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            line = await process.stdout.readline()
    except TimeoutError:
        raise GeneratorStuck(f"the load generator was too busy to answer for {ANSWER_TIMEOUT_S:g} s") from None
    if not line:
        raise GeneratorStuck("a process of the load generator has ended")
    return read_share(line)


async def _ended(process: Process) -> None:
    """Give it a moment to end by itself, and no more."""
    _stdin(process).close()
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
