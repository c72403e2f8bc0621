"""What goes through the pipe between the processes of a swarm comes out as it went in."""

from __future__ import annotations

import json

from pelton.swarm.invariants import Arrival
from pelton.swarm.tally import COUNTS, HISTOGRAMS, Tally, Violation
from pelton.swarm.written import read_tally, write_tally


def test_a_tally_is_the_same_after_the_pipe() -> None:
    tally = Tally()
    for number, name in enumerate(COUNTS):
        setattr(tally, name, number)
    tally.refusals.update(late=3, rate=1)
    for number, name in enumerate(HISTOGRAMS):
        for latency_s in (0.0, 0.001, 0.0123 * number, 5.0):
            getattr(tally, name).add(latency_s)
    tally.failed(3, "closed", "Traceback ...")
    tally.broke(Violation(3, "hunter", 9, "an ack never goes back", (Arrival(9, 8, 7, 1, 100),)))
    written = json.loads(json.dumps(write_tally(tally)))
    again = read_tally(written)
    assert write_tally(again) == write_tally(tally)
    assert (again.failures, again.violations, again.refusals) == (tally.failures, tally.violations, tally.refusals)
    assert again.stalls.percentile_s(50) == tally.stalls.percentile_s(50)
