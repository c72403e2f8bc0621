"""Tickets of our own: a short text that only who has the secret can make, for one user and a while.

    v1.<payload>.<mac>      payload: base64url of a JSON object, mac: base64url of HMAC-SHA256(secret, "v1.<payload>")

    {"a": audience, "e": seconds since 1970, "u": user id, "g": game, "r": room id, "c": {claims}}

The last three may be missing. The mac is judged first: of a payload that is not ours nothing is read.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from hashlib import sha256
from typing import Any

from pelton.protocol.messages import TICKET_MAX
from pelton.server.auth.identity import Credentials, Identity, Refused

__all__ = ["SECRET_MIN", "TicketAuthenticator", "mint_ticket"]

SECRET_MIN = 32
"""Characters: a secret that can be guessed is none."""
VERSION = "v1"


def mint_ticket(secret: str, audience: str, identity: Identity) -> str:
    """A ticket for a user. ValueError without a secret, an id or an end, or if it would be too long."""
    if len(secret) < SECRET_MIN:
        raise ValueError(f"the secret needs at least {SECRET_MIN} characters; set the server's as PELTON_AUTH__SECRET")
    if not identity.user_id or identity.expires_at is None:
        raise ValueError("a ticket is for a user id, and ends at some time")
    told: dict[str, Any] = {"a": audience, "e": identity.expires_at, "u": identity.user_id}
    if identity.game:
        told["g"] = identity.game
    if identity.room_id:
        told["r"] = identity.room_id
    if identity.claims:
        told["c"] = dict(identity.claims)
    payload = _written(json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())
    ticket = f"{VERSION}.{payload}.{_mac(secret, payload)}"
    if len(ticket) > TICKET_MAX:
        raise ValueError(f"the ticket would have {len(ticket)} characters, and {TICKET_MAX} are allowed: fewer claims")
    return ticket


class TicketAuthenticator:
    """Judges the tickets that `mint_ticket` makes with the same secret and audience."""

    def __init__(self, secret: str, audience: str) -> None:
        self._secret = secret
        self._audience = audience

    def authenticate(self, credentials: Credentials, now_s: float) -> Identity:
        """The identity that was signed. Refused, and nothing else, for whatever else is shown."""
        ticket = credentials.ticket
        if not ticket:
            raise Refused("no ticket")
        if len(ticket) > TICKET_MAX or not ticket.isascii():
            raise Refused("malformed")
        version, _, rest = ticket.partition(".")
        payload, _, mac = rest.partition(".")
        if version != VERSION:
            raise Refused("malformed")
        if not hmac.compare_digest(mac.encode(), _mac(self._secret, payload).encode()):
            raise Refused("wrong mac")
        return self._identity(payload, now_s)

    def _identity(self, payload: str, now_s: float) -> Identity:
        """What the payload says; it is ours, but may be of another version of us."""
        try:
            told = json.loads(_read(payload))
            user_id, audience, expires_at = told["u"], told["a"], float(told["e"])
            identity = Identity(user_id, told.get("c", {}), expires_at, told.get("g", ""), told.get("r", ""))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Refused("malformed") from error
        if audience != self._audience:
            raise Refused("another audience")
        if not user_id:
            raise Refused("no user id")
        if not expires_at > now_s:  # also NaN
            raise Refused("expired")
        return identity


def _mac(secret: str, payload: str) -> str:
    return _written(hmac.digest(secret.encode(), f"{VERSION}.{payload}".encode(), sha256))


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
