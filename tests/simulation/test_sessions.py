"""Sessions, admission, overload and drain under faults, over many seeds: every law holds in each.

A seed that fails is repeated by `python -m tests.simulation --seed N`, and stays in `seeds.txt` for ever.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.plan import KINDS, Plan
from tests.simulation.world import SessionWorld

SEEDS = 500
BATCH = 25
ONCE_FAILED = Path(__file__).with_name("seeds.txt")
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _without_logs() -> Iterator[None]:
    """Thousands of warnings about clients that deserve them."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_every_law_holds(first: int) -> None:
    for seed in range(first, first + BATCH):
        SessionWorld(Plan.draw(seed)).run()


@pytest.mark.parametrize("kind", KINDS)
def test_every_law_holds_under_each_fault_alone(kind: str) -> None:
    for seed in range(3):
        SessionWorld(Plan.draw(seed, [kind])).run()


def test_what_failed_once_fails_no_more() -> None:
    for line in ONCE_FAILED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            SessionWorld(Plan.draw(int(line.split()[0]))).run()


def test_the_same_seed_does_the_same_again() -> None:
    for seed in range(8):
        assert SessionWorld(Plan.draw(seed)).run() == SessionWorld(Plan.draw(seed)).run()


def test_it_does_the_same_in_another_process_with_other_hashes() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seed", "5"]
    traces = set[str]()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
        traces.add(run.stdout.splitlines()[0])
    assert len(traces) == 1
    assert "trace" in traces.pop()


def test_every_kind_of_fault_is_switched_on_and_off() -> None:
    drawn = Counter(kind for seed in range(SEEDS) for kind in Plan.draw(seed).kinds)
    assert all(SEEDS / 10 < drawn[kind] < SEEDS / 2 for kind in KINDS)
