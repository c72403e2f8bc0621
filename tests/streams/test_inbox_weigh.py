"""An inbox whose items have a weight or a key: bounds in weight, replacing in place, gaps told, nothing unaccounted."""

from __future__ import annotations

import gc
import weakref

import pytest

from pelton.streams import CLOSED, PENDING, Inbox, Lagged, Offer
from tests.streams.fakes import Wakes, taken


def by_weight(low: int, high: int, hard: int) -> Inbox[str]:
    """Weighs its texts by their length."""
    return Inbox(low, high, hard, weigh=len)


def by_letter(low: int, high: int, hard: int, *, weighs: bool = False) -> Inbox[str]:
    """Texts replace each other that begin with the same letter, but for `_`."""
    return Inbox(low, high, hard, weigh=len if weighs else None, classify=lambda text: text[0].strip("_") or None)


# Weights.


def test_the_marks_are_in_weight() -> None:
    inbox = by_weight(2, 5, 7)
    answers = [inbox.offer(text) for text in ("aaaa", "b", "cc", "d")]
    assert answers == [Offer.OK, Offer.PAUSE, Offer.PAUSE, Offer.SHED]
    assert (inbox.weight, len(inbox), inbox.shed) == (7, 3, 1)


def test_a_light_item_may_pass_where_a_heavy_one_was_shed() -> None:
    inbox = by_weight(0, 5, 5)
    assert [inbox.offer(text) for text in ("aaaa", "bb", "c")] == [Offer.OK, Offer.SHED, Offer.PAUSE]
    assert taken(inbox) == ["aaaa", "c"]


def test_an_item_heavier_than_the_hard_mark_never_passes() -> None:
    inbox = by_weight(0, 3, 3)
    assert (inbox.offer("aaaa"), len(inbox), inbox.weight) == (Offer.SHED, 0, 0)


def test_the_producer_goes_on_when_the_weight_is_down_to_low() -> None:
    calls: list[int] = []
    inbox = Inbox[str](2, 6, 9, on_low=lambda: calls.append(inbox.weight), weigh=len)
    for text in ("aaa", "b", "cc", "d"):
        inbox.offer(text)
    assert (inbox.paused, inbox.weight) == (True, 7)
    assert (inbox.poll(), calls) == ("aaa", [])
    assert (inbox.poll(), calls) == ("b", [])
    assert (inbox.poll(), calls, inbox.paused) == ("cc", [1], False)


def test_a_negative_weight_is_refused_and_changes_nothing() -> None:
    inbox: Inbox[int] = Inbox(0, 3, 3, weigh=lambda item: item)
    inbox.offer(2)
    with pytest.raises(ValueError, match=r"weigh\(-1\) is -1"):
        inbox.offer(-1)
    assert (inbox.accepted, inbox.weight, taken(inbox)) == (1, 2, [2])


def test_a_weigh_or_classify_that_raises_changes_nothing() -> None:
    for inbox in (Inbox[str](0, 3, 3, weigh=int), Inbox[str](0, 3, 3, classify=int)):
        inbox.offer("1")
        with pytest.raises(ValueError, match="invalid literal"):
            inbox.offer("one")
        assert (inbox.accepted, inbox.shed, inbox.weight, taken(inbox)) == (1, 0, 1, ["1"])


# Keys.


def test_an_item_takes_the_place_of_the_one_with_its_key() -> None:
    inbox = by_letter(0, 9, 9)
    answers = [inbox.offer(text) for text in ("a1", "b1", "a2", "_1", "_2", "a3")]
    assert answers == [Offer.OK, Offer.OK, Offer.CONFLATED, Offer.OK, Offer.OK, Offer.CONFLATED]
    assert (len(inbox), inbox.conflated) == (4, 2)
    assert taken(inbox) == ["a3", "b1", "_1", "_2"]


def test_an_item_that_was_taken_is_not_replaced() -> None:
    inbox = by_letter(0, 9, 9)
    inbox.offer("a1")
    inbox.offer("b1")
    assert (inbox.poll(), inbox.offer("a2"), inbox.offer("b2")) == ("a1", Offer.OK, Offer.CONFLATED)
    assert taken(inbox) == ["b2", "a2"]


def test_pause_goes_before_conflated() -> None:
    inbox = by_letter(0, 2, 2)
    assert [inbox.offer(text) for text in ("a1", "b1", "a2")] == [Offer.OK, Offer.PAUSE, Offer.PAUSE]
    assert (inbox.conflated, inbox.paused, taken(inbox)) == (1, True, ["a2", "b1"])


