"""Everybody may come in, and nobody knows who they are."""

from __future__ import annotations

from pelton.server.auth.identity import ANONYMOUS, Credentials, Identity

__all__ = ["AnonymousAuthenticator"]


class AnonymousAuthenticator:
    """Looks at nothing, also not at a ticket."""

    def authenticate(self, credentials: Credentials, now_s: float) -> Identity:
        """Let him in."""
        return ANONYMOUS
