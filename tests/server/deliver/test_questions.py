"""Digests come in turn and on demand, groups come whole on demand, and only to those who see them."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.protocol import Frame, Resync, Verify
from pelton.protocol.close_codes import RATE_LIMITED
from pelton.server import U8, U32, Grid, OwnerOnly, Quant, Record, Room, Row, Str, Table
from pelton.server.deliver.blocks import digest_of
from pelton.server.simulate.seat import Seat
from tests.server.blocks import Told, all_told
from tests.server.deliver.show import Show, last
from tests.server.fakes import session_of
from tests.server.games import GAMES
from tests.server.replication.replica import Replica
from tests.server.stage import Stage


class Card(Row):
    owner = U32()
    name = Str(8)


class Dot(Row):
    x = Quant(0, 100, 1)
    y = Quant(0, 100, 1)
    hits = U8()


class Match(Row):
    turn = U8()


CARDS, DOTS, MATCH = range(3)
START = 199
"""By then every group has had its digest, and nothing but answers is to be seen for long."""


class World(Room):
    seats = 16
    cards = Table(Card, groups=OwnerOnly("owner"))
    dots = Table(Dot, groups=Grid("x", "y", cell=10, reach=1, far=2, every=3))
    match = Record(Match)


@pytest.fixture
def show() -> Show:
    """Players 1 and 2 with two cards each, in cells side by side; and dot 50 far from the first."""
    show = Show(World, overrides=("deliver.history_ticks=50",))
    show.come(1, 2)
    for number in (1, 2):
        show.room.dots.add(number, x=25 + 10 * number, y=55)
        for card in (1, 2):
            show.room.cards.add(10 * number + card, owner=number, name=f"{number}/{card}")
    show.room.dots.add(50, x=55, y=55)
    show.tick(START)
    return show


def ada(show: Show) -> Seat:
    return show.ticker.seats[0]


def group_of(show: Show, table: str, row_id: int) -> int:
    rows = show.room.tables[table]
    return int(rows.layers[0].groups.view[rows[row_id].slot])


def digest(show: Show, table: str, group: int) -> int:
    layer = show.room.tables[table].layers[0]
    return digest_of(layer.cells, layer.slots_in(group))


def shown(show: Show, seat: Seat) -> set[tuple[int, int]]:
    """The groups that he sees by now, of all tables."""
    seen: set[tuple[int, int]] = set()
    for number, table in enumerate(show.ticker.tables):
        view = table.layers[0].view_of(seat.player, show.fanout._outboxes[seat]._sight.views[number])
        seen |= {(number, group) for group in (*view.near, *view.far)}
    return seen


# On demand.


def test_who_verifies_is_told_the_digest_of_every_group_in_sight_also_of_empty_and_far_ones(show: Show) -> None:
    ada(show).ask().verify = True
    show.tick()
    parts = show.told(ada(show))
    names = [table.table_name for table in show.ticker.tables]
    assert {(part.table, part.group): part.digest for part in parts} == {
        (table, group): digest(show, names[table], group) for table, group in shown(show, ada(show))
    }
    assert all((part.whole, part.entered, part.changed) == (False, {}, {}) for part in parts)
    assert 0 in [part.digest for part in parts], "an empty cell"
    show.tick()
    assert show.told(ada(show)) == []


def test_nobody_else_is_told_what_one_has_asked(show: Show) -> None:
    bob = show.ticker.seats[1]
    ada(show).ask().verify = True
    show.tick()
    assert show.told(bob) == []
    shared = session_of(bob).bodies[-1]
    assert len(session_of(ada(show)).bodies[-1]) > len(shared)


def test_who_verifies_hears_of_far_values_at_once(show: Show) -> None:
    """Else their digest could not agree; and when their turn comes they are not told again."""
    show.room.dots[50].hits = 3
    show.tick()
    assert show.told(ada(show)) == []
    show.room.dots[50].hits = 4
    show.tick(2)
    show.room.dots[50].hits = 5
    ada(show).ask().verify = True
    show.tick()
    assert last(ada(show)).tick == START + 4
    assert [part.changed for part in show.told(ada(show)) if part.changed] == [{50: {"hits": 5}}]
    show.tick()
    assert show.told(ada(show)) == []


def test_who_verifies_and_has_his_view_moved_gets_new_groups_whole_without_digest(show: Show) -> None:
    show.room.dots[1].x = 65
    ada(show).ask().verify = True
    show.tick()
    known = {part.group for part in show.told(ada(show)) if part.digest is not None}
    for part in show.told(ada(show)):
        assert (part.digest is None) == part.whole
        assert part.table != DOTS or (part.group in known) != part.whole
    assert any(part.whole for part in show.told(ada(show))) or last(ada(show)).hidden


def test_a_group_that_was_asked_for_comes_whole_once(show: Show) -> None:
    group = group_of(show, "cards", 11)
    ada(show).ask().groups.add((CARDS, group))
    show.room.cards[12].name = "new"
    show.room.dots[1].hits = 1
    show.tick()
    whole = Told(CARDS, group, whole=True, entered={11: [1, "1/1"], 12: [1, "new"]})
    assert show.told(ada(show)) == [whole, Told(DOTS, group_of(show, "dots", 1), changed={1: {"hits": 1}})]
    show.tick()
    assert show.told(ada(show)) == []


def test_an_empty_group_that_was_asked_for_comes_whole_and_empty(show: Show) -> None:
    group = group_of(show, "cards", 11)
    for row_id in (11, 12):
        show.room.cards.remove(row_id)
    show.tick()
    ada(show).ask().groups.add((CARDS, group))
    show.tick()
    assert show.told(ada(show)) == [Told(CARDS, group, whole=True)]


def test_several_groups_are_asked_for_at_once_and_the_rest_is_verified(show: Show) -> None:
    questions = ada(show).ask()
    questions.groups |= {(MATCH, 0), (CARDS, group_of(show, "cards", 11))}
    questions.verify = True
    show.tick()
    whole = [part for part in show.told(ada(show)) if part.whole]
    assert [(part.table, list(part.entered), part.digest) for part in whole] == [
        (CARDS, [11, 12], None),
        (MATCH, [0], None),
    ]
    assert {(part.table, part.group) for part in show.told(ada(show))} == shown(show, ada(show))


def test_groups_out_of_sight_and_those_that_do_not_exist_are_passed_over_without_a_word(show: Show) -> None:
    secret = group_of(show, "cards", 21)
    asked = {(CARDS, secret), (CARDS, 999), (DOTS, secret), (MATCH, 1), (7, 0), (2**53 - 1, 2**53 - 1)}
    ada(show).ask().groups |= asked - shown(show, ada(show))
    show.tick()
    assert (last(ada(show)).parts, last(ada(show)).base) == ([], START)


def test_a_far_group_that_was_asked_for_comes_as_it_is_now(show: Show) -> None:
    show.room.dots[50].hits = 3
    group = group_of(show, "dots", 50)
    ada(show).ask().groups.add((DOTS, group))
    show.tick()
    assert show.told(ada(show)) == [Told(DOTS, group, whole=True, entered={50: [55, 55, 3]})]


def test_questions_of_several_ticks_without_a_frame_are_answered_together(show: Show) -> None:
    session = session_of(ada(show))
    session.reads = False
    ada(show).ask().groups.add((MATCH, 0))
    show.tick()
    ada(show).ask().groups.add((CARDS, group_of(show, "cards", 11)))
    show.tick()
    session.reads = True
    show.tick()
    assert [(part.table, part.whole) for part in show.told(ada(show))] == [(CARDS, True), (MATCH, True)]
    assert ada(show).questions is None


def test_a_replica_that_was_wrong_is_right_again_after_it_asked(show: Show) -> None:
    replica = Replica(session_of(ada(show)).cards[0].tables)
    for frame in session_of(ada(show)).frames:
        replica.apply(frame)
    replica.rows[CARDS][11][1] = "wrong"
    ada(show).ask().verify = True
    show.tick()
    with pytest.raises(AssertionError, match="cards, group"):
        replica.apply(last(ada(show)))
    ada(show).ask().groups.add((CARDS, group_of(show, "cards", 11)))
    show.tick()
    replica.apply(last(ada(show)))
    assert replica.rows[CARDS][11] == [1, "1/1"]


# In turn.


def test_each_group_has_its_digest_once_in_the_interval_and_not_all_at_the_same_tick() -> None:
    class Cells(Room):
        dots = Table(Dot, groups=Grid("x", "y", cell=10, reach=9))

    show = Show(Cells, overrides=("deliver.digest_interval_ticks=8",))
    (seat,) = show.come(1)
    for row_id in range(32):
        show.room.dots.add(row_id, x=row_id % 8 * 10, y=row_id // 8 * 10)
    show.tick(8)
    told: list[dict[int, Any]] = []
    for _ in range(16):
        show.tick()
        told.append({part.group: part.digest for part in show.told(seat)})
    for group in range(32):
        ticks = [at for at, digests in enumerate(told) if group in digests]
        assert len(ticks) == 2
        assert ticks[1] - ticks[0] == 8
        assert told[ticks[0]][group] == digest(show, "dots", group)
    assert {len(digests) for digests in told} == {4}, "no tick looks at everything"


def test_far_groups_have_their_digests_when_they_are_told_of_values() -> None:
    show = Show(World, overrides=("deliver.digest_interval_ticks=3",))
    (seat,) = show.come(1)
    show.room.dots.add(1, x=35, y=55)
    show.room.dots.add(50, x=55, y=55)
    show.tick()
    heard: dict[int, list[int]] = {}
    for tick in range(2, 11):
        show.room.dots[50].hits = tick
        show.tick()
        heard[tick] = sorted(row_id for row_id in (1, 50) for part in show.told(seat)
                             if part.table == DOTS and part.group == group_of(show, "dots", row_id)
                             and part.digest is not None)  # fmt: skip
    assert {tick for tick, ids in heard.items() if 50 in ids} == {3, 6, 9}
    assert {tick for tick, ids in heard.items() if 1 in ids} == {3, 6, 9}


def test_an_empty_group_has_no_digest_in_turn() -> None:
    show = Show(World, overrides=("deliver.digest_interval_ticks=1",))
    (seat,) = show.come(1)
    show.tick(9)
    assert {part.table for frame in session_of(seat).frames for part in all_told(frame, Card, Dot, Match)} == {MATCH}


# How often one may ask.


@pytest.mark.parametrize("kind", [Verify(), Resync([]), Resync([(0, 0, 0)])], ids=["verify", "everything", "a group"])
def test_who_asks_too_much_within_an_interval_is_closed(kind: Any) -> None:
    overrides = ("deliver.resyncs_max=3", "deliver.digest_interval_ticks=10")
    stage = Stage(*overrides, games=GAMES)
    visitor = stage.player()
    stage.tick(9)
    for _ in range(2):
        for _ in range(3):
            visitor.say(kind)
        assert visitor.close_codes == []
        stage.tick(10)
    for _ in range(3):
        visitor.say(kind)
    stage.tick(8)
    assert visitor.close_codes == []
    visitor.say(kind)
    assert visitor.close_codes == [RATE_LIMITED.code]
    assert RATE_LIMITED.code == 4529


def test_questions_on_the_wire_are_answered_with_the_next_frame() -> None:
    stage = Stage(games=GAMES)
    visitor = stage.player()
    stage.tick()
    visitor.say(Verify())
    stage.tick()
    (part,) = visitor.heard(Frame)[-1].parts
    assert (part[:3], part[7] is not None) == ([0, 0, False], True)
    visitor.say(Resync([(0, 0, 3), (0, 9, 0), (5, 0, 0)]))
    stage.tick()
    (part,) = visitor.heard(Frame)[-1].parts
    assert (part[:3], part[5] is not None) == ([0, 0, True], True)
    visitor.say(Resync([]))
    stage.tick()
    assert visitor.heard(Frame)[-1].base == 0
    assert stage.metrics.resyncs == 2
    stage.tick()
    assert (visitor.heard(Frame)[-1].base, visitor.heard(Frame)[-1].parts) == (5, [])
