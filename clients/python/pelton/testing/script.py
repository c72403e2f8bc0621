"""What a simulation's bots did, written down so that it can be done again, changed, and made smaller.

Times are seconds from the beginning at which something reaches the server; what a bot did not do depends on nothing
the server answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["Acted", "Script", "Stall", "Visit"]


@dataclass(frozen=True, slots=True)
class Acted:
    """An action, and when it reaches the server."""

    at_s: float
    name: str
    fields: dict[str, Any]
    seen: int | None = None
    """The tick that the player saw, if he was not up to date."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing reaches the client of a visit from one time to another."""

    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Visit:
    """A bot's stay in a room."""

    joins_s: float
    acts: tuple[Acted, ...] = ()
    leaves_s: float | None = None
    """When it leaves by itself."""
    cut_s: float | None = None
    """When its connection breaks."""
    stalls: tuple[Stall, ...] = ()
    bot: int = 0
    """Whose it was, for the reader."""

    @property
    def size(self) -> int:
        """How much there is to read."""
        return 1 + len(self.acts) + len(self.stalls) + (self.leaves_s is not None) + (self.cut_s is not None)


@dataclass(frozen=True, slots=True)
class Script:
    """All visits of a simulation, in the order of joining; `latency_ms` is each way, always the same."""

    seed: int
    visits: tuple[Visit, ...]
    latency_ms: float = 1.0

    @property
    def size(self) -> int:
        """How much there is to read."""
        return sum(visit.size for visit in self.visits)

    @property
    def bots(self) -> int:
        """How many different ones come."""
        return len({visit.bot for visit in self.visits})

    def with_visits(self, visits: Iterable[Visit]) -> Script:
        """The same with other visits."""
        return replace(self, visits=tuple(visits))

    def __str__(self) -> str:
        """As Python source."""
        visits = "".join(f"        {_visit_source(visit)},\n" for visit in self.visits)
        latency = "" if self.latency_ms == 1.0 else f"    latency_ms={self.latency_ms:g},\n"
        return f"Script(\n    seed={self.seed},\n    visits=(\n{visits}    ),\n{latency})"


def _visit_source(visit: Visit) -> str:
    parts = [f"joins_s={_seconds(visit.joins_s)}"]
    if visit.acts:
        lines = "".join(f"                {_act_source(act)},\n" for act in visit.acts)
        parts.append(f"acts=(\n{lines}            )")
    if visit.leaves_s is not None:
        parts.append(f"leaves_s={_seconds(visit.leaves_s)}")
    if visit.cut_s is not None:
        parts.append(f"cut_s={_seconds(visit.cut_s)}")
    if visit.stalls:
        stalls = ", ".join(f"Stall({_seconds(stall.from_s)}, {_seconds(stall.until_s)})" for stall in visit.stalls)
        parts.append(f"stalls=({stalls},)")
    parts.append(f"bot={visit.bot}")
    inner = "".join(f"            {part},\n" for part in parts)
    return f"Visit(\n{inner}        )"


def _act_source(act: Acted) -> str:
    seen = "" if act.seen is None else f", seen={act.seen}"
    return f"Acted({_seconds(act.at_s)}, {act.name!r}, {act.fields!r}{seen})"


def _seconds(seconds: float) -> str:
    return repr(round(seconds, 6))
