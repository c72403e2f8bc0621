"""An action that waited too long is refused as late, whatever kept it: full ticks, or a game that did not take it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pelton.protocol import Reason
from pelton.server import Played, Tick
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Ticker
from tests.server.fakes import new_room, new_seat, offer, session_of
from tests.server.games import GAMES, Add, Tally
from tests.server.stage import Stage

AGE = 3


class Reluctant(Tally):
    """Takes actions only when it likes to."""

    willing = False

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        super().on_tick(tick, actions if self.willing else ())


def new_ticker(room: Tally, *seats: Seat, quantum: int = 4, age: int = AGE) -> Ticker:
    ticker = Ticker("game", room, quantum, 4000, age)
    for seat in seats:
        ticker.request(seat)
    ticker.step()
    return ticker


def late(seat: Seat) -> list[int]:
    return [seq for seq, reason in seat.refused if reason == Reason.LATE]


def test_what_is_taken_in_time_is_never_late() -> None:
    seat = new_seat()
    ticker = new_ticker(new_room(Tally), seat, quantum=1)
    for first in range(1, 300, AGE):
        offer(seat, first, *(Add(1) for _ in range(AGE)))
        for _ in range(AGE):
            assert ticker.step().late == 0
    assert (seat.refused, seat.acked) == ([], 300)


def test_what_has_waited_for_as_many_ticks_as_it_may_is_refused_with_the_next() -> None:
    room, seat = new_room(Reluctant), new_seat()
    ticker = new_ticker(room, seat)
    offer(seat, 1, Add(1), Add(2))
    assert [ticker.step().late for _ in range(AGE)] == [0] * AGE
    offer(seat, 3, Add(4))
    outcome = ticker.step()
    assert (outcome.late, late(seat), seat.acked, len(seat.inbox)) == (2, [1, 2], 2, 1)
    room.willing = True
    assert ticker.step().taken == 1
    assert (late(seat), seat.acked) == ([1, 2], 3)


def test_each_action_has_an_age_of_its_own() -> None:
    room, seat = new_room(Reluctant), new_seat()
    ticker = new_ticker(room, seat)
    refused = []
    for seq in range(1, 11):
        offer(seat, seq, Add(1))
        refused.append(ticker.step().late)
    assert refused == [0] * AGE + [1] * (10 - AGE)
    assert late(seat) == list(range(1, 11 - AGE))


def test_who_gets_less_than_he_wants_plays_what_is_young_enough() -> None:
    room, seat = new_room(Tally), new_seat()
    ticker = new_ticker(room, seat, quantum=2)
    offer(seat, 1, *(Add(1) for _ in range(10)))
    outcomes = [ticker.step() for _ in range(AGE + 1)]
    assert [outcome.taken for outcome in outcomes] == [2, 2, 2, 0]
    assert [outcome.deferred for outcome in outcomes] == [1, 1, 1, 0]
    assert (late(seat), seat.acked) == ([7, 8, 9, 10], 10)


def test_neighbours_are_not_touched() -> None:
    room, greedy, modest = new_room(Tally), new_seat(1), new_seat(2)
    ticker = new_ticker(room, greedy, modest, quantum=1)
    offer(greedy, 1, *(Add(1) for _ in range(30)))
    for seq in range(1, 20):
        offer(modest, seq, Add(1))
        ticker.step()
    assert (late(modest), modest.acked) == ([], 19)
    assert late(greedy) == list(range(AGE + 1, 31))


def test_without_an_age_nothing_is_ever_late() -> None:
    room, seat = new_room(Reluctant), new_seat()
    ticker = new_ticker(room, seat, age=0)
    offer(seat, 1, Add(1))
    for _ in range(100):
        assert ticker.step().late == 0
    assert len(seat.inbox) == 1


def test_who_leaves_with_late_actions_harms_nobody() -> None:
    room, seat = new_room(Reluctant), new_seat()
    ticker = new_ticker(room, seat)
    offer(seat, 1, *(Add(1) for _ in range(20)))
    ticker.step()
    ticker.release(seat)
    for _ in range(AGE + 2):
        ticker.step()
    assert (ticker.seats, session_of(seat).closings) == ([], [])


@pytest.mark.parametrize(("age_ms", "ticks"), [(0, None), (1, 1), (100, 2), (2000, 40)])
def test_the_age_of_the_settings_is_counted_in_the_ticks_of_the_room(age_ms: int, ticks: int | None) -> None:
    stage = Stage(f"simulate.action_age_max_ms={age_ms}", games={**GAMES, "reluctant": Reluctant})
    visitor = stage.player("reluctant")
    (seat,) = stage.rooms[0].ticker.seats
    offer(seat, 1, Add(1))
    stage.tick(ticks or 100)
    assert stage.metrics.actions_late == 0
    stage.tick()
    assert stage.metrics.actions_late == stage.metrics.actions_refused == (1 if ticks else 0)
    assert visitor.close_codes == []
