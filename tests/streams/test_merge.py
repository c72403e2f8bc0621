"""Many keyed streams as one: who comes and goes, how it ends, and who is woken."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.streams import CLOSED, PENDING, Err, Left, Merge, Offer, Waker
from tests.streams.fakes import Counting, Script, Wakes, empty, inbox_of, merge_of, standing, taken


def test_items_come_with_their_key_and_per_source_in_order() -> None:
    merge = merge_of(a=inbox_of([1, 2]), b=inbox_of([3]))
    assert taken(merge) == [("a", 1), ("b", 3), ("a", 2)]
    assert merge.poll() is PENDING


def test_an_empty_merge_waits_for_sources_to_come() -> None:
    merge = merge_of()
    wakes = Wakes()
    assert merge.poll(wakes) is PENDING
    merge.add("a", inbox_of([1]))
    assert wakes.count == 1
    assert merge.poll() == ("a", 1)


def test_sources_are_served_in_the_order_in_which_they_became_ready() -> None:
    inboxes = {key: empty() for key in "abc"}
    merge = merge_of(**inboxes)
    assert merge.poll() is PENDING
    for key in "cab":
        inboxes[key].offer(1)
        inboxes[key].offer(2)
    assert [key for key, _ in merge.sweep(9, 9)] == ["c", "a", "b", "c", "a", "b"]


def test_membership_and_length_follow_what_comes_and_goes() -> None:
    merge = merge_of(a=empty(), b=empty())
    assert ("a" in merge, "c" in merge, len(merge)) == (True, False, 2)
    merge.remove("a")
    assert ("a" in merge, len(merge)) == (False, 1)
    merge.close()
    assert len(merge) == 0


def test_a_key_is_taken_only_once() -> None:
    merge = merge_of(a=inbox_of([1]))
    with pytest.raises(ValueError, match="already has a source under the key 'a'"):
        merge.add("a", inbox_of([2]))
    assert taken(merge) == [("a", 1)]


@pytest.mark.parametrize("weight", [0, -1])
def test_a_weight_below_one_is_refused(weight: int) -> None:
    merge = merge_of()
    with pytest.raises(ValueError, match=f"1 or more, got {weight}"):
        merge.add("a", inbox_of([1]), weight)
    assert "a" not in merge


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(KeyError, match="a"):
        merge_of().remove("a")


def test_a_removed_source_comes_back_undrained_and_open() -> None:
    inbox = inbox_of([1, 2])
    merge = merge_of(a=inbox, b=inbox_of([3]))
    assert merge.poll() == ("a", 1)
    assert merge.remove("a") is inbox
    assert taken(merge) == [("b", 3)]
    assert inbox.offer(4) is Offer.OK
    assert taken(inbox) == [2, 4]


def test_a_removed_source_may_be_waited_for_elsewhere() -> None:
    inbox = empty()
    merge = merge_of(a=inbox)
    mine, its = Wakes(), Wakes()
    assert merge.poll(its) is PENDING
    merge.remove("a")
    assert inbox.poll(mine) is PENDING
    inbox.offer(1)
    assert (mine.count, its.count, standing(merge)) == (1, 0, [])


def test_a_removed_source_may_come_back_under_the_same_key() -> None:
    inbox = inbox_of([1, 2, 3])
    merge = merge_of(a=inbox, b=inbox_of([7, 8]))
    assert merge.poll() == ("a", 1)
    merge.add("a", merge.remove("a"))
    assert taken(merge) == [("b", 7), ("a", 2), ("b", 8), ("a", 3)]


def test_an_old_waker_of_a_removed_source_does_nothing() -> None:
    """A stream whose `forget` does nothing, as the base has it, may still call the waker that it was polled with."""
    script = Script(PENDING, 1)
    merge = merge_of(a=script)
    assert merge.poll() is PENDING
    waker = script.wakers[0]
    assert waker is not None
    merge.remove("a")
    merge.add("a", empty())
    waker()
    waker()
    assert taken(merge) == []
    assert len(script.wakers) == 1


def test_a_waker_that_is_called_twice_queues_its_source_once() -> None:
    script = Script(PENDING, 1, PENDING)
    merge = merge_of(a=script)
    assert merge.poll() is PENDING
    waker = script.wakers[0]
    assert waker is not None
    waker()
    waker()
    assert standing(merge) == ["a"]
    assert taken(merge) == [("a", 1)]


def test_a_source_that_pays_no_heed_to_close_is_polled_no_more() -> None:
    script = Script(PENDING, 1)
    merge = merge_of(a=script)
    merge.poll()
    merge.close()
    waker = script.wakers[0]
    assert waker is not None
    waker()
    assert list(merge.sweep(9, 9)) == []
    assert len(script.wakers) == 1


def test_a_source_that_ends_says_goodbye_once_behind_its_items() -> None:
    inbox = inbox_of([1])
    inbox.end()
    merge = merge_of(a=inbox, b=inbox_of([2, 3]))
    assert taken(merge) == [("a", 1), ("b", 2), ("a", Left()), ("b", 3)]
    assert ("a" in merge, len(merge)) == (False, 1)


def test_the_end_of_a_parked_source_arrives() -> None:
    inbox = empty()
    merge = merge_of(a=inbox)
    assert merge.poll() is PENDING
    inbox.end()
    assert taken(merge) == [("a", Left())]


def test_a_key_may_be_used_again_after_its_source_left() -> None:
    inbox = empty()
    inbox.end()
    merge = merge_of(a=inbox)
    assert merge.poll() == ("a", Left())
    merge.add("a", inbox_of([5]))
    assert merge.poll() == ("a", 5)


def test_an_error_is_an_item_and_ends_that_source_alone() -> None:
    error = OSError("gone")
    others = [inbox_of([1, 2]), inbox_of([3, 4])]
    merge = merge_of(a=others[0], bad=Script(9, error, 8), b=others[1])
    assert taken(merge) == [("a", 1), ("bad", 9), ("b", 3), ("a", 2), ("bad", Err(error)), ("b", 4)]
    assert ("bad" in merge, len(merge)) == (False, 2)
    others[0].offer(5)
    assert merge.poll() == ("a", 5)


def test_an_error_of_the_system_is_not_an_item() -> None:
    with pytest.raises(KeyboardInterrupt):
        merge_of(a=Script(KeyboardInterrupt())).poll()


def test_a_closed_merge_has_closed_its_sources_and_stays_closed() -> None:
    inboxes = [inbox_of([1]), empty()]
    merge = merge_of(a=inboxes[0], b=inboxes[1])
    merge.close()
    merge.close()
    assert [inbox.offer(1) for inbox in inboxes] == [Offer.CLOSED] * 2
    assert inboxes[0].abandoned == 1
    assert [merge.poll(), merge.poll(Wakes()), *merge.sweep(9, 9), *merge.ready()] == [CLOSED, CLOSED]
    with pytest.raises(ValueError, match="takes no sources"):
        merge.add("c", empty())


class Stuck(Counting[int]):
    """Cannot be closed without a complaint."""

    def close(self) -> None:
        super().close()
        raise OSError("stuck")


def test_close_reaches_every_source_even_if_some_raise() -> None:
    sources = {"a": Stuck(empty()), "b": Counting(empty()), "c": Stuck(empty()), "d": Counting(empty())}
    merge = merge_of(**sources)
    wakes = Wakes()
    merge.poll(wakes)
    with pytest.raises(ExceptionGroup) as caught:
        merge.close()
    assert [str(error) for error in caught.value.exceptions] == ["stuck", "stuck"]
    assert [source.closes for source in sources.values()] == [1, 1, 1, 1]
    assert (wakes.count, merge.poll(), len(merge)) == (1, CLOSED, 0)
    merge.close()


def test_a_closed_source_is_not_polled_again() -> None:
    inbox = inbox_of([1])
    inbox.end()
    source = Counting(inbox)
    merge = merge_of(a=source)
    assert taken(merge) == [("a", 1), ("a", Left())]
    taken(merge)
    assert source.polls == 2


def test_a_merge_is_a_source_of_another_merge() -> None:
    inbox = empty()
    inner = merge_of(x=inbox)
    outer: Merge[str, Any] = Merge()
    outer.add("inner", inner.map(lambda served: served))
    wakes = Wakes()
    assert outer.poll(wakes) is PENDING
    inbox.offer(1)
    assert wakes.count == 1
    inner.add("y", inbox_of([2]))
    assert taken(outer) == [("inner", ("x", 1)), ("inner", ("y", 2))]
    inner.close()
    assert outer.poll() == ("inner", Left())


def test_a_source_that_removes_itself_and_then_raises_harms_nobody() -> None:
    merge = merge_of()

    def leave(_: int) -> int:
        merge.remove("a")
        raise OSError("on its way out")

    merge.add("a", inbox_of([1]).map(leave))
    merge.add("b", inbox_of([2]))
    assert ("b", 2) in taken(merge)
    assert len(merge) == 1


def test_a_source_that_replaces_itself_and_then_ends_leaves_the_new_one_in_place() -> None:
    merge = merge_of()

    class Handover(Script):
        def poll(self, waker: Waker | None = None) -> Any:
            merge.remove("a")
            merge.add("a", inbox_of([5]))
            return super().poll(waker)

    merge.add("a", Handover())
    assert ("a", 5) in taken(merge)
    assert "a" in merge


def test_the_ready_list_of_a_merge_nobody_drains_does_not_grow() -> None:
    """Players may come and go while a room is not swept."""
    merge = merge_of()
    for _ in range(1000):
        merge.add("a", inbox_of([1]))
        merge.remove("a")
    assert len(merge.fifo) <= 10
