"""What a pipeline drops is refused, what the game does not take waits, and nothing is forgotten."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol import Reason
from pelton.server import Action, Played, Room, Stream, Tick
from pelton.server.simulate.errors import RoomFault
from pelton.server.simulate.pipeline import TickActions
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Ticker
from pelton.streams import PENDING, Poll
from tests.server.fakes import new_room, new_seat, new_ticker, offer
from tests.server.games import Add

Take = Callable[[Iterable[Played]], Iterable[Played]]
Build = Callable[[Stream[Played]], Stream[Played]]


class Piped(Room):
    """Takes of each tick's actions what `take` leaves of them; `came` keeps the amounts."""

    actions = Add
    build: Build = staticmethod(lambda actions: actions)
    take: Take = staticmethod(lambda actions: actions)

    def on_create(self) -> None:
        self.came: list[int] = []

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        return self.build(actions)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        self.came.extend(action.amount for _, action in self.take(actions))


def new_piped(
    build: Build | None = None, take: Take | None = None, *, seats: int = 1
) -> tuple[Piped, Ticker, list[Seat]]:
    room = new_room(Piped)
    if build is not None:
        room.build = build
    if take is not None:
        room.take = take
    players = [new_seat(number) for number in range(1, seats + 1)]
    return room, new_ticker(room, *players, quantum=8), players


def adds(*amounts: int) -> list[Action]:
    return [Add(amount) for amount in amounts]


def is_even(played: Played) -> bool:
    return bool(played[1].amount % 2 == 0)


def doubled(played: Played) -> Played:
    return played[0], Add(played[1].amount * 2)


def test_without_stages_everything_comes_in_order() -> None:
    room, ticker, (seat,) = new_piped()
    offer(seat, 1, *adds(3, 1, 2))
    ticker.step()
    assert room.came == [3, 1, 2]
    assert (seat.acked, seat.refused) == (3, [])


def test_what_a_filter_drops_is_refused_and_acked() -> None:
    room, ticker, (seat,) = new_piped(lambda actions: actions.filter(is_even))
    offer(seat, 1, *adds(1, 2, 3, 4, 5))
    ticker.step()
    assert room.came == [2, 4]
    assert seat.refused == [(1, Reason.NOT_ALLOWED), (3, Reason.NOT_ALLOWED), (5, Reason.NOT_ALLOWED)]
    assert seat.acked == 5


def test_a_filter_that_drops_everything_refuses_everything() -> None:
    room, ticker, (seat,) = new_piped(lambda actions: actions.filter(lambda _: False))
    offer(seat, 1, *adds(1, 2))
    ticker.step()
    assert (room.came, [seq for seq, _ in seat.refused], seat.acked) == ([], [1, 2], 2)


def test_what_a_map_changes_is_not_refused() -> None:
    room, ticker, (seat,) = new_piped(lambda actions: actions.map(doubled))
    offer(seat, 1, *adds(1, 2))
    ticker.step()
    assert (room.came, seat.refused, seat.acked) == ([2, 4], [], 2)


def test_a_filter_map_refuses_only_what_it_drops() -> None:
    build: Build = lambda actions: actions.filter_map(lambda played: doubled(played) if is_even(played) else None)  # noqa: E731
    room, ticker, (seat,) = new_piped(build)
    offer(seat, 1, *adds(1, 2, 3))
    ticker.step()
    assert (room.came, [seq for seq, _ in seat.refused]) == ([4], [1, 3])


def test_several_stages_refuse_what_any_of_them_drops() -> None:
    build: Build = lambda actions: actions.filter(is_even).map(doubled).filter(lambda played: played[1].amount > 4)  # noqa: E731
    room, ticker, (seat,) = new_piped(build)
    offer(seat, 1, *adds(1, 2, 4, 3))
    ticker.step()
    assert (room.came, [seq for seq, _ in seat.refused]) == ([8], [1, 2, 4])


def test_each_player_is_told_of_his_own() -> None:
    room, ticker, (ada, bob) = new_piped(lambda actions: actions.filter(is_even), seats=2)
    offer(ada, 10, *adds(1, 2))
    offer(bob, 20, *adds(4, 3))
    ticker.step()
    assert room.came == [4, 2]
    assert ([seq for seq, _ in ada.refused], [seq for seq, _ in bob.refused]) == ([10], [21])


# Lazily.


def test_what_the_game_does_not_take_stays_queued_and_unacked() -> None:
    room, ticker, (seat,) = new_piped(take=lambda actions: itertools.islice(actions, 2))
    offer(seat, 1, *adds(1, 2, 3, 4, 5))
    ticker.step()
    assert (room.came, seat.acked, len(seat.inbox)) == ([1, 2], 2, 3)
    ticker.step()
    ticker.step()
    assert (room.came, seat.acked, seat.refused) == ([1, 2, 3, 4, 5], 5, [])


def test_a_game_that_takes_nothing_loses_nothing() -> None:
    room, ticker, (seat,) = new_piped(take=lambda _: ())
    offer(seat, 1, *adds(1, 2))
    for _ in range(5):
        ticker.step()
    assert (room.came, seat.acked, seat.refused, len(seat.inbox)) == ([], 0, [], 2)


def up_to_three(actions: Iterable[Played]) -> Iterable[Played]:
    """Leave the loop in the middle, as a game does that has seen enough."""
    for played in actions:
        yield played
        if played[1].amount == 3:
            break


