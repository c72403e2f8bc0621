"""A server whose recorder is on and off in turn, for a third of a second each; writes what each took.

`bench_recorder.py` starts it. One process, one set of players, one stretch of time: what else the machine does hurts
both halves alike, and a difference of one per cent can be seen.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import signal
import time
from pathlib import Path

from benchmarks.bench_game import Bench
from pelton.server.app import Server
from pelton.server.config import load_config
from pelton.server.loop import loop_factory
from pelton.server.recorder.tape import Tape

SLICE_S = 0.37  # not a part of a second, after which much comes round: it would always fall into the same half
SETTINGS = (
    "server.port=0",
    "admin.port=-1",
    "server.drain_timeout_s=0",
    "overload.ladder=off",
    "deliver.slow_after_s=3000",  # this load never says what has arrived
    "deliver.ack_lag_max_s=3600",
)


class Rooms(Bench):
    """The same game in rooms of a few."""

    seats = 8


class Halves:
    """Turns the recorder on and off, and notes the CPU time and the ticks of each half."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._recorder = server._beat.recorder  # noqa: SLF001 - what users turn on and off is read once
        self._tapes: dict[str, Tape | None] = {}
        self._is_on = True
        self._begun = self._now()
        self.slices: list[tuple[bool, int, int, int]] = []
        """On or off, CPU time in ns, ticks, frames."""

    def turn(self) -> None:
        """One half is over."""
        now = self._now()
        cpu_ns, ticks, frames = (after - before for after, before in zip(now, self._begun, strict=True))
        self.slices.append((self._is_on, cpu_ns, ticks, frames))
        self._is_on = not self._is_on
        for opened in self._server.lobby:
            self._tapes.setdefault(opened.room_id, opened.ticker.tape)
            opened.ticker.tape = self._tapes[opened.room_id] if self._is_on else None
        self._recorder.is_on = self._is_on
        self._begun = self._now()
        asyncio.get_running_loop().call_later(SLICE_S, self.turn)

    def _now(self) -> tuple[int, int, int]:
        metrics = self._server.metrics
        return time.process_time_ns(), metrics.ticks, metrics.frames_sent


async def serve(options: argparse.Namespace) -> None:
    """Until SIGTERM."""
    game = Rooms if options.rooms else Bench
    server = Server(load_config(None, {}, SETTINGS).config, {"bench": game})
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await server.start()
    halves = Halves(server)
    print(f"listening on {server.url}", flush=True)
    asyncio.get_running_loop().call_later(SLICE_S, halves.turn)
    await stopped.wait()
    options.result.write_text(json.dumps(halves.slices))
    await server.stop()


def main() -> None:
    """Serve on a port that is free."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", action="store_true", help="rooms of 8 instead of one for all")
    parser.add_argument("--result", type=Path, required=True)
    options = parser.parse_args()
    gc.collect()  # as `pelton serve` does
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    with asyncio.Runner(loop_factory=loop_factory("auto")) as runner:
        runner.run(serve(options))


if __name__ == "__main__":
    main()
