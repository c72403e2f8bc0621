"""`python -m tests.simulation.planted.hunt NAME FIRST COUNT`: look for one planted bug, seed by seed; one line of JSON.

A process of its own for each bug, as its module is imported with the bug in it.
"""

from __future__ import annotations

import json
import logging
import sys

from tests.simulation.planted.bug import load, plant


def main(name: str, first: int, count: int) -> int:
    """The exit code: 0 if it was found, 1 if not."""
    bug = next((bug for bug in load() if bug.name == name), None)
    if bug is not None:
        plant(bug)
    # Only now, as these import what the bug was planted in.
    from tests.simulation.plan import Plan
    from tests.simulation.verdict import LawBroken
    from tests.simulation.world import SessionWorld

    logging.disable(logging.CRITICAL)
    for seed in range(first, first + count):
        try:
            SessionWorld(Plan.draw(seed)).run()
        except LawBroken as found:
            broken = found.broken
            sys.stdout.write(json.dumps({"seed": seed, "law": broken.law, "text": str(broken)}) + "\n")
            return 0
    sys.stdout.write(json.dumps({"seed": None, "law": None, "text": f"{count} seeds broke no law"}) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
