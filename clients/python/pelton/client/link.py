"""What a room has of its connection, and what it has while there is none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pelton.protocol.schema import Message

__all__ = ["Link", "away"]


@dataclass(frozen=True, slots=True)
class Link:
    """One connection, as a room uses it."""

    send: Callable[[Message], Awaitable[None]]
    """In turn, as soon as the network takes it."""
    offer: Callable[[Message], bool]
    """At once, or not at all."""
    push: Callable[[Message], None]
    """What is small and must not be refused."""
    pause: Callable[[], None]
    resume: Callable[[], None]
    now_s: Callable[[], float]


def away(now_s: Callable[[], float]) -> Link:
    """In the place of a connection that is lost: what is sent is forgotten, and actions are sent again later."""

    async def forget(message: Message) -> None:
        """Nobody hears it."""

    def nothing() -> None:
        """There is nothing to read."""

    return Link(forget, lambda _: True, lambda _: None, nothing, nothing, now_s)
