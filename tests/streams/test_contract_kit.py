"""The checks for streams of one's own have teeth: each broken promise is found, and named; whole streams pass."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from pelton.streams import CLOSED, Poll, Stage, Stream, Waker
from pelton.streams.testing import ContractBroken, StreamContract
from tests.streams import broken
from tests.streams.broken import Answer, ByHand

Make: TypeAlias = Callable[[Stream[int]], Stream[int]]


class Double(Stage[int, int]):
    """A stage as one would write it: says what becomes of an item, and leaves the rest to the base."""

    def _on(self, item: int) -> Answer:
        return item * 2


class Countdown(Stream[int]):
    """A source as one would write it."""

    def __init__(self, start: int = 3) -> None:
        self.left = start

    def poll(self, waker: Waker | None = None) -> Answer:
        if self.left == 0:
            return CLOSED
        self.left -= 1
        return self.left + 1

    def close(self) -> None:
        self.left = 0


@pytest.mark.parametrize("make", [Double, ByHand])
def test_a_stage_that_keeps_every_promise_passes(make: Make) -> None:
    StreamContract().stage(make, takes=[1, 2, 3], gives=[2, 4, 6])


def test_a_source_that_keeps_every_promise_passes() -> None:
    StreamContract().source(Countdown, gives=[3, 2, 1])


def test_stages_that_end_drop_gather_or_hold_pass() -> None:
    contract = StreamContract()
    contract.stage(lambda source: source.take(2), takes=[1, 2, 3], gives=[1, 2])
    contract.stage(lambda source: source.filter(lambda number: number != 2), takes=[1, 2, 3], gives=[1, 3])
    contract.stage(lambda source: source.chunks(2), takes=[1, 2, 3], gives=[[1, 2], [3]])
    contract.stage(lambda source: source.buffer(2), takes=[1, 2, 3], gives=[1, 2, 3], counts_source=False)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (broken.TakesAndAnswersPending, r"by_poll: gives \[\], not \[2, 4, 6\]"),
        (broken.KeepsAnItemBack, r"by_poll: gives \[\], not \[2, 4, 6\]"),
        (broken.ForgetsTheWaker, "R2: one came, and the waker was called 0 times"),
        (broken.CallsTheWakerTwice, "R2: one came, and the waker was called 2 times"),
        (broken.CallsTheWakerAtOnce, "R2: the waker was called though nothing had come"),
        (broken.EndsForAWhile, "R3: polled after its end"),
        (broken.EndsForPollOnly, r"R3: ready\(\) gives something after the end"),
        (broken.TellsTheSecondConsumer, "R4: a second consumer waits"),
        (broken.DropsTheFirstConsumer, "R4: after a second one tried, the first was not woken"),
        (broken.RemembersTheConsumerForEver, r"R4: after forget\(\)"),
        (broken.LeavesItsSourceOpen, r"R8: close\(\) did not reach the source"),
        (broken.ClosesInSilence, "R2: closed while somebody waits"),
        (broken.GoesOnAfterClose, "R3: polled after its end"),
        (broken.IsEager, "lazy: made, and its source was polled already"),
        (broken.PassesOverErrors, "an error of the source was swallowed"),
        (broken.TakesAnErrorForTheEnd, "an error of the source was swallowed"),
        (broken.RaisesAndStaysOpen, "R5: it raised, and its source was not closed"),
        (broken.SkipsInReady, r"by_ready: gives \[4, 6\], not \[2, 4, 6\]"),
        (broken.ListsWhatIsReady, "items that came before an error were lost"),
        (broken.IgnoresTheLimit, r"R7: ready\(0\) took 3 items from the source"),
        (broken.AwaitsAfterTaking, "with waits that were cancelled"),
        (broken.AwaitsInATask, "R6: a task was left behind"),
    ],
)
def test_a_broken_promise_of_a_stage_is_found_and_named(make: Make, complaint: str) -> None:
    with pytest.raises(ContractBroken, match=complaint):
        StreamContract().stage(make, takes=[1, 2, 3], gives=[2, 4, 6])


def test_a_stage_that_drops_without_end_and_heeds_no_budget_is_found() -> None:
    with pytest.raises(ContractBroken, match="R7"):
        StreamContract().stage(broken.IgnoresTheBudget, takes=[1, 3, 5, 2], gives=[4], counts_source=False)


class SaysItAgain(Countdown):
    """Starts anew after its end."""

    def poll(self, waker: Waker | None = None) -> Answer:
        item = super().poll(waker)
        if item is CLOSED:
            self.left = 3
        return item


class SkipsInReady(Countdown):
    def fused(self, limit: int | None) -> Iterator[int]:
        self.poll()
        return super().fused(limit)


class PaysNoHeedToClose(Countdown):
    def close(self) -> None:
        """Go on."""


class CannotBeClosedTwice(Countdown):
    closed = False

    def close(self) -> None:
        assert not self.closed, "closed twice"
        self.closed = True
        super().close()


class IsReadyAfterItsEnd(Countdown):
    def fused(self, limit: int | None) -> Iterator[int]:
        return super().fused(limit) if self.left else iter([0])


class NeverEnds(Countdown):
    def poll(self, waker: Waker | None = None) -> int | Poll:
        return 1


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Countdown(2), r"by_poll: gives \[2, 1\], not \[3, 2, 1\]"),
        (SaysItAgain, "R3: polled after its end"),
        (SkipsInReady, r"by_ready: gives \[2, 1\]"),
        (PaysNoHeedToClose, "R3: polled after its end"),
        (CannotBeClosedTwice, "closed twice"),
        (IsReadyAfterItsEnd, r"R3: ready\(\) gives something after the end"),
    ],
)
def test_a_broken_promise_of_a_source_is_found_and_named(make: Callable[[], Stream[int]], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        StreamContract().source(make, gives=[3, 2, 1])


def test_a_complaint_is_a_failed_assertion_so_that_pytest_shows_it_as_one() -> None:
    assert issubclass(ContractBroken, AssertionError)


CONFTEST = 'pytest_plugins = ["pelton.streams.testing"]\n'
TEST = """
from pelton.streams.testing import ContractBroken
import pytest

def test_map(stream_contract):
    stream_contract.stage(lambda source: source.map(abs), takes=[1, -2], gives=[1, 2])

def test_teeth(stream_contract):
    with pytest.raises(ContractBroken):
        stream_contract.stage(lambda source: source.map(abs), takes=[1, -2], gives=[1, -2])
"""


def test_the_contract_is_a_fixture_for_whoever_names_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_own.py").write_text(TEST, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=50)
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr
