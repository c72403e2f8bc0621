"""A figure of the page: what was measured, and what it may be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Figure"]


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured, with its bounds. `is_timing`: on a busy machine it says little; only the soak judges it."""

    what: str
    measured: float
    least: float | None = None
    most: float | None = None
    unit: str = ""
    is_timing: bool = False

    @property
    def ok(self) -> bool:
        """Whether it is within its bounds, both included."""
        return (self.least is None or self.measured >= self.least) and (self.most is None or self.measured <= self.most)

    @property
    def target(self) -> str:
        """As a reader has it."""
        if self.least is not None and self.least == self.most:
            return _shown(self.least, self.unit)
        least = "" if self.least is None else f">= {_shown(self.least, self.unit)}"
        most = "" if self.most is None else f"<= {_shown(self.most, self.unit)}"
        return " ".join(part for part in (least, most) if part) or "-"

    @property
    def shown(self) -> str:
        """What was measured, as a reader has it."""
        return _shown(self.measured, self.unit)


def _shown(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.2f}"
    return f"{number} {unit}".rstrip()
