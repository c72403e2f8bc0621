"""What an authenticator is asked and what it answers.

A ticket is a secret: it is in no repr, no log line and no error text, here and wherever it goes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, TypeAlias

__all__ = ["ANONYMOUS", "CLAIMS_MAX", "USER_ID_MAX", "Authenticator", "Claim", "Credentials", "Identity", "Refused"]

USER_ID_MAX = 64
CLAIMS_MAX = 32
CLAIM_NAME_MAX = 64
CLAIM_TEXT_MAX = 256

Claim: TypeAlias = str | int | float | bool | None
"""What is told about a user beside his id; texts of at most 256 characters."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client has shown. Whoever judges it believes nothing of it but the address."""

    ticket: str = field(repr=False)
    """Of `hello`, 0 to 2048 characters."""
    address: str = ""
    """Where it connects from, without the port."""
    origin: str = ""
    """The page that the client runs in, as its browser says; empty for other programs."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who it is. ValueError for a user id or claims that are too long."""

    user_id: str = ""
    """1 to 64 characters, the same every time he comes; empty: nobody knows who it is."""
    claims: Mapping[str, Claim] = field(default_factory=dict[str, Claim])
    """What else is known of him, at most 32."""
    expires_at: float | None = None
    """When this ends, in seconds since 1970; None: never."""
    game: str = ""
    """The only game that he may join; empty: any."""
    room_id: str = ""
    """The only room; empty: any."""

    def __post_init__(self) -> None:
        if len(self.user_id) > USER_ID_MAX or not (self.user_id.isprintable()):
            raise ValueError(f"a user id has at most {USER_ID_MAX} characters, all of them printable")
        object.__setattr__(self, "claims", MappingProxyType(dict(self.claims)))
        if len(self.claims) > CLAIMS_MAX or not all(is_claim(*claim) for claim in self.claims.items()):
            raise ValueError(
                f"claims are at most {CLAIMS_MAX} texts of at most {CLAIM_TEXT_MAX} characters, numbers, bools or None"
            )


def is_claim(name: object, value: object) -> bool:
    """Whether an identity can carry it."""
    if not isinstance(name, str) or len(name) > CLAIM_NAME_MAX:
        return False
    return len(value) <= CLAIM_TEXT_MAX if isinstance(value, str) else isinstance(value, int | float | None)


ANONYMOUS = Identity()


class Refused(Exception):
    """Not him. `reason` goes to the log and never to the client, who learns only that it was not good enough."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Authenticator(Protocol):
    """Who judges credentials, once for each connection and before anything is made for it."""

    def authenticate(self, credentials: Credentials, now_s: float) -> Identity | Awaitable[Identity]:
        """Say who it is, or raise Refused. `now_s` is the wall clock, in seconds since 1970.

        Plain functions run between two ticks: a millisecond there is a millisecond for everybody. What has to ask
        somebody else is an `async def`, which ticks do not wait for; it has `auth.timeout_s`, and may be cancelled.
        """
        ...
