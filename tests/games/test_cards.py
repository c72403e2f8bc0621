"""Cards: whole rounds by the rules, and nobody is ever sent a card of somebody else's."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from pelton.games.cards import EIGHT, HAND, TURN_TICKS, Cards, Deal, Draw, Lay
from pelton.protocol import Act
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.simulate.seat import Player, Seat
from pelton.server.simulate.ticker import Ticker
from pelton.streams import Inbox
from tests.server.fakes import FakeSession, new_room, session_of, settings
from tests.server.replication.replica import Replica

SEEDS = range(8)


class Round:
    """A table of players, and the replica of each."""

    def __init__(self, players: int, watchers: int = 0, seed: int = 1) -> None:
        self.room = new_room(Cards, seed)
        self.ticker = Ticker("cards", self.room, 4, 1000)
        self.fanout = Fanout(settings().deliver, Metrics())
        self.seats: dict[int, Seat] = {}
        self.replicas: dict[int, Replica] = {}
        self.seqs = 0
        for number in range(1, players + watchers + 1):
            self.join(number, watch=number > players)
        self.tick()

    def join(self, number: int, *, watch: bool = False) -> None:
        player = Player(number, f"s{number}", {"name": f"p{number}", "watch": watch})
        self.seats[number] = Seat(player, FakeSession(), Inbox(8, 32, 64), 256)
        self.ticker.request(self.seats[number])

    def leave(self, number: int) -> None:
        self.ticker.release(self.seats.pop(number))
        self.replicas.pop(number, None)

    def act(self, number: int, action: Any) -> list[tuple[int, str]]:
        """What is refused of it."""
        self.seqs += 1
        self.seats[number].inbox.offer(Act(self.seqs, action))
        self.tick()
        return list(session_of(self.seats[number]).frames[-1].refused)

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            self.fanout.deliver(self.ticker, self.ticker.step(), 0)
            for number, seat in self.seats.items():
                session = session_of(seat)
                replica = self.replicas.get(number) or self.replicas.setdefault(
                    number, Replica(session.cards[0].tables)
                )
                replica.apply(session.frames[-1])

    @property
    def turn(self) -> int:
        return self.room.match.turn

    def cards(self) -> int:
        return len(self.room.stock) + len(self.room.pile) + len(self.room.hands)

    def seen(self, number: int) -> set[int]:
        """The cards of hands that a player's client has."""
        return set(self.replicas[number].rows[self.replicas[number].names.index("hands")])

    def play(self, random: Random) -> None:
        """Whoever's turn it is does something that is allowed."""
        number = self.turn
        lays = [card for card in self.room.hand(number) if self.room.allows(self.seats[number].player, Lay(card.id))]
        action = Lay(random.choice(lays).id, random.randrange(4)) if lays and random.random() < 0.9 else Draw()
        assert self.act(number, action) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_round_ends_with_a_winner_and_no_card_is_lost_or_seen_by_others(seed: int) -> None:
    table, random = Round(players=3, watchers=2, seed=seed), Random(seed)
    assert table.act(1, Deal()) == []
    for _ in range(600):
        if not table.turn:
            break
        assert table.cards() == 52
        table.play(random)
        for number in table.seats:
            assert table.seen(number) == {card.id for card in table.room.hand(number)}
    winner = table.room.match.winner
    assert winner in (1, 2, 3)
    assert table.room.places[winner].wins == 1
    assert not table.room.hand(winner)


def test_everybody_gets_a_hand_and_those_who_watch_get_none() -> None:
    table = Round(players=2, watchers=1)
    table.act(2, Deal())
    assert [len(table.seen(number)) for number in (1, 2, 3)] == [HAND, HAND, 0]
    assert [place.cards for place in table.room.places] == [HAND, HAND, 0]


def test_what_the_rules_do_not_allow_is_refused() -> None:
    table = Round(players=2, watchers=1)
    assert [reason for _, reason in table.act(3, Deal())] == ["not_allowed"]
    assert [reason for _, reason in table.act(1, Draw())] == ["not_allowed"]  # no round yet
    table.act(1, Deal())
    assert [reason for _, reason in table.act(1, Deal())] == ["not_allowed"]  # a round is on
    assert [reason for _, reason in table.act(2, Draw())] == ["not_allowed"]  # not his turn
    theirs = table.room.hand(2)[0]
    assert [reason for _, reason in table.act(1, Lay(theirs.id))] == ["not_allowed"]
    match = table.room.match
    unfit = [c for c in table.room.hand(1) if EIGHT != c.rank != match.rank and c.suit != match.suit]
    assert [reason for _, reason in table.act(1, Lay(unfit[0].id))] == ["not_allowed"]


def test_an_eight_sets_the_suit() -> None:
    table = Round(players=2)
    table.act(1, Deal())
    card = table.room.hand(1)[0]
    card.rank = EIGHT
    assert table.act(1, Lay(card.id, 3)) == []
    assert (table.room.match.suit, table.room.match.rank, table.turn) == (3, EIGHT, 2)


def test_who_sleeps_draws_a_card_and_loses_the_turn() -> None:
    table = Round(players=2)
    table.act(1, Deal())
    table.tick(TURN_TICKS - 1)
    assert table.turn == 1
    table.tick()
    assert (table.turn, table.room.places[1].cards) == (2, HAND + 1)


def test_who_leaves_gives_his_cards_back_and_the_turn_goes_on() -> None:
    table = Round(players=3)
    table.act(1, Deal())
    table.leave(1)
    table.tick()
    assert (table.turn, table.cards(), len(table.room.hands)) == (2, 52, 2 * HAND)
    table.leave(2)
    table.tick()
    assert (table.turn, table.cards()) == (0, 52)


def test_the_pile_is_shuffled_when_the_stock_is_at_its_end() -> None:
    table = Round(players=2)
    table.act(1, Deal())
    for _ in range(60):
        assert table.act(table.turn, Draw()) == []
    assert (table.cards(), len(table.room.stock), len(table.room.pile)) == (52, 0, 1)


def test_who_comes_in_the_middle_waits_for_the_next_round() -> None:
    table = Round(players=2)
    table.act(1, Deal())
    table.join(9)
    table.tick(2)
    assert (table.seen(9), table.room.places[9].plays) == (set(), True)
    assert table.room.in_round() == {1, 2}
