"""JSON Web Tokens of somebody else's login, judged by PyJWT. The only file that touches it: `pip install pelton[jwt]`.

One algorithm, set by who runs the server and never by the token; exp, aud, iss and sub are demanded.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import jwt

from pelton.protocol.messages import TICKET_MAX
from pelton.server.auth.identity import CLAIMS_MAX, USER_ID_MAX, Credentials, Identity, Refused, is_claim

__all__ = ["JwtAuthenticator", "JwtRules"]

LEEWAY_S = 5
DEMANDED = ("exp", "aud", "iss", "sub")
REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
HEADERS = frozenset({"alg", "typ", "kid"})
"""A header with anything else in it (crit, jwk, jku, x5u, b64) wants us to do what we do not."""


@dataclass(frozen=True, slots=True)
class JwtRules:
    """What a token has to be. `key_ids` are those that a token may name; if there are some, it has to name one."""

    algorithm: str
    key: str = field(repr=False)
    """The secret of an HS algorithm, or a public key as PEM."""
    audience: str
    issuer: str
    key_ids: Collection[str] = ()


class JwtAuthenticator:
    """Judges tokens by the rules. ValueError for a key that is none for this algorithm."""

    def __init__(self, rules: JwtRules) -> None:
        self._rules = rules
        try:
            algorithm = jwt.get_algorithm_by_name(rules.algorithm)
            self._key = algorithm.prepare_key(rules.key)
        except (jwt.PyJWTError, ValueError, TypeError, NotImplementedError) as error:
            # Without the cause: it may quote the key.
            raise ValueError(f"not a key for {rules.algorithm}: {type(error).__name__}") from None
        self._options: Any = {
            "require": list(DEMANDED),
            "verify_signature": True,
            "verify_exp": False,  # judged below, by the clock that we are given
            "verify_nbf": False,
            "verify_iat": False,
            "verify_aud": True,
            "verify_iss": True,
            "strict_aud": True,
        }

    def authenticate(self, credentials: Credentials, now_s: float) -> Identity:
        """The identity of `sub`. Refused, and nothing else, for whatever else is shown."""
        token = credentials.ticket
        if not token:
            raise Refused("no ticket")
        if len(token) > TICKET_MAX or not token.isascii():
            raise Refused("malformed")
        self._check_head(token)
        rules = self._rules
        try:
            told: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[rules.algorithm],
                audience=rules.audience,
                issuer=rules.issuer,
                options=self._options,
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Refused(type(error).__name__) from None  # PyJWT's texts quote what is in the token
        return _identity(told, now_s)

    def _check_head(self, token: str) -> None:
        """Before anything is done with a key."""
        try:
            head = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise Refused("malformed") from None
        if not head.keys() <= HEADERS:
            raise Refused("a header that is not allowed")
        if head.get("alg") != self._rules.algorithm:
            raise Refused("another algorithm")
        if self._rules.key_ids and head.get("kid") not in self._rules.key_ids:
            raise Refused("another key id")


def _identity(told: dict[str, Any], now_s: float) -> Identity:
    """What the token says; its signature is right. Claims that are no plain values are left out."""
    begins, ends, user_id = told.get("nbf", 0), told["exp"], told["sub"]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in (begins, ends)):
        raise Refused("a time that is none")
    if ends + LEEWAY_S <= now_s:
        raise Refused("expired")
    if begins - LEEWAY_S > now_s:
        raise Refused("not valid yet")
    if not isinstance(user_id, str) or not 0 < len(user_id) <= USER_ID_MAX or not user_id.isprintable():
        raise Refused("a user id that is none")
    claims = {name: value for name, value in told.items() if name not in REGISTERED and is_claim(name, value)}
    if len(claims) > CLAIMS_MAX:
        raise Refused("too many claims")
    return Identity(user_id, claims, float(ends) + LEEWAY_S)
