"""Which pages may connect. Pure.

A browser sends the cookies and the network place of whoever sits before it, and lets any page open a WebSocket; all it
does is to name the page's origin. So the server has to look (RFC 6455, 10.2).
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Origins"]

SAME_HOST, ANY = "same-host", "*"


class Origins:
    """Made of `admission.allowed_origins`. `secure` is whether this server speaks TLS itself."""

    def __init__(self, allowed: str, *, secure: bool) -> None:
        words = {word.strip() for word in allowed.split(",")}
        self._any = ANY in words
        self._same_host = SAME_HOST in words
        self._exact = frozenset(_without_default_port(word) for word in words)
        # Behind a proxy that ends TLS we cannot know what the page was loaded with; with TLS of our own we do.
        self._schemes = ("https",) if secure else ("http", "https")

    def allow(self, origins: Sequence[str], hosts: Sequence[str]) -> bool:
        """Whether a request with these Origin and Host headers may open a WebSocket.

        No Origin: no browser. Compared as they are written, since browsers write them one way only.
        """
        if not origins or self._any:
            return True
        if len(origins) != 1:
            return False
        scheme, separator, host = origins[0].partition("://")
        if not separator:
            return False  # "null" of a sandbox or a file, which is nobody in particular
        same_host = self._same_host and scheme in self._schemes and [host] == [name.lower() for name in hosts]
        return same_host or origins[0] in self._exact


def _without_default_port(origin: str) -> str:
    """As browsers write it."""
    match origin.partition("://")[0]:
        case "https":
            return origin.removesuffix(":443")
        case "http":
            return origin.removesuffix(":80")
        case _:
            return origin