def test_a_full_inbox_still_replaces() -> None:
    inbox = by_letter(0, 2, 2)
    assert [inbox.offer(text) for text in ("a1", "b1", "c1", "b2")][2:] == [Offer.SHED, Offer.PAUSE]
    assert taken(inbox) == ["a1", "b2"]


def test_a_replacement_counts_with_its_own_weight() -> None:
    inbox = by_letter(0, 5, 6, weighs=True)
    assert [inbox.offer(text) for text in ("a1", "bb", "a", "a12", "a123")] == [
        *(Offer.OK, Offer.OK, Offer.CONFLATED, Offer.PAUSE, Offer.PAUSE),
    ]
    assert (inbox.weight, inbox.offer("b12"), inbox.weight) == (6, Offer.SHED, 6)
    assert taken(inbox) == ["a123", "bb"]
    assert inbox.weight == 0


def test_a_replacement_wakes_nobody_again() -> None:
    inbox, wakes = by_letter(0, 9, 9), Wakes()
    inbox.poll(wakes)
    inbox.offer("a1")
    inbox.offer("a2")
    assert wakes.count == 1


def test_a_closed_inbox_keeps_neither_items_nor_keys() -> None:
    class Key:
        """Something that a weak reference may point to."""

    inbox: Inbox[Key] = Inbox(0, 9, 9, classify=lambda key: key)
    alive: list[weakref.ref[Key]] = []
    for key in (Key(), Key(), Key()):
        inbox.offer(key)
        alive.append(weakref.ref(key))
    del key
    inbox.close()
    gc.collect()
    assert sum(ref() is not None for ref in alive) <= 1, "the last one offered may be remembered"
    assert (inbox.weight, inbox.abandoned) == (0, 3)


# Gaps.


def with_lag(hard: int) -> Inbox[str | Lagged]:
    return Inbox(0, hard, hard, weigh=lambda text: len(text) if isinstance(text, str) else 0, report_lag=True)


def test_a_gap_is_told_once_ahead_of_the_next_delivery() -> None:
    inbox = with_lag(2)
    for text in ("a", "b", "c", "d"):
        inbox.offer(text)
    assert [inbox.poll(), inbox.poll()] == [Lagged(2), "a"]
    inbox.offer("ee")
    assert list(inbox.ready()) == [Lagged(1), "b"]


def test_without_report_lag_no_gap_is_told() -> None:
    inbox: Inbox[int] = Inbox(0, 1, 1)
    assert (inbox.offer(1), inbox.offer(2), taken(inbox), inbox.shed) == (Offer.PAUSE, Offer.SHED, [1], 1)


def test_a_gap_behind_the_last_item_is_told_before_the_end() -> None:
    inbox = with_lag(1)
    inbox.offer("a")
    assert (inbox.poll(), inbox.offer("too long")) == ("a", Offer.SHED)
    inbox.end()
    assert (inbox.finished, inbox.poll(), inbox.poll()) == (False, Lagged(1), CLOSED)


def test_a_gap_is_no_delivery() -> None:
    inbox = with_lag(1)
    inbox.offer("a")
    inbox.offer("b")
    taken(inbox)
    assert (inbox.accepted, inbox.delivered, inbox.shed) == (1, 1, 1)


def test_whoever_waits_hears_of_a_gap_in_an_empty_inbox() -> None:
    inbox, wakes = with_lag(1), Wakes()
    assert inbox.poll(wakes) is PENDING
    assert inbox.offer("too long") is Offer.SHED
    assert (wakes.count, inbox.park(wakes), inbox.poll()) == (1, False, Lagged(1))


def test_a_gap_that_comes_about_while_ready_is_iterated_is_told_before_the_error() -> None:
    inbox, given = with_lag(1), list[object]()
    inbox.offer("a")

    def drive() -> None:
        for _ in range(3):
            for item in inbox.ready():
                given.append(item)
                if item == "a":
                    inbox.offer("too long")
                    inbox.end(OSError("gone"))

    with pytest.raises(OSError, match="gone"):
        drive()
    assert given == ["a", Lagged(1)]


def test_a_closed_inbox_tells_of_no_gap() -> None:
    inbox = with_lag(1)
    inbox.offer("too long")
    inbox.close()
    assert inbox.poll() is CLOSED