def test_a_game_that_breaks_out_of_the_loop_loses_nothing() -> None:
    room, ticker, (seat,) = new_piped(lambda actions: actions.filter(lambda played: played[1].amount > 0), up_to_three)
    offer(seat, 1, *adds(1, -1, 3, 4, -2, 5))
    ticker.step()
    assert (room.came, seat.acked, seat.refused) == ([1, 3], 3, [(2, Reason.NOT_ALLOWED)])
    ticker.step()
    assert (room.came, seat.acked) == ([1, 3, 4, 5], 6)
    assert [seq for seq, _ in seat.refused] == [2, 5]


def test_taking_with_next_settles_what_was_dropped_before() -> None:
    room, ticker, (seat,) = new_piped(lambda actions: actions.filter(is_even), lambda actions: [next(iter(actions))])
    offer(seat, 1, *adds(1, 3, 2, 5, 4))
    ticker.step()
    assert (room.came, seat.acked, [seq for seq, _ in seat.refused]) == ([2], 3, [1, 2])


def test_an_iterator_that_is_kept_past_its_tick_gives_nothing_more() -> None:
    kept: list[Any] = []

    def keep(actions: Iterable[Played]) -> Iterable[Played]:
        kept.append(iter(actions))
        return [next(kept[0])] if len(kept) == 1 else []

    room, ticker, (seat,) = new_piped(take=keep)
    offer(seat, 1, *adds(1, 2))
    ticker.step()
    assert list(kept[0]) == []
    assert (room.came, seat.acked, len(seat.inbox), seat.refused) == ([1], 1, 1, [])


def test_a_stage_that_has_had_enough_leaves_no_action_without_an_answer() -> None:
    """`close` of the source promises it: actions go on being taken, and refused."""
    room, ticker, (seat,) = new_piped(lambda actions: actions.take(1))
    offer(seat, 1, *adds(1, 2, 3))
    ticker.step()
    ticker.step()
    assert room.came == [1]
    assert ([seq for seq, _ in seat.refused], seat.acked, len(seat.inbox)) == ([2, 3], 3, 0)


def test_a_pipeline_that_is_polled_answers_the_same() -> None:
    class Polled(Piped):
        def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
            self.came.extend(action.amount for _, action in actions)

    class Polls(Stream[Played]):
        """A stage of the game's own, with `poll` alone."""

        def __init__(self, source: Stream[Played]) -> None:
            self.source = source

        def poll(self, waker: object = None) -> Any:
            while True:
                played = self.source.poll()
                if played is PENDING or is_even(played):  # type: ignore[arg-type]  # CLOSED does not come
                    return played

    room = new_room(Polled)
    room.build = Polls
    seat = new_seat()
    ticker = new_ticker(room, seat)
    offer(seat, 1, *adds(1, 2, 3))
    ticker.step()
    assert (room.came, [seq for seq, _ in seat.refused], seat.acked) == ([2], [1, 3], 3)


class Throttle(Stream[Played]):
    """A stage of a game's own that lets two through a tick; PENDING says that there is nothing more now."""

    def __init__(self, source: Stream[Played]) -> None:
        self.source = source
        self.left = 2

    def poll(self, waker: object = None) -> Played | Poll:
        if not self.left:
            return PENDING
        self.left -= 1
        return self.source.poll()


def test_a_stage_that_wants_no_more_this_tick_leaves_the_rest_for_the_next() -> None:
    stages: list[Throttle] = []

    def build(actions: Stream[Played]) -> Stream[Played]:
        stages.append(Throttle(actions))
        return stages[0]

    room, ticker, (seat,) = new_piped(build)
    offer(seat, 1, *adds(1, 2, 3))
    ticker.step()
    assert (room.came, seat.acked, seat.refused) == ([1, 2], 2, [])
    stages[0].left = 2
    ticker.step()
    assert (room.came, seat.acked, seat.refused) == ([1, 2, 3], 3, [])


def test_a_source_without_a_tick_has_nothing() -> None:
    source = TickActions()
    assert source.poll() is PENDING
    assert list(source.ready()) == []
    source.settle()
    source.end()


@pytest.mark.parametrize("build", ["filter", "map", "filter_map"])
@pytest.mark.parametrize("error", [ValueError("no"), StopIteration()], ids=repr)
def test_a_stage_that_raises_is_the_rooms_fault_and_names_the_action(build: str, error: Exception) -> None:
    """Also StopIteration, out of a careless `next()`: it must not pass for the end of the tick's actions."""

    def refuse(_: Played) -> Any:
        raise error

    _, ticker, (seat,) = new_piped(lambda actions: getattr(actions, build)(refuse))
    offer(seat, 1, *adds(9))
    with pytest.raises(
        RoomFault, match=r"pipeline raised in tick 1, after taking \(Player\(1, 'player-1'\), Add\(amount=9\)\)"
    ):
        ticker.step()


# The law: every action of a player is taken once and in order, or refused once; the ack passes nothing that is neither.


@given(
    st.lists(st.lists(st.integers(-9, 9), max_size=5), min_size=1, max_size=8),
    st.integers(0, 6),
    st.sets(st.integers(-9, 9)),
)
def test_every_action_is_taken_or_refused_once_and_in_order(
    bursts: list[list[int]], appetite: int, banned: set[int]
) -> None:
    room, ticker, (seat,) = new_piped(
        lambda actions: actions.filter(lambda played: played[1].amount not in banned),
        lambda actions: itertools.islice(actions, appetite),
    )
    sent: list[int] = []
    for burst in [*bursts, *([[]] * 3)]:
        offer(seat, len(sent) + 1, *adds(*burst))
        sent += burst
        ticker.step()
        passed = sent[: seat.acked]
        assert room.came == [amount for amount in passed if amount not in banned]
        assert [seq for seq, _ in seat.refused] == [seq for seq, amount in enumerate(passed, 1) if amount in banned]
        assert len(seat.inbox) == len(sent) - seat.acked
