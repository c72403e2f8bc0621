"""Where a replica was not what the server has, once the server has sent the group in question anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

__all__ = ["Divergence", "find_differences"]

PATHS_MAX = 64


@dataclass(frozen=True, slots=True)
class Divergence:
    """A group whose digest was not the server's, compared with what the server then sent.

    `paths`: where they differ, as `(path, mine, theirs)`: `("ships[7].x", 3.5, 4.0)`, or a row that only one of both
    has, `("ships[7]", None, {"x": 4.0})`; the first 64. What changed on the server since the last frame is among
    them: a value that was right, and moved meanwhile, differs too.
    """

    table: str
    group: int
    paths: tuple[tuple[str, Any, Any], ...]
    agreed_tick: int
    """The last tick at which both had the same; 0 if never."""
    tick: int
    """Of the frame that brought the group anew, which the replica now equals."""

    def __str__(self) -> str:
        found = "; ".join(f"{path} was {mine!r}, is {theirs!r}" for path, mine, theirs in self.paths[:4])
        more = f"; and {len(self.paths) - 4} more" if len(self.paths) > 4 else ""
        since = f"since tick {self.agreed_tick}" if self.agreed_tick else "from the beginning"
        return f"table {self.table!r}, group {self.group} differed {since}, until tick {self.tick}: {found}{more}"


def find_differences(
    table: str, mine: Mapping[int, Any], theirs: Mapping[int, Any], *, is_record: bool
) -> tuple[tuple[str, Any, Any], ...]:
    """Paths and both values, by ascending id, of rows that are not the same; at most 64."""
    return tuple(islice(_differences(table, mine, theirs, is_record=is_record), PATHS_MAX))


def _differences(
    table: str, mine: Mapping[int, Any], theirs: Mapping[int, Any], *, is_record: bool
) -> Iterator[tuple[str, Any, Any]]:
    for row_id in sorted({*mine, *theirs}):
        place = table if is_record else f"{table}[{row_id}]"
        old, new = mine.get(row_id), theirs.get(row_id)
        if old is None or new is None:
            yield (place, old and old.values(), new and new.values())
            continue
        before = old.values()
        for name, value in new.values().items():
            if before[name] != value:
                yield (f"{place}.{name}", before[name], value)
