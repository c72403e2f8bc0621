"""Those who see the same have one Sight, and one frame; who goes on seeing what he saw keeps his own."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.server import U8, By, OwnerOnly, Row, Table, Team
from pelton.server.deliver import sight as sight_module
from pelton.server.deliver.sight import Sights
from tests.server.simulate.state.tables import new_player


class Piece(Row):
    team = U8()


@pytest.fixture
def pieces() -> Table[Any]:
    """Rows 1 to 4, of teams 1 and 2 in turn."""
    keys = By(lambda row: row.team, lambda player: [1] if player.id < 3 else [2])
    pieces: Table[Any] = Table(Piece, (Team("team"), keys), table_name="pieces")
    pieces.bind({"pieces": pieces})
    for row_id in (1, 2, 3, 4):
        pieces.add(row_id, team=2 - row_id % 2)
    pieces.commit(1)
    return pieces


def test_those_who_see_the_same_share_a_sight(pieces: Table[Any]) -> None:
    sights = Sights(pieces.layers)
    one, two, three, four = (sights.of(new_player(number), sights.nothing) for number in (1, 2, 3, 4))
    assert len({one, two, three, four}) == 4, "teams 1 and 2, keys 1 and 2"
    assert sights.of(new_player(1), three) is one
    assert sights.of(new_player(2, focus=1), sights.nothing) is one


def test_who_sees_what_he_saw_before_keeps_his_sight(pieces: Table[Any]) -> None:
    sights = Sights(pieces.layers)
    before = sights.of(new_player(1), sights.nothing)
    assert sights.of(new_player(1), before) is before
    pieces.remove(1)
    pieces.commit(2)
    assert sights.of(new_player(1), before) is before, "his own row is gone: he looks where it was"
    pieces.add(1, team=2)
    pieces.commit(3)
    after = sights.of(new_player(1), before)
    assert after is not before
    assert after.views[0] is not before.views[0]
    assert after.views[1] is before.views[1]


def test_who_has_seen_nothing_yet_and_has_no_row_sees_nothing_by_his_own_row(pieces: Table[Any]) -> None:
    sights = Sights(pieces.layers)
    sight = sights.of(new_player(9), sights.nothing)
    assert (sight.views[0].near, sight.views[0].far, len(sight.views[1].near)) == ((), (), 1)


def test_sights_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight_module, "SIGHTS_MAX", 3)
    pieces: Table[Any] = Table(Piece, OwnerOnly("team"), table_name="pieces")
    pieces.bind({})
    sights = Sights(pieces.layers)
    seen = [sights.of(new_player(number), sights.nothing) for number in range(8)]
    assert len(sights._known) <= 3
    assert len({sight.views for sight in seen}) == 8
    assert sights.of(new_player(7), sights.nothing) is seen[7]
    again = sights.of(new_player(0), sights.nothing)
    assert again.views == seen[0].views
