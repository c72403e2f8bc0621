"""When an action of one bot was seen by another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pelton.swarm.sightings import OPEN_MAX, TICKS_KEPT, RoomSight, Sightings


def room(bots: int = 2) -> tuple[RoomSight, list[float]]:
    seen: list[float] = []
    sight = RoomSight(seen.append)
    sight.bots = bots
    return sight, seen


def test_an_action_is_seen_when_another_bot_has_the_frame_of_its_ack() -> None:
    sight, seen = room()
    sight.saw(1, 10, 5.0)
    sight.acked(1, 10, due_s=4.9)
    assert seen == []
    sight.saw(1, 11, 5.05)  # its own frames say nothing
    assert seen == []
    sight.saw(2, 10, 5.1)
    assert [round(seconds, 6) for seconds in seen] == [0.2]
    assert not sight.open


def test_a_later_frame_of_another_bot_shows_it_as_well() -> None:
    sight, seen = room()
    sight.saw(1, 10, 5.0)
    sight.acked(1, 10, due_s=4.0)
    sight.saw(2, 9, 5.01)
    assert seen == []
    sight.saw(2, 12, 5.5)
    assert seen == [1.5]


def test_who_had_the_frame_before_the_actor_has_seen_it_by_then() -> None:
    sight, seen = room()
    sight.saw(2, 10, 5.0)
    sight.saw(1, 10, 5.3)
    sight.acked(1, 10, due_s=4.75)
    assert seen == [0.25]
    assert sight.settled == 10


def test_who_was_first_is_not_his_own_witness() -> None:
    sight, seen = room()
    sight.saw(1, 10, 5.0)
    sight.saw(2, 10, 5.5)
    sight.acked(1, 10, due_s=4.5)
    assert seen == [1.0]


def test_one_alone_in_a_room_is_seen_by_nobody_and_keeps_nothing() -> None:
    sight, seen = room(bots=1)
    for tick in range(1, 500):
        sight.saw(1, tick, tick / 20)
        sight.acked(1, tick, tick / 20)
    assert (seen, len(sight.open)) == ([], 0)


def test_rooms_are_apart_and_forgotten_with_their_last_bot() -> None:
    seen: list[float] = []
    sightings = Sightings(seen.append)
    first, other = sightings.enter("a"), sightings.enter("b")
    assert sightings.enter("a") is first is not other
    sightings.leave("a", first)
    sightings.leave("a", first)
    assert sightings.enter("a") is not first


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200), st.booleans()), max_size=300))
def test_whatever_comes_little_is_kept_and_nothing_is_seen_before_it_was_due(
    frames: list[tuple[int, int, bool]],
) -> None:
    sight, seen = room(bots=4)
    asked = 0
    for now, (bot, tick, acks) in enumerate(frames):
        sight.saw(bot, tick, float(now))
        if acks:
            asked += 1
            sight.acked(bot, tick, float(now) - 400)
    assert len(sight.open) <= OPEN_MAX
    assert len(sight._firsts) <= TICKS_KEPT
    assert len(seen) + len(sight.open) <= asked
    assert all(seconds >= 0 for seconds in seen)
