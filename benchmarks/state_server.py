"""Pelton as it is delivered, with a note of how long each tick took; or the naive way in the place of its fan-out.

Started by the benchmark. What it noted is written as JSON when it is stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from array import array
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, not with -m

from benchmarks.state_naive import NaiveFanout
from pelton.server import app, beat
from pelton.server.config import load_config
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.serve import serve

FANOUTS = {"pelton": Fanout, "naive": NaiveFanout}


class Notes:
    """Of each turn of the beat in which a room ticked."""

    def __init__(self) -> None:
        self.began_ns = array("q")
        """`time.monotonic_ns`, when the sockets were first looked at."""
        self.wall_ns = array("q")
        self.cpu_ns = array("q")
        """Of the one thread that does it all."""
        self.skipped = array("q")
        """Frames that were not sent so far, because their client had not taken the one before."""

    def write(self, path: Path) -> None:
        """As lists of equal length."""
        path.write_text(json.dumps({name: list(values) for name, values in vars(self).items()}))


def timed(notes: Notes) -> type[beat.Beat]:
    """The beat, taking notes: from the look at the sockets to the last frame written."""

    class TimedBeat(beat.Beat):
        def turn(self, now_ns: int) -> int:
            metrics: Metrics = self._metrics
            ticks = metrics.ticks
            began_ns, cpu_ns = time.monotonic_ns(), time.thread_time_ns()
            next_ns = super().turn(now_ns)
            if metrics.ticks > ticks:
                notes.cpu_ns.append(time.thread_time_ns() - cpu_ns)
                notes.wall_ns.append(time.monotonic_ns() - began_ns)
                notes.began_ns.append(began_ns)
                notes.skipped.append(metrics.frames_skipped)
            return next_ns

    return TimedBeat


def main() -> int:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=FANOUTS, default="pelton")
    parser.add_argument("--notes", type=Path, required=True, help="where they are written")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    options = parser.parse_args()
    notes = Notes()
    config = load_config(None, {}, ("server.port=0", "admin.port=0", *options.set)).config
    with patch.object(app, "Beat", timed(notes)), patch.object(beat, "Fanout", FANOUTS[options.way]):
        try:
            return serve(config)
        finally:
            notes.write(options.notes)


if __name__ == "__main__":
    sys.exit(main())
