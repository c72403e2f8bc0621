"""What a table asks of the store of its rows' values. There are two: `plain`, and `vector` on numpy columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from pelton.client.replica.blocks import Block
from pelton.client.replica.kinds import Column

__all__ = ["Columns", "columns_maker"]


class Columns(Protocol):
    """The values of a table's rows, as they are on the wire. Rows stand in the order in which they came."""

    def __len__(self) -> int: ...

    def __contains__(self, row_id: object) -> bool: ...

    def __iter__(self) -> Iterator[int]:
        """The ids."""
        ...

    def enter(self, block: Block) -> None:
        """Set all columns of rows, new ones or not."""

    def change(self, group: int, block: Block, *, alone: bool) -> None:
        """Set some columns of rows that are there and in the group; `alone`: no row is in several groups."""

    def settle(self, group: int) -> None:
        """Rows are about to leave the group: forget what was kept for its last block."""

    def delete(self, ids: Iterable[int]) -> None:
        """Rows that are there are no more."""

    def values(self, row_id: int) -> tuple[Any, ...]:
        """One row, on the wire. KeyError if there is none."""
        ...

    def all_values(self) -> list[tuple[Any, ...]]:
        """All rows, on the wire, in the order of the ids."""
        ...

    def packed(self, ids: Sequence[int], index: int) -> bytes:
        """The values of one column in these rows as the digest has them."""
        ...

    def ids(self) -> Any:
        """All ids, in the order of `column`."""
        ...

    def column(self, index: int) -> Any:
        """The values of one column in all rows, as they are read."""
        ...


def columns_maker(*, light: bool) -> Callable[[Sequence[Column]], Columns]:
    """The store to use: numpy's, unless that is not wanted or not there."""
    if not light:
        try:  # here, since a light client must not import numpy at all: it takes longer than all the rest
            from pelton.client.replica.vector import VectorColumns
        except ImportError:
            pass
        else:
            return VectorColumns
    from pelton.client.replica.plain import PlainColumns

    return PlainColumns
