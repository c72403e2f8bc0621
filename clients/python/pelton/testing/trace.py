"""What tells two simulations apart: a hash over everything that happened, in order, and the last of it for people."""

from __future__ import annotations

import hashlib
from collections import deque

from pelton.server.simulate.lobby import OpenRoom
from pelton.server.simulate.ticker import Outcome

__all__ = ["Trace"]

LAST_MAX = 12


class Trace:
    """Fed with every byte the server sends, and with every tick."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self.heard = self._hash.update
        """Take in what the server sends, in the order of sending."""
        self.last: deque[str] = deque(maxlen=LAST_MAX)
        """The last things that happened, a line each."""

    def ticked(self, now_ns: int, opened: OpenRoom, outcome: Outcome) -> None:
        """Take in a tick."""
        joined = [seat.player.id for seat in outcome.joined]
        left = [seat.player.id for seat in outcome.left]
        self._hash.update(repr((now_ns, opened.room_id, outcome.tick, outcome.taken, joined, left)).encode())
        if joined or left:
            came = "".join(f", {what} {ids}" for what, ids in (("joined", joined), ("left", left)) if ids)
            self.last.append(f"{now_ns / 1e9:9.3f} s  tick {outcome.tick}: {outcome.taken} actions{came}")

    def note(self, now_s: float, text: str) -> None:
        """Something worth telling."""
        self.last.append(f"{now_s:9.3f} s  {text}")

    def digest(self) -> str:
        """The hash so far, 32 hexadecimal digits."""
        return self._hash.hexdigest()
