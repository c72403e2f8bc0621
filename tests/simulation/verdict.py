"""What a simulation found wrong: which law, when, whose; and how to see it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Broken", "Fail", "LawBroken"]


@dataclass(frozen=True, slots=True)
class Broken:
    """A law that was broken. `who` is a player, a room or the server."""

    law: str
    who: str
    text: str
    seed: int
    at_s: float

    def __str__(self) -> str:
        return f"law {self.law!r} is broken at seed {self.seed}, {self.at_s:.3f} s, {self.who}: {self.text}"


class LawBroken(AssertionError):
    """A simulated world broke a law."""

    def __init__(self, broken: Broken, kinds: frozenset[str], last: list[str]) -> None:
        self.broken = broken
        lines = [str(broken), f"faults: {', '.join(sorted(kinds)) or 'none'}", "what happened last:"]
        lines += [f"  {line}" for line in last]
        lines.append(f"again: python -m tests.simulation --seed {broken.seed}")
        super().__init__("\n".join(lines))


Fail: TypeAlias = Callable[[str, str, str], None]
"""Told the law, who, and what is wrong."""
