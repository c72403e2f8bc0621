"""Cards: crazy eights for two to six players, with hands that only their owners see, and as many who watch.

The sample of a turn-based game: what everybody sees is a Record and a score board, what one player sees is a table
with `OwnerOnly`, and what a player may not do now is filtered out of the pipeline, which tells his client.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pelton.server import (
    U8,
    U32,
    Action,
    Bool,
    Bounds,
    Json,
    OwnerOnly,
    Played,
    Player,
    Record,
    Room,
    Row,
    Str,
    Stream,
    Table,
    Tick,
)

SUITS, RANKS = 4, 13
HAND = 7  # cards at the beginning
EIGHT = 8
PLAYERS_MIN, PLAYERS_MAX = 2, 6
TURN_TICKS = 150  # half a minute; then a card is drawn for who sleeps


class Deal(Action):
    """Begin a round with all who play."""


class Lay(Action):
    """Lay a card of one's own on the pile. Who lays an eight says which suit goes on."""

    card: Annotated[int, Bounds(0, 2**32 - 1)]
    suit: Annotated[int, Bounds(0, SUITS - 1)] = 0


class Draw(Action):
    """Take a card from the stock; that ends the turn."""


class Card(Row):
    """A card in a hand. Nobody else is ever sent it: not its face, not its id."""

    owner = U32()
    suit = U8()
    rank = U8()


class Place(Row):
    """A player as everybody sees him: how many cards he has, not which."""

    name = Str(16)
    cards = U8()
    wins = U8()
    plays = Bool(True)  # False for those who only watch


class Match(Row):
    """The round."""

    turn = U32()  # the player whose turn it is; 0 between rounds
    suit = U8()  # to be followed, unless the rank is the same
    rank = U8()
    stock = U8()  # cards left to draw
    winner = U32()  # of the last round
    laid = Json(256, default=[])  # the last cards of the pile, newest last: [[suit, rank], ...]


class Cards(Room):
    """One table at which cards are played."""

    tick_hz = 5
    seats = 32
    actions = Deal | Lay | Draw
    hands = Table(Card, groups=OwnerOnly("owner"))
    places = Table(Place)
    match = Record(Match)

    def on_create(self) -> None:
        self.stock: list[tuple[int, int]] = []
        self.pile: list[tuple[int, int]] = []
        self.cards_made = 0
        self.turn_ends = 0

    def on_join(self, player: Player) -> None:
        plays = not player.options.get("watch") and sum(place.plays for place in self.places) < PLAYERS_MAX
        self.places.add(player.id, name=player.name[:16], plays=plays)

    def on_leave(self, player: Player) -> None:
        for card in self.hand(player.id):
            self.stock.insert(0, (card.suit, card.rank))
            self.hands.remove(card.id)
        self.places.remove(player.id)
        self.match.stock = len(self.stock)
        if self.match.turn == player.id:
            self.next_turn()
        if len(self.in_round()) < PLAYERS_MIN:
            self.match.turn = 0

    def pipeline(self, actions: Stream[Played]) -> Stream[Played]:
        """What the rules do not allow now is refused to the player who tried."""
        return actions.filter(lambda played: self.allows(*played))

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for player, action in actions:
            self.obey(player, action)
            self.turn_ends = tick.number + TURN_TICKS
        if self.match.turn and tick.number >= self.turn_ends:
            self.draw(self.match.turn)
            self.next_turn()
            self.turn_ends = tick.number + TURN_TICKS

    def obey(self, player: Player, action: Deal | Lay | Draw) -> None:
        match action:
            case Deal():
                self.deal()
            case Lay():
                self.lay(player, action)
            case Draw():
                self.draw(player.id)
                self.next_turn()

    def allows(self, player: Player, action: Deal | Lay | Draw) -> bool:
        match = self.match
        if isinstance(action, Deal):
            return not match.turn and self.places[player.id].plays and self.playing() >= PLAYERS_MIN
        if match.turn != player.id:
            return False
        if isinstance(action, Draw):
            return True
        card = self.hands.get(action.card)
        return (
            card is not None
            and card.owner == player.id
            and (card.rank == EIGHT or card.suit == match.suit or card.rank == match.rank)
        )

    def deal(self) -> None:
        for card in list(self.hands):
            self.hands.remove(card.id)
        self.stock = [(suit, rank) for suit in range(SUITS) for rank in range(1, RANKS + 1)]
        self.random.shuffle(self.stock)
        for place in self.places:
            place.cards = 0
        players = [place.id for place in self.places if place.plays]
        for player_id in players * HAND:
            self.draw(player_id)
        self.pile = []
        self.turn_over(*self.stock.pop())
        self.match.turn = min(players)

    def lay(self, player: Player, lay: Lay) -> None:
        card = self.hands[lay.card]
        self.hands.remove(card.id)
        self.places[player.id].cards -= 1
        self.turn_over(card.suit, card.rank)
        if card.rank == EIGHT:
            self.match.suit = lay.suit
        if self.places[player.id].cards:
            self.next_turn()
        else:
            self.places[player.id].wins = min(self.places[player.id].wins + 1, 255)
            self.match.winner, self.match.turn = player.id, 0

    def turn_over(self, suit: int, rank: int) -> None:
        self.pile.append((suit, rank))
        self.match.suit, self.match.rank = suit, rank
        self.match.laid = self.pile[-5:]
        self.match.stock = len(self.stock)

    def draw(self, player_id: int) -> None:
        """A card into a hand. The pile is shuffled when the stock is at its end; if both are, there is none."""
        if not self.stock:
            self.stock, self.pile = self.pile[:-1], self.pile[-1:]
            self.random.shuffle(self.stock)
        if self.stock:
            suit, rank = self.stock.pop()
            self.cards_made += 1  # an id tells nothing: a card that is laid and drawn again has another
            self.hands.add(self.cards_made, owner=player_id, suit=suit, rank=rank)
            self.places[player_id].cards += 1
        self.match.stock = len(self.stock)

    def next_turn(self) -> None:
        order = sorted(self.in_round())
        later = [player_id for player_id in order if player_id > self.match.turn]
        self.match.turn = (later or order or [0])[0]

    def hand(self, player_id: int) -> list[Card]:
        return [card for card in self.hands if card.owner == player_id]

    def in_round(self) -> set[int]:
        """Those who hold cards."""
        return {place.id for place in self.places if place.cards}

    def playing(self) -> int:
        return sum(place.plays for place in self.places)
