"""Resume tokens: good once, kept as a hash; the one before is good again if the newest may have been lost."""

from __future__ import annotations

from random import Random

from pelton.server.receive.tokens import Match, Tokens
from pelton.server.simulate.seat import SeatCredentials


def test_a_token_is_that_of_its_seat_alone() -> None:
    tokens, one, other = Tokens(Random(1).randbytes), SeatCredentials(), SeatCredentials()
    token = tokens.first(one)
    tokens.first(other)
    assert (len(token), tokens.match(one, token), tokens.match(other, token)) == (16, Match.NOW, Match.NO)


def test_no_token_is_kept_and_none_fits_a_seat_that_has_none() -> None:
    tokens, credentials = Tokens(Random(1).randbytes), SeatCredentials()
    assert tokens.match(credentials, b"") is Match.NO
    token = tokens.first(credentials)
    assert token not in (credentials.now, credentials.before)


def test_a_token_that_was_used_counts_until_the_next_has_arrived() -> None:
    tokens, credentials = Tokens(Random(1).randbytes), SeatCredentials()
    first = tokens.first(credentials)
    tokens.rotate(credentials, tokens.match(credentials, first))
    assert tokens.match(credentials, first) is Match.BEFORE
    second = tokens.next(credentials)
    assert [tokens.match(credentials, token) for token in (first, second)] == [Match.BEFORE, Match.NOW]
    tokens.confirm(credentials)
    assert [tokens.match(credentials, token) for token in (first, second)] == [Match.NO, Match.NOW]


def test_of_answers_that_were_lost_none_locks_the_player_out() -> None:
    tokens, credentials = Tokens(Random(1).randbytes), SeatCredentials()
    first = tokens.first(credentials)
    for _ in range(5):
        tokens.rotate(credentials, tokens.match(credentials, first))
        tokens.next(credentials)
        assert tokens.match(credentials, first) is Match.BEFORE
