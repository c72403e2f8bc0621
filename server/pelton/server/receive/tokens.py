"""Resume tokens: 128 random bits, given out once, kept as a hash, compared in constant time.

A token is good for one resume, which gives out the next. Should that one be lost on its way, the one before is good
again, but only until the client has shown that it arrived, and only while nobody is connected.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Callable
from hashlib import sha256

from pelton.protocol.messages import TOKEN_BYTES
from pelton.server.simulate.seat import SeatCredentials

__all__ = ["Match", "Tokens"]


class Match(enum.Enum):
    """What a token is to a seat."""

    NO = "no"
    NOW = "now"
    BEFORE = "before"
    """The one before, and the newer one may have been lost."""


class Tokens:
    """Makes and checks tokens. `random` gives so many bytes that nobody can guess."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random

    def first(self, credentials: SeatCredentials) -> bytes:
        """The token of a new seat."""
        token = self._random(TOKEN_BYTES)
        credentials.now, credentials.before = _hash(token), b""
        return token

    def match(self, credentials: SeatCredentials, token: bytes) -> Match:
        """Compare with what was given out."""
        shown = _hash(token)
        is_now = hmac.compare_digest(shown, credentials.now)
        is_before = hmac.compare_digest(shown, credentials.before)
        return Match.NOW if is_now else Match.BEFORE if is_before else Match.NO

    def rotate(self, credentials: SeatCredentials, match: Match) -> None:
        """The token was used: it counts no more, unless the next one gets lost."""
        if match is Match.NOW:
            credentials.before = credentials.now
        credentials.now = b""

    def next(self, credentials: SeatCredentials) -> bytes:
        """The token that follows one that was used."""
        token = self._random(TOKEN_BYTES)
        credentials.now = _hash(token)
        return token

    def confirm(self, credentials: SeatCredentials) -> None:
        """The client has the newest."""
        credentials.before = b""


def _hash(token: bytes) -> bytes:
    return sha256(token).digest()
