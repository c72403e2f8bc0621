"""For the game of cards: crazy eights by its rules, at the pace of somebody who thinks."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any

from pelton.client import Action, Replica
from pelton.swarm.behaviour import bot
from pelton.swarm.me import Me

__all__ = ["dealer"]

EIGHT = 8
PLAYERS_MIN = 2
THOUGHT_MIN, THOUGHT_MAX = 2, 8
"""Ticks that it thinks before it does something."""


@bot
async def dealer(me: Me) -> AsyncGenerator[Action, None]:
    """Deal when nobody plays, lay what fits when it is its turn, keep eights for when nothing else does, or draw."""
    thinking = _thought(me)
    async for _ in me.frames():
        state = me.state
        place = state.places.get(me.player_id)
        if place is None or not place.plays:
            continue  # the table is full: it watches
        mine = state.match.turn == me.player_id
        if not (mine or (not state.match.turn and _is_to_deal(state, me.player_id))):
            thinking = _thought(me)
            continue
        thinking -= 1
        if thinking > 0:
            continue
        thinking = _thought(me)
        yield _lay_or_draw(state, me) if mine else Action("deal")


def _thought(me: Me) -> int:
    return me.random.randint(THOUGHT_MIN, THOUGHT_MAX)


def _is_to_deal(state: Replica, own: int) -> bool:
    """The first of those who play deals, so that not all try; and only where there are enough."""
    players = [place.id for place in state.places if place.plays]
    return len(players) >= PLAYERS_MIN and own == min(players)


def _lay_or_draw(state: Replica, me: Me) -> Action:
    match, hand = state.match, [card for card in state.hands if card.owner == me.player_id]
    fitting = [card for card in hand if card.rank != EIGHT and (card.suit == match.suit or card.rank == match.rank)]
    if fitting:
        return Action("lay", card=me.random.choice(fitting).id, suit=0)
    eights = [card for card in hand if card.rank == EIGHT]
    if eights:
        return Action("lay", card=eights[0].id, suit=_favourite(hand))
    return Action("draw")


def _favourite(hand: list[Any]) -> int:
    """The suit of which it has most."""
    suits = Counter(int(card.suit) for card in hand if card.rank != EIGHT)
    return suits.most_common(1)[0][0] if suits else 0
