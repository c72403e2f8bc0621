"""The admin port's token: who shows it gets in, and who guesses is locked out for a while.

    no token sent      401, and not a try: a browser or a scanner that does not know of it
    a wrong one        401; the 5th of a household within a minute locks it out, whatever it sends then
    any while out      429
    10 wrong in all    429 for every household that has not shown the right one before

Bounded: past these numbers nothing more is written down, so there is no more to remember than what they allow.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict, deque

from pelton.server.admin.inspector_page import is_inspector
from pelton.server.clock import NS_PER_S, Clock
from pelton.server.networks import address_of, household
from pelton.wire import Page

__all__ = ["OPEN_PATHS", "Guard"]

OPEN_PATHS = ("/healthz", "/readyz")
"""What balancers and supervisors ask; it tells nothing."""
TRIES_MAX = 5
TRIES_IN_ALL_MAX = 10
LOCKED_S = 60
KNOWN_MAX = 64


class Guard:
    """Judges requests by their `Authorization`; without a token in the configuration everybody passes."""

    def __init__(self, token: str, clock: Clock) -> None:
        self._token = token.encode()
        self._clock = clock
        self._wrong: deque[tuple[int, str]] = deque()
        """When each wrong try is forgotten, and whose it was."""
        self._known: OrderedDict[str, None] = OrderedDict()
        """Who has shown the right token, the latest last: nobody else's guesses keep him out."""

    @property
    def demands_token(self) -> bool:
        """Whether not everybody passes."""
        return bool(self._token)

    def refusal(self, peer: str, path: str, authorization: str) -> Page | None:
        """The answer to who may not see this page; None for who may."""
        if not self._token or path in OPEN_PATHS or is_inspector(path):
            return None
        address = address_of(peer)
        who = household(address) if address else peer
        if self._locked_out(who):
            return Page.text(429, f"too many wrong tokens; try again in {LOCKED_S} s")
        if not authorization:
            return Page.text(401, "this port needs its token: send Authorization: Bearer <admin.token>")
        scheme, _, shown = authorization.partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(errors="replace"), self._token):
            self._note_right(who)
            return None
        self._wrong.append((self._clock.now_ns() + LOCKED_S * NS_PER_S, who))
        return Page.text(401, "this is not the token")

    def _locked_out(self, who: str) -> bool:
        while self._wrong and self._wrong[0][0] <= self._clock.now_ns():
            self._wrong.popleft()
        if sum(one == who for _, one in self._wrong) >= TRIES_MAX:
            return True
        return len(self._wrong) >= TRIES_IN_ALL_MAX and who not in self._known

    def _note_right(self, who: str) -> None:
        self._known[who] = None
        self._known.move_to_end(who)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
