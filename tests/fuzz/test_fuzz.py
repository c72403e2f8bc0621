"""Every target at a hundredth of what `make fuzz` does; and that the driver sees what it is there to see."""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import Random

import pytest

from tests.fuzz.run import INPUTS, TARGETS, fuzz, share
from tests.fuzz.target import Target

SEED = 7


class Odd:
    """Raises for one input in ten, logs an error for another."""

    name = "odd"

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def draw(self, random: Random) -> list[bytes]:
        return [random.randbytes(1), b"\xfe"]

    def run(self, pieces: list[bytes]) -> str:
        self.seen.append(pieces[0])
        if pieces[0][0] < 25:
            raise ValueError("that was too much")
        if pieces[0][0] > 230:
            logging.getLogger("pelton.odd").error("so was that")
        return "fine"


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "pelton")


@pytest.mark.parametrize(("make", "weight"), TARGETS, ids=[make().name for make, _ in TARGETS])
def test_only_documented_outcomes(make: Callable[[], Target], weight: int) -> None:
    outcome = fuzz(make(), share(INPUTS // 100, weight), SEED)
    assert not outcome.findings, "\n\n".join(outcome.findings)
    assert len(outcome.words) > 2, f"the inputs are all alike: {outcome.words}"


def test_a_finding_has_its_seed_its_input_and_what_was_wrong() -> None:
    outcome = fuzz(Odd(), 1000, SEED)
    assert outcome.findings
    assert all(finding.startswith("odd, seed 7, input ") and ",fe\n" in finding for finding in outcome.findings)


@pytest.mark.parametrize(("first", "problem"), [(b"\x00", "ValueError: that was too much"), (b"\xff", "so was that")])
def test_what_is_raised_and_what_is_logged_is_a_finding(first: bytes, problem: str) -> None:
    assert problem in fuzz(Odd(), 1, SEED, [first]).findings[0]


def test_the_same_seed_draws_the_same_inputs_and_another_seed_others() -> None:
    runs = [Odd() for _ in range(3)]
    for target, seed in zip(runs, (1, 1, 2), strict=True):
        fuzz(target, 20, seed)
    assert runs[0].seen == runs[1].seen
    assert runs[0].seen[:5] != runs[2].seen[:5]


def test_an_input_that_is_given_is_the_one_that_is_run() -> None:
    target = Odd()
    assert fuzz(target, 1, SEED, [b"\x00", b"\x01"]).findings[0].startswith("odd, seed 7, input 1: 00,01\n")
    assert target.seen == [b"\x00"]
