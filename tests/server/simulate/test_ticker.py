"""A tick seats, plays and lets go, in this order; whatever a game raises is its room's fault alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from pelton.protocol import Act
from pelton.server import U8, Played, Player, Record, Room, Row, Table, Tick
from pelton.server.simulate.errors import JoinRejected, RoomFault
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.ticker import Ticker
from pelton.streams import Offer
from tests.server.fakes import new_room, new_seat, new_ticker, offer
from tests.server.games import Add, Shout, Tally


@pytest.fixture
def room() -> Tally:
    return new_room(Tally)


def seats(count: int) -> list[Seat]:
    return [new_seat(number) for number in range(1, count + 1)]


# Coming and going.


def test_a_seat_is_taken_at_the_tick_and_not_before(room: Tally) -> None:
    ada, bob = seats(2)
    ticker = new_ticker(room, ada, bob)
    assert (ticker.seats, ticker.taken, room.players, ticker.tick) == ([], 2, {}, 0)
    outcome = ticker.step()
    assert (outcome.tick, outcome.joined, outcome.left) == (1, [ada, bob], [])
    assert (ticker.seats, room.players) == ([ada, bob], {1: ada.player, 2: bob.player})
    assert room.told == ["create", "join 1", "join 2", "tick 1"]
    assert ticker.step().joined == []


def test_a_seat_is_free_after_the_tick(room: Tally) -> None:
    ada, bob = seats(2)
    ticker = new_ticker(room, ada, bob)
    ticker.step()
    ticker.release(ada)
    assert (ada.live, ticker.taken, ticker.seats) == (False, 2, [ada, bob])
    outcome = ticker.step()
    assert (outcome.left, ticker.taken, ticker.seats, room.players) == ([ada], 1, [bob], {2: bob.player})
    assert room.told[-2:] == ["tick 2", "leave 1"]
    assert [row.id for row in room.scores] == [2]
    assert [departure.row_id for departure in room.scores.layers[0].departures(1)] == [1], "of this very tick"
    assert ticker.step().left == []


def test_who_goes_before_the_tick_was_never_there(room: Tally) -> None:
    (ada,) = seats(1)
    ticker = new_ticker(room, ada)
    ticker.release(ada)
    outcome = ticker.step()
    assert (outcome.joined, outcome.left, ticker.taken) == ([], [], 0)
    assert room.told == ["create", "tick 1"]


def test_a_seat_that_nobody_asked_for_is_released_without_effect(room: Tally) -> None:
    (ada,) = seats(1)
    ticker = new_ticker(room)
    ticker.release(ada)
    assert (ticker.taken, ticker.step().left) == (0, [])


def test_actions_queued_before_a_leave_still_arrive(room: Tally) -> None:
    (ada,) = seats(1)
    ticker = new_ticker(room, ada)
    ticker.step()
    offer(ada, 1, Add(5), Add(6))
    ticker.release(ada)
    ticker.step()
    assert room.taken == [(1, Add(5)), (1, Add(6))]
    assert ada.acked == 2


def test_after_a_leave_the_inbox_is_closed(room: Tally) -> None:
    (ada,) = seats(1)
    ticker = new_ticker(room, ada, quantum=1)
    ticker.step()
    offer(ada, 1, Add(1), Add(2), Add(3))
    ticker.release(ada)
    ticker.step()
    inbox = ada.inbox
    assert inbox.offer(Act(4, Add(4))) is Offer.CLOSED
    assert (inbox.accepted, inbox.delivered, inbox.abandoned, len(inbox)) == (3, 1, 2, 0)


def test_actions_sent_before_the_first_tick_are_played_in_it(room: Tally) -> None:
    (ada,) = seats(1)
    ticker = new_ticker(room, ada)
    offer(ada, 1, Shout("hi"))
    ticker.step()
    assert room.scores[1].words == "hi"


def test_a_full_room_rejects(room: Tally) -> None:
    ticker = new_ticker(room, *seats(Tally.seats))
    for _ in range(2):
        with pytest.raises(JoinRejected, match=r"room_full: all 4 seats of room room are taken") as caught:
            ticker.request(new_seat(9))
        assert caught.value.reason == "room_full"
        ticker.step()


def test_a_seat_is_not_given_twice_before_the_tick(room: Tally) -> None:
    everybody = seats(Tally.seats)
    ticker = new_ticker(room, *everybody)
    ticker.step()
    ticker.release(everybody[0])
    with pytest.raises(JoinRejected):
        ticker.request(new_seat(9))
    ticker.step()
    ticker.request(new_seat(9))
    assert ticker.taken == Tally.seats


# Actions.


def test_a_player_gets_his_quantum_and_the_rest_waits(room: Tally) -> None:
    ada, bob = seats(2)
    ticker = new_ticker(room, ada, bob, quantum=2)
    offer(ada, 1, *(Add(1) for _ in range(5)))
    offer(bob, 1, Add(7))
    assert [take(ticker, room) for _ in range(4)] == [[1, 2, 1], [1, 1], [1], []]
    assert (ada.acked, bob.acked) == (5, 1)


def test_a_room_takes_its_total_and_goes_on_where_it_stopped(room: Tally) -> None:
    everybody = seats(4)
    ticker = new_ticker(room, *everybody, quantum=3, total=5)
    for seat in everybody:
        offer(seat, 1, Add(1), Add(2))
    assert [take(ticker, room) for _ in range(3)] == [[1, 2, 3, 4, 1], [2, 3, 4], []]


def take(ticker: Ticker, room: Tally) -> list[int]:
    """One tick: whose actions were played, in order."""
    before = len(room.taken)
    ticker.step()
    return [player_id for player_id, _ in room.taken[before:]]


def test_a_flood_of_one_player_keeps_no_other_from_acting(room: Tally) -> None:
    flood, quiet = seats(2)
    ticker = new_ticker(room, flood, quiet, quantum=4)
    for _ in range(20):
        offer(flood, flood.inbox.accepted + 1, *(Add(0) for _ in range(64 - len(flood.inbox))))
        offer(quiet, quiet.inbox.accepted + 1, Add(1))
        assert sorted(take(ticker, room)) == [1, 1, 1, 1, 2]


# What is told.


def test_the_card_says_how_the_room_looks_on_the_wire(room: Tally) -> None:
    (ada,) = seats(1)
    ticker = new_ticker(room, ada)
    ticker.step()
    card = ticker.card(ada)
    assert (card.room_id, card.game, card.player_id, card.tick_hz, card.tick) == ("room", "game", 1, 20, 1)
    assert card.actions == [("add", ["amount"]), ("shout", ["text"])]
    assert card.tables == [("scores", "table", [["total", "i32"], ["words", "str"]])]


def test_tables_are_told_in_the_order_of_their_names() -> None:
    class Dot(Row):
        x = U8()

    class Many(Room):
        zeta = Table(Dot)
        alpha = Table(Dot)

        def on_create(self) -> None:
            self.zeta.add(26)

    ticker = new_ticker(new_room(Many))
    assert [name for name, *_ in ticker.card(new_seat()).tables] == ["alpha", "zeta"]
    assert [table.table_name for table in ticker.tables] == ["alpha", "zeta"]
    assert [len(table) for table in ticker.tables] == [0, 1]


def test_after_a_tick_its_tables_know_what_changed_in_it(room: Tally) -> None:
    (ada,) = seats(1)
    ticker = new_ticker(room, ada)
    ticker.step()
    assert room.scores.changed.tolist() == [0]
    ticker.step()
    assert room.scores.changed.tolist() == []
    offer(ada, 1, Add(3))
    ticker.step()
    assert room.scores.changed.tolist() == [0]
    assert (room.scores[1].total, ticker.tables) == (3, [room.scores])


def test_a_record_is_told_as_one() -> None:
    class Dot(Row):
        x = U8()

    class Single(Room):
        dot = Record(Dot)

    ticker = new_ticker(new_room(Single))
    assert ticker.card(new_seat()).tables == [("dot", "record", [["x", "u8"]])]


def test_a_player_who_acts_is_asked_what_was_on_his_screen(room: Tally) -> None:
    """As of the action that the game is looking at: each of them has its own."""
    (ada,) = seats(1)
    ticker = new_ticker(room, ada)
    ticker.step()
    seen: list[int] = []

    def look(tick: Tick, actions: Iterable[Played]) -> None:
        seen.extend(player.seen_tick for player, _ in actions)

    room.on_tick = look  # type: ignore[method-assign]  # a game of one line
    for seq, told in enumerate((7, 3, 2**53 - 1), 1):
        ada.inbox.offer(Act(seq, Add(1), told))
    ada.inbox.offer(Act(4, Add(1)))
    ticker.step()
    assert seen == [7, 3, 2**53 - 1, 0]


def test_a_room_is_told_that_it_goes_away(room: Tally) -> None:
    new_ticker(room).dispose()
    assert room.told == ["create", "dispose"]


# Faults.


def sabotaged(callback: str, error: BaseException) -> Tally:
    """A room that raises in one of its callbacks."""

    def fail(*_: object) -> None:
        raise error

    game: Any = type("Sabotaged", (Tally,), {callback: fail})
    room = new_room(game)
    assert isinstance(room, Tally)
    return room


def join_play_leave(room: Tally) -> None:
    """Everything that can happen to a room, with an action on the way."""
    (ada,) = seats(1)
    ticker = new_ticker(room, ada)
    offer(ada, 1, Add(3))
    ticker.step()
    ticker.release(ada)
    ticker.step()
    ticker.dispose()


@pytest.mark.parametrize(
    ("callback", "tick"),
    [("on_create", 0), ("pipeline", 0), ("on_join", 1), ("on_tick", 1), ("on_leave", 2), ("on_dispose", 2)],
)
def test_what_a_callback_raises_is_the_rooms_fault(callback: str, tick: int) -> None:
    error = ZeroDivisionError("the game's own")
    with pytest.raises(RoomFault) as caught:
        join_play_leave(sabotaged(callback, error))
    fault = caught.value
    assert (fault.room_id, fault.callback, fault.tick, fault.action) == ("room", callback, tick, None)
    assert fault.__cause__ is error
    assert str(fault) == f"room room: {callback} raised in tick {tick}"


def test_a_fault_names_the_action_that_was_taken_last() -> None:
    class Fussy(Tally):
        def on_tick(self, tick: Any, actions: Any) -> None:
            for _, action in actions:
                if action == Shout("ouch"):
                    raise ValueError(action)

    ada, bob = seats(2)
    ticker = new_ticker(new_room(Fussy), ada, bob)
    offer(ada, 1, Add(1))
    offer(bob, 1, Shout("ouch"))
    with pytest.raises(RoomFault, match="on_tick raised in tick 1, after taking") as caught:
        ticker.step()
    assert caught.value.action == (bob.player, Shout("ouch"))


def test_a_fault_does_not_name_an_action_of_an_earlier_tick() -> None:
    class Late(Tally):
        def on_tick(self, tick: Any, actions: Any) -> None:
            super().on_tick(tick, actions)
            if tick.number == 2:
                raise ValueError

    (ada,) = seats(1)
    ticker = new_ticker(new_room(Late), ada)
    offer(ada, 1, Add(1))
    ticker.step()
    with pytest.raises(RoomFault) as caught:
        ticker.step()
    assert caught.value.action is None


def test_who_comes_is_not_blamed_on_an_action_of_an_earlier_tick() -> None:
    class Choosy(Tally):
        def on_join(self, player: Player) -> None:
            super().on_join(player)
            if player.id == 2:
                raise ValueError

    ada, bob = seats(2)
    ticker = new_ticker(new_room(Choosy), ada)
    offer(ada, 1, Add(1))
    ticker.step()
    ticker.request(bob)
    with pytest.raises(RoomFault) as caught:
        ticker.step()
    assert (caught.value.callback, caught.value.action) == ("on_join", None)


def test_ctrl_c_is_not_the_rooms_fault() -> None:
    with pytest.raises(KeyboardInterrupt):
        join_play_leave(sabotaged("on_tick", KeyboardInterrupt()))


def test_a_pipeline_that_is_no_stream_is_the_rooms_fault() -> None:
    nothing: Callable[..., Any] = lambda *_: None  # noqa: E731 - an attribute of the class below
    game: Any = type("Nothing", (Tally,), {"pipeline": nothing})
    with pytest.raises(RoomFault):
        new_ticker(new_room(game)).step()
