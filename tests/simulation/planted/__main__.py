"""`make planted`: put one bug after the other into server or client, and see which law finds it at which seed.

`python -m tests.simulation.planted [words]`: only those with one of the words in their name. Exit code 1 if one is not
found within `SEEDS_MAX` seeds, or if what has no bug planted breaks a law.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.simulation.planted.bug import Bug, load

ROOT = Path(__file__).parents[3]
SEEDS_MAX = 2000
TIMEOUT_S = 1800
CLEAN = "nothing is planted"
CLEAN_SEEDS = 200
AT_ONCE = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one hunt; `seed` is None if no law was broken."""

    seed: int | None
    law: str | None
    text: str


def hunt(name: str, first: int = 0, count: int = SEEDS_MAX) -> Found:
    """Look for one bug, by name, in a process of its own."""
    command = [sys.executable, "-m", "tests.simulation.planted.hunt", name, str(first), str(count)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if ran.returncode not in (0, 1) or not ran.stdout:
        return Found(None, None, f"the hunt failed: {ran.stderr[-1000:]}")
    return Found(**json.loads(ran.stdout))


def main(words: Sequence[str]) -> int:
    """Hunt them all, print a table, and answer the exit code."""
    bugs = [bug for bug in load() if not words or any(word in bug.name for word in words)]
    console = Console()
    table = Table("bug", "happened as", "law that finds it", "seed", title="Planted bugs", title_justify="left")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        clean = threads.submit(hunt, CLEAN, 0, CLEAN_SEEDS)
        found = list(threads.map(lambda bug: hunt(bug.name), bugs))
    for bug, one in zip(bugs, found, strict=True):
        table.add_row(bug.name, bug.incident, one.law or f"[red]not found[/]: {one.text}", str(one.seed))
    console.print(table)
    missed = [bug for bug, one in zip(bugs, found, strict=True) if one.seed is None]
    if clean.result().law is not None:
        console.print(f"[red]Without a bug a law is broken:[/] {clean.result().text}")
    console.print(f"{len(bugs) - len(missed)} of {len(bugs)} planted bugs found, within {SEEDS_MAX} seeds each")
    return int(bool(missed) or clean.result().law is not None)


def as_recorded(bug: Bug, found: Found) -> bool:
    """Whether it was found as the list says."""
    return (found.seed, found.law) == (bug.seed, bug.law)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
