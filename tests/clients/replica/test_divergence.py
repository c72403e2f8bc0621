"""A group that is not what the server has is asked for once, and once it came, all that differed is told by path."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.client import Divergence, Replica
from pelton.client.replica import Applied, Doubt
from tests.clients.wire import digest, entered, part

SHIPS: list[list[Any]] = [["x", "quant", 0, 0.5, 1], ["name", "str"]]
ROUND: list[list[Any]] = [["turn", "u16"]]
TABLES: list[list[Any]] = [["ships", "table", SHIPS], ["round", "record", ROUND]]
WRONG = 12345


@pytest.fixture(params=[False, True], ids=["numpy", "light"])
def replica(request: pytest.FixtureRequest) -> Replica:
    """At tick 5, two ships in group 4 and a round, all proved."""
    replica = Replica(TABLES, light=request.param)
    rows = {1: (2, "Ada"), 3: (4, "Bob")}
    parts = [
        part(0, 4, whole=True, entered=entered(SHIPS, rows), digest=digest(SHIPS, rows)),
        part(1, 0, whole=True, entered=entered(ROUND, {0: (9,)}), digest=digest(ROUND, {0: (9,)})),
    ]
    assert replica.apply(5, 0, [], parts) == Applied(digests=2)
    return replica


def test_a_digest_that_agrees_is_counted(replica: Replica) -> None:
    rows = {1: (2, "Ada"), 3: (4, "Bob")}
    assert replica.apply(6, 5, [], [part(0, 4, digest=digest(SHIPS, rows))]) == Applied(digests=1)


def test_an_empty_group_has_the_digest_0(replica: Replica) -> None:
    applied = replica.apply(6, 5, [], [part(0, 4, removed=[1, 3], digest=0), part(0, 77, digest=0)])
    assert applied == Applied(digests=2)


def test_a_group_that_differs_is_asked_for_once(replica: Replica) -> None:
    first = replica.apply(8, 5, [], [part(0, 4, digest=WRONG), part(1, 0, digest=digest(ROUND, {0: (9,)}))])
    assert (first.doubts, first.differing, first.digests) == ([Doubt(0, 4, 5)], 1, 2)
    again = replica.apply(9, 8, [], [part(0, 4, digest=WRONG)])
    assert (again.doubts, again.differing) == ([], 1)


def test_a_group_that_could_not_be_asked_for_is_asked_for_later(replica: Replica) -> None:
    (doubt,) = replica.apply(8, 5, [], [part(0, 4, digest=WRONG)]).doubts
    replica.forget_doubt(doubt)
    assert replica.apply(9, 8, [], [part(0, 4, digest=WRONG)]).doubts == [doubt]


def test_what_differed_is_told_when_the_group_comes_whole(replica: Replica) -> None:
    replica.apply(8, 5, [], [part(0, 4, digest=WRONG), part(1, 0, digest=WRONG)])
    rows = {1: (6, "Ada"), 7: (0, "Eve")}
    parts = [
        part(0, 4, whole=True, entered=entered(SHIPS, rows), digest=digest(SHIPS, rows)),
        part(1, 0, whole=True, entered=entered(ROUND, {0: (10,)})),
    ]
    applied = replica.apply(9, 8, [], parts)
    ships: tuple[tuple[str, Any, Any], ...] = (("ships[1].x", 1.0, 3.0), ("ships[3]", {"x": 2.0, "name": "Bob"}, None))
    ships = (*ships, ("ships[7]", None, {"x": 0.0, "name": "Eve"}))
    assert applied.divergences == [
        Divergence("ships", 4, ships, agreed_tick=5, tick=9),
        Divergence("round", 0, (("round.turn", 9, 10),), agreed_tick=5, tick=9),
    ]
    assert (applied.doubts, applied.digests, [row.id for row in replica.ships]) == ([], 1, [1, 7])
    assert str(applied.divergences[0]) == (
        "table 'ships', group 4 differed since tick 5, until tick 9: ships[1].x was 1.0, is 3.0; "
        "ships[3] was {'x': 2.0, 'name': 'Bob'}, is None; ships[7] was None, is {'x': 0.0, 'name': 'Eve'}"
    )


def test_a_keyframe_brings_every_group_anew(replica: Replica) -> None:
    replica.apply(8, 5, [], [part(0, 4, digest=WRONG), part(1, 0, digest=WRONG)])
    applied = replica.apply(9, 0, [], [part(0, 4, whole=True, entered=entered(SHIPS, {1: (2, "Ada")}))])
    assert [(found.table, len(found.paths)) for found in applied.divergences] == [("ships", 1)]
    assert replica.apply(10, 9, [], [part(0, 4, digest=WRONG)]).doubts == [Doubt(0, 4, 0)]


def test_a_group_that_is_hidden_meanwhile_is_no_more_in_doubt(replica: Replica) -> None:
    replica.apply(8, 5, [], [part(0, 4, digest=WRONG)])
    replica.apply(9, 8, [[0, 4]], [])
    applied = replica.apply(10, 9, [], [part(0, 4, whole=True, entered=entered(SHIPS, {1: (2, "Ada")}))])
    assert applied.divergences == []


def test_a_group_that_differs_as_soon_as_it_came_is_not_asked_for_at_once(replica: Replica) -> None:
    """Else two sides that cannot agree would send nothing else."""
    whole = part(0, 4, whole=True, entered=entered(SHIPS, {1: (2, "Ada")}), digest=WRONG)
    applied = replica.apply(8, 5, [], [whole])
    assert (applied.doubts, applied.differing) == ([], 1)
    assert replica.apply(9, 8, [], [part(0, 4, digest=WRONG)]).doubts == [Doubt(0, 4, 0)]


def test_paths_are_bounded(replica: Replica) -> None:
    replica.apply(8, 5, [], [part(0, 4, entered=entered(SHIPS, dict.fromkeys(range(250), (1, ""))), digest=WRONG)])
    (found,) = replica.apply(9, 8, [], [part(0, 4, whole=True)]).divergences
    assert len(found.paths) == 64
    assert str(found).endswith("; and 60 more")
