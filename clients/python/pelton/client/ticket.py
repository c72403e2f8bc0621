"""What shows the server who somebody is: a text, or a function that fetches one. Kept nowhere else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from pelton.client.errors import ClientError
from pelton.protocol.messages import TICKET_MAX

__all__ = ["Ticket", "fresh_ticket"]

Ticket: TypeAlias = str | Callable[[], str | Awaitable[str]]
"""A text of at most 2048 characters, or what is asked for one at each connect."""


async def fresh_ticket(ticket: Ticket) -> str:
    """The text to send now. ClientError if it is none that can be sent; what a function raises comes out as it is."""
    told = ticket() if callable(ticket) else ticket
    text: object = await told if isinstance(told, Awaitable) else told
    if not isinstance(text, str) or len(text) > TICKET_MAX:
        raise ClientError(f"a ticket is a text of at most {TICKET_MAX} characters")  # and is not shown
    return text
