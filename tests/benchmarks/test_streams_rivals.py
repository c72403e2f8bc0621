"""What the stream benchmark compares does the same job: the same items come out, in the same turn, or it says so."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from benchmarks import streams_timing
from benchmarks.streams_aiostream import aiostream
from benchmarks.streams_job import Load, Rival, raised, sample, sample_beside, turned, wanted
from benchmarks.streams_loops import BoundedLoop, DequeLoop, PairLoop, SweepPerSource
from benchmarks.streams_merge import RIVALS
from benchmarks.streams_pipeline import LINES, Line, cost_ns
from benchmarks.streams_tasks import AiostreamMerge
from pelton.streams import Inbox, Merge

LOADS = [Load(8, 8, 4), Load(12, 12, 1), Load(40, 8, 1)]
BY_HAND = [DequeLoop, PairLoop, BoundedLoop]


@pytest.mark.parametrize("load", LOADS, ids=str)
@pytest.mark.parametrize("kind", RIVALS, ids=lambda kind: kind.name)
def test_every_row_of_the_merge_table_gives_the_right_items_with_the_right_keys(kind: type[Rival], load: Load) -> None:
    if kind is AiostreamMerge and aiostream is None:
        pytest.skip("aiostream is not installed: no dependency")
    sample(kind, load)  # raises if not


@pytest.mark.parametrize("wrong", [-1, 1])
def test_a_row_that_loses_or_invents_items_is_refused(wrong: int) -> None:
    class Wrong(DequeLoop):
        name = "wrong"

        async def take(self) -> int:
            return await super().take() + wrong

    with pytest.raises(RuntimeError, match="wrong lost or invented items"):
        sample(Wrong, LOADS[0])


def test_a_row_is_stopped_also_when_it_is_refused() -> None:
    class Stopped(DequeLoop):
        name = "stopped"
        closed = False

        async def take(self) -> int:
            return 0

        async def close(self) -> None:
            Stopped.closed = True

    with pytest.raises(RuntimeError):
        sample(Stopped, LOADS[0])
    assert Stopped.closed


def test_a_row_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(DequeLoop):
        name = "endless"

        async def take(self) -> int:
            await asyncio.Event().wait()
            return 0

    monkeypatch.setattr(streams_timing, "RUN_S", 0.01)
    with pytest.raises(TimeoutError):
        sample(Endless, LOADS[0])


def test_what_is_compared_is_measured_before_and_after() -> None:
    order: list[str] = []

    class Base(DequeLoop):
        name = "base"

        async def open(self) -> None:
            order.append(self.name)

    class Row(Base):
        name = "row"

    sample_beside(Row, LOADS[0], Base)
    assert order == ["base", "row", "base"]


@pytest.mark.parametrize("load", [(3, 3, 1), (2000, 2000, 4), (10, 10, 5)], ids=str)
def test_a_load_that_one_tick_does_not_take_is_refused(load: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="a tick has to take all of it"):
        Load(*load)


def test_who_is_active_changes_from_tick_to_tick_and_items_are_numbered() -> None:
    first, second = Load(40, 8, 1).ticks(2)
    assert {key for key, _ in first} != {key for key, _ in second}
    assert [item for _, item in first + second] == list(range(16))


@pytest.mark.parametrize("kind", BY_HAND, ids=lambda kind: kind.name)
@pytest.mark.parametrize("seed", range(20))
def test_the_loop_by_hand_takes_the_very_items_that_the_merge_takes(kind: type[DequeLoop], seed: int) -> None:
    """Also when neither a source nor all of them come to an end: shares, totals and places are the same."""
    random = Random(seed)
    load = Load(8, 8, 4)
    by_hand, merge = kind(load), Merge[int, int]()
    inboxes = {key: Inbox[int](8, 32, 64) for key in range(1, load.sources + 1)}
    for key, inbox in inboxes.items():
        merge.add(key, inbox)
    assert not list(merge.sweep(1, 100))
    for number in range(60):
        for _ in range(random.randrange(12)):
            key = random.randint(1, load.sources)
            if len(inboxes[key]) < 30:
                inboxes[key].offer(number)
                by_hand.put(key, number)
        quantum, total = random.randint(1, 4), random.randint(1, 12)
        taken = [(key, item) for key, item in merge.sweep(quantum, total) if isinstance(item, int)]
        came = sum(key * turned(raised(item)) for key, item in taken if wanted(item))
        assert by_hand.sweep(quantum, total) == came


def test_the_bounded_loop_refuses_what_an_inbox_refuses_and_resumes_where_it_does() -> None:
    by_hand, inbox = BoundedLoop(Load(4, 4, 1)), Inbox[int](8, 32, 64)
    resumed: list[int] = []
    inbox.on_low = lambda: resumed.append(len(inbox))
    for item in range(70):
        by_hand.put(1, item)
        inbox.offer(item)
    while len(inbox):
        by_hand.sweep(1, 1)
        inbox.poll()
        assert by_hand.resumed == len(resumed)
    assert (by_hand.accepted, by_hand.shed, by_hand.delivered) == (inbox.accepted, inbox.shed, inbox.delivered)
    assert resumed == [8]


def test_stages_stand_before_the_merge_where_the_row_says_so() -> None:
    row = SweepPerSource(Load(4, 4, 1))
    row.put(1, 4)  # not wanted
    assert not list(row.merge.sweep(4, 100))
    assert row.merge.stats(1).dropped == 1


@pytest.mark.parametrize("kind", LINES, ids=lambda kind: kind.name)
def test_every_row_of_the_pipeline_table_gives_the_right_items(kind: type[Line]) -> None:
    if kind.name == "aiostream" and aiostream is None:
        pytest.skip("aiostream is not installed: no dependency")
    cost_ns(kind, 50)  # raises if not


def test_a_row_of_the_pipeline_table_that_loses_items_is_refused() -> None:
    class Lost(Line):
        name = "lost"

        async def run(self) -> int:
            return 0

    with pytest.raises(RuntimeError, match="lost lost or invented"):
        cost_ns(Lost, 50)
