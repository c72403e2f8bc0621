"""The last ticks of a room, in memory that is taken once and never grows: the newest takes the place of the oldest."""

from __future__ import annotations

from collections.abc import Iterator

from pelton.server.recorder.row import LAYOUT, TickRow, unpack, unpack_took

__all__ = ["NAMES_MAX", "Ring"]

NAMES_MAX = 256
"""Callbacks that are told apart; a game has one for each kind of its actions, and a few more."""
OTHER = "other"
_pack_into, _ROW_BYTES = LAYOUT.pack_into, LAYOUT.size


class Ring:
    """`rows` ticks, which come in the order of their numbers, without a gap."""

    __slots__ = ("_data", "_first", "_last", "_numbers", "_rows", "names")

    def __init__(self, rows: int, content: tuple[int, int, bytearray, list[str]] | None = None) -> None:
        """`content`: that of another ring of so many rows."""
        self._rows = rows
        # Zeros at first: the system gives the memory when it is written to.
        self._first, self._last, self._data, self.names = content or (0, 0, bytearray(rows * LAYOUT.size), ["", OTHER])
        self._numbers = {name: number for number, name in enumerate(self.names)}

    def __len__(self) -> int:
        return min(self._last - self._first + 1, self._rows) if self._first else 0

    @property
    def oldest(self) -> int:
        """The first tick that is kept; 0 if there is none."""
        return self._last - len(self) + 1 if self._first else 0

    @property
    def newest(self) -> int:
        """The last tick; 0 if there is none."""
        return self._last

    def append(self, row: tuple[float, ...]) -> None:
        """Keep a tick: its row, in the row's order."""
        tick = int(row[0])
        if not self._first:
            self._first = tick
        self._last = tick
        _pack_into(self._data, tick % self._rows * _ROW_BYTES, *row)

    def number(self, name: str) -> int:
        """By what number a callback's name is kept."""
        number = self._numbers.get(name)
        if number is None:
            if len(self.names) >= NAMES_MAX:
                return 1
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def row(self, tick: int) -> TickRow | None:
        """A tick; None if it is not kept."""
        if not self._first or not self.oldest <= tick <= self._last:
            return None
        return unpack(self._data, tick % self._rows * LAYOUT.size, self.names)

    def rows(self, since: int = 0, limit: int | None = None) -> Iterator[TickRow]:
        """The ticks after `since`, oldest first, at most `limit`."""
        first = max(since + 1, self.oldest)
        end = self._last + 1 if limit is None else min(first + limit, self._last + 1)
        for tick in range(first, end):
            row = self.row(tick)
            if row is not None:
                yield row

    def slowest(self, limit: int) -> list[TickRow]:
        """Those that took longest, the longest first."""
        took = [
            (unpack_took(self._data, tick % self._rows * LAYOUT.size), tick)
            for tick in range(self.oldest, self._last + 1)
        ]
        found = (self.row(tick) for _, tick in sorted(took, key=lambda one: (-one[0], one[1]))[:limit])
        return [row for row in found if row is not None]

    def copy(self) -> Ring:
        """As it is now, to be read at leisure, also by another thread."""
        return Ring(self._rows, (self._first, self._last, bytearray(self._data), self.names.copy()))
