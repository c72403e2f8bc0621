"""A group is encoded once for all who share it, and each client hears exactly what it lacks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pelton.protocol.typed import frame_body
from pelton.server import U8, U32, By, Grid, OwnerOnly, Quant, Room, Row, Table
from pelton.server.deliver import encoder as encoder_module
from pelton.server.deliver.blocks import Sliced
from pelton.server.deliver.delta import Delta
from pelton.server.deliver.encoder import is_due
from pelton.server.simulate.seat import Seat
from tests.server.blocks import Told
from tests.server.deliver.show import Show, last
from tests.server.fakes import session_of


class Dot(Row):
    x = Quant(0, 120, 1)
    y = Quant(0, 120, 1)
    hits = U8()


class Card(Row):
    owner = U32()
    face = U8()


class Field(Room):
    seats = 64
    cards = Table(Card, groups=OwnerOnly("owner"))
    dots = Table(Dot, groups=Grid("x", "y", cell=10, reach=1, far=3, every=4))


class Open(Room):
    seats = 64
    dots = Table(Dot)


def sees(player: Any) -> Any:
    """What a test wrote down for the player."""
    return player.options["sees"]


class Rooms(Room):
    seats = 64
    dots = Table(Dot, groups=By(lambda dot: dot.hits, sees))


def see(seat: Seat, keys: list[int]) -> None:
    options: Any = {"sees": keys}
    seat.player.options = options


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[Any]:
    """How often what was encoded: `("delta", group)`, `("whole", group)` and `"body"`."""
    counted: Counter[Any] = Counter()
    delta_of, delta_all, whole, body = Delta.of, Delta.all, Sliced.whole, frame_body

    def counted_delta(self: Delta, group: int) -> bytes:
        counted["delta", group] += 1
        return delta_of(self, group)

    def counted_all(self: Delta) -> dict[int, bytes]:
        found = delta_all(self)
        counted.update(("delta", group) for group in found)
        return found

    def counted_whole(self: Sliced, group: int) -> bytes:
        counted["whole", group] += 1
        return whole(self, group)

    def counted_body(*arguments: Any) -> bytes:
        counted["body"] += 1
        return body(*arguments)

    monkeypatch.setattr(Delta, "of", counted_delta)
    monkeypatch.setattr(Delta, "all", counted_all)
    monkeypatch.setattr(Sliced, "whole", counted_whole)
    monkeypatch.setattr(encoder_module, "frame_body", counted_body)
    return counted


def far_and_near(show: Show, seats: list[Seat], far_by: int = 25) -> None:
    """All of them in one place, and dot 100 so far to the right."""
    for seat in seats:
        show.room.dots.add(seat.player.id, x=55, y=55)
    show.room.dots.add(100, x=55 + far_by, y=55)
    show.tick()


# Once for all.


def test_a_tick_is_encoded_once_for_all_who_see_the_same(calls: Counter[Any]) -> None:
    show = Show(Open)
    seats = show.come(*range(1, 41))
    show.room.dots.add(7)
    show.tick()
    assert calls == {"body": 1, ("whole", 0): 1}
    calls.clear()
    show.room.dots[7].hits = 1
    show.tick()
    assert calls == {"body": 1, ("delta", 0): 1}
    assert len({id(session_of(seat).bodies[-1]) for seat in seats}) == 1


def test_a_group_is_encoded_once_for_all_who_see_it_whatever_else_they_see(calls: Counter[Any]) -> None:
    show = Show(Rooms)
    seats = show.come(*range(1, 21))
    for seat in seats:
        see(seat, [0, seat.player.id])
    for row_id in range(40):
        show.room.dots.add(row_id, hits=0 if row_id % 2 else row_id % 20 + 1)
    show.tick(2)
    calls.clear()
    for row in show.room.dots:
        row.x = 1
    show.tick()
    assert calls["body"] == 20
    assert max(calls[key] for key in calls if key != "body") == 1
    assert len([key for key in calls if key[0] == "delta"]) == 11


@pytest.mark.parametrize("groups", [3, 4, 5, 30])
def test_each_group_is_gathered_whole_once_and_comes_whole_to_each(calls: Counter[Any], groups: int) -> None:
    """A few are gathered one by one, many of them all at once: nobody sees a difference."""
    show = Show(Rooms)
    for row_id in range(groups * 3):
        show.room.dots.add(row_id, hits=row_id % groups, x=row_id)
    seats = show.come(1, 2)
    for seat in seats:
        see(seat, list(range(groups)))
    show.tick()
    assert {key: count for key, count in calls.items() if key != "body"} == {("whole", n): 1 for n in range(groups)}
    for seat in seats:
        assert {row_id: row[0] for part in show.told(seat) for row_id, row in part.entered.items()} == {
            row_id: row_id for row_id in range(groups * 3)
        }
        assert all(sorted(part.entered) == list(part.entered) for part in show.told(seat))


def test_nothing_is_encoded_for_nobody(calls: Counter[Any]) -> None:
    show = Show(Open)
    show.room.dots.add(1)
    show.tick(3)
    assert calls == {}


def test_those_who_skipped_together_share_one_merged_delta(calls: Counter[Any]) -> None:
    show = Show(Open)
    seats = show.come(1, 2, 3, 4)
    show.room.dots.add(7)
    show.tick()
    for seat in seats[:2]:
        session_of(seat).reads = False
    for hits in (1, 2, 3):
        show.room.dots[7].hits = hits
        show.tick()
    for seat in seats[:2]:
        session_of(seat).reads = True
    calls.clear()
    show.room.dots[7].x = 9
    show.tick()
    assert calls == {"body": 2, ("delta", 0): 2}, "one for who kept up, one for who did not"
    for seat, changed in ((seats[0], {"x": 9, "hits": 3}), (seats[1], {"x": 9, "hits": 3}), (seats[3], {"x": 9})):
        assert show.told(seat) == [Told(0, 0, changed={7: changed})]


# What a group has to say.


def test_a_frame_of_a_tick_in_which_nothing_happened_has_no_parts() -> None:
    show = Show(Open)
    (seat,) = show.come(1)
    show.room.dots.add(7)
    show.tick(2)
    assert (last(seat).tick, last(seat).base, last(seat).hidden, last(seat).parts) == (2, 1, [], [])


def test_what_came_went_and_changed_in_a_tick_is_one_part() -> None:
    show = Show(Open)
    (seat,) = show.come(1)
    for row_id in (1, 2, 3):
        show.room.dots.add(row_id)
    show.tick()
    show.room.dots.remove(1)
    show.room.dots[2].hits = 5
    show.room.dots.add(4, x=3)
    show.room.dots.remove(3)
    show.room.dots.add(3, hits=9)
    show.tick()
    assert show.told(seat) == [
        Told(0, 0, removed=[1, 3], entered={3: [0, 0, 9], 4: [3, 0, 0]}, changed={2: {"hits": 5}})
    ]


def test_a_row_that_went_away_and_came_back_while_one_did_not_look_has_only_entered() -> None:
    show = Show(Rooms)
    (seat,) = show.come(1)
    see(seat, [0])
    show.room.dots.add(7)
    show.room.dots.add(8)
    show.tick()
    session_of(seat).reads = False
    for hits in (1, 0):
        show.room.dots[7].hits = hits
        show.tick()
    show.room.dots[8].hits = 1
    session_of(seat).reads = True
    show.tick()
    group = show.told(seat)[0].group
    assert show.told(seat) == [Told(0, group, moved=[8], entered={7: [0, 0, 0]})]


def test_a_row_that_came_and_went_while_one_did_not_look_is_not_mentioned() -> None:
    show = Show(Open)
    (seat,) = show.come(1)
    show.tick()
    session_of(seat).reads = False
    show.room.dots.add(7)
    show.tick()
    show.room.dots.remove(7)
    session_of(seat).reads = True
    show.tick()
    assert show.told(seat) == []


def test_a_group_newly_seen_is_whole_and_one_seen_no_longer_is_hidden() -> None:
    show = Show(Rooms)
    (seat,) = show.come(1)
    keys = [99]
    see(seat, keys)
    for row_id in (1, 2, 3):
        show.room.dots.add(row_id, hits=row_id)
    show.tick()
    assert last(seat).parts == [], "an empty group of a keyframe is not mentioned"
    keys[:] = [1, 2, 77]
    show.tick()
    first, second = show.told(seat)
    assert [(part.whole, list(part.entered)) for part in (first, second)] == [(True, [1]), (True, [2])]
    assert len(last(seat).hidden) == 1
    keys[:] = [2, 3]
    show.tick()
    assert [(part.whole, list(part.entered)) for part in show.told(seat)] == [(True, [3])]
    hidden = {group for _, group in last(seat).hidden}
    assert first.group in hidden
    assert second.group not in hidden
    show.room.dots[1].x = 5
    show.tick()
    assert last(seat).parts == []


# Far groups.


@pytest.mark.parametrize(("tick", "had", "due"), [(4, 3, True), (4, 1, True), (5, 4, False), (7, 4, False), (9, 7, 1)])
def test_far_values_are_due_once_in_every_so_many_ticks(tick: int, had: int, due: bool) -> None:
    assert is_due(tick, had, 4) == due


def test_far_changes_come_every_so_many_ticks_as_they_are_then() -> None:
    show = Show(Field)
    (seat,) = show.come(1)
    far_and_near(show, [seat])
    heard = {}
    for tick in range(2, 10):
        show.room.dots[100].hits = tick
        show.tick()
        heard[tick] = [part.changed for part in show.told(seat)]
    assert {tick: changed for tick, changed in heard.items() if changed} == {
        4: [{100: {"hits": 4}}],
        8: [{100: {"hits": 8}}],
    }


def test_who_comes_and_goes_far_away_is_told_at_once() -> None:
    show = Show(Field)
    (seat,) = show.come(1)
    far_and_near(show, [seat])
    show.room.dots.add(101, x=80, y=55)
    show.tick()
    assert [list(part.entered) for part in show.told(seat)] == [[101]]
    show.room.dots.remove(100)
    show.tick()
    assert [part.removed for part in show.told(seat)] == [[100]]


def test_who_skipped_the_tick_of_the_far_hears_of_it_with_the_next() -> None:
    show = Show(Field)
    (seat,) = show.come(1)
    far_and_near(show, [seat])
    show.room.dots[100].hits = 3
    show.tick(2)
    session_of(seat).reads = False
    show.tick()  # the fourth
    session_of(seat).reads = True
    show.tick()
    assert [part.changed for part in show.told(seat)] == [{100: {"hits": 3}}]
    show.room.dots[100].hits = 4
    show.tick(2)
    assert show.told(seat) == []
    show.tick()
    assert (last(seat).tick, [part.changed for part in show.told(seat)]) == (8, [{100: {"hits": 4}}])


def test_a_far_group_that_comes_near_brings_what_was_not_told() -> None:
    show = Show(Field)
    (seat,) = show.come(1)
    far_and_near(show, [seat])
    show.room.dots[100].hits = 3
    show.tick(1)
    assert [part.changed for part in show.told(seat)] == []
    show.room.dots[1].x = 75
    show.tick()
    assert last(seat).tick == 3
    assert {row_id: values for part in show.told(seat) for row_id, values in part.changed.items()} == {100: {"hits": 3}}


def test_a_near_group_that_goes_far_is_late_from_then_on() -> None:
    show = Show(Field)
    (seat,) = show.come(1)
    far_and_near(show, [seat], far_by=15)
    show.room.dots[1].x = 45
    show.room.dots[100].hits = 3
    show.tick()
    assert all(100 not in part.changed for part in show.told(seat))
    show.tick(2)
    assert [part.changed for part in show.told(seat)] == [{100: {"hits": 3}}]
