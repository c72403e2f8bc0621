"""What a part of the benchmark hands in: a table, its figures, and the targets with what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Part", "Row", "Target", "lines", "verdicts"]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must not be more than `most`; None if it was not measured."""

    name: str
    most: float
    measured: float | None
    pattern: str = "{:.2f}x"

    @property
    def verdict(self) -> str:
        """`met`, `missed` or `not measured`."""
        if self.measured is None:
            return "not measured"
        return "met" if self.measured <= self.most else "missed"

    def __str__(self) -> str:
        most = self.pattern.format(self.most)
        found = "" if self.measured is None else f" ({self.pattern.format(self.measured)})"
        return f"{self.name}, at most {most}: {self.verdict}{found}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, and the same as numbers."""

    name: str
    cells: Sequence[str]
    figures: Mapping[str, object]


@dataclass(slots=True)
class Part:
    """One of the questions that the benchmark answers."""

    key: str
    title: str
    notes: Sequence[str]
    headings: Sequence[str]
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)


def lines(part: Part) -> Iterator[str]:
    """The table as text, its title and notes above."""
    yield part.title
    yield from (f"  {note}" for note in part.notes)
    yield ""
    shown = [("", *part.headings), *((row.name, *row.cells) for row in part.rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for name, *cells in shown:
        fitted = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield "  ".join(("", name.ljust(widths[0]), *fitted)).rstrip()


def verdicts(parts: Sequence[Part]) -> list[Target]:
    """All targets, in the order of the parts."""
    return [target for part in parts for target in part.targets]
