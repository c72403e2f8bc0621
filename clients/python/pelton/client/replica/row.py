"""A row as a value: what it was when it was looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pelton.client.replica.kinds import Column

__all__ = ["ReplicaRow", "row_type"]


class ReplicaRow:
    """One row, as of the last frame that was applied: `row.x` or `row["x"]` reads a column.

    It does not change; look it up anew. A column that is called `id` is read by `row["id"]` alone.
    """

    __slots__ = ("_wire_values", "id")
    _readers: Mapping[str, Callable[[Sequence[Any]], Any]] = {}

    def __init__(self, row_id: int, wire_values: tuple[Any, ...]) -> None:
        self.id = row_id
        self._wire_values = wire_values

    def __getitem__(self, name: str) -> Any:
        return self._readers[name](self._wire_values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the row has no column {name!r}, only {', '.join(self._readers)}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReplicaRow) and self.id == other.id and self.values() == other.values()

    def __hash__(self) -> int:
        return hash(self.id)

    def values(self) -> dict[str, Any]:
        """All columns by name."""
        return {name: read(self._wire_values) for name, read in self._readers.items()}

    def __repr__(self) -> str:
        return f"Row(id={self.id}, {', '.join(f'{name}={value!r}' for name, value in self.values().items())})"


def row_type(columns: Sequence[Column]) -> type[ReplicaRow]:
    """The rows of one table: a subclass with a property for each column."""
    readers = {column.name: _reader(index, column) for index, column in enumerate(columns)}
    taken = {*vars(ReplicaRow), *vars(object)}
    properties = {name: property(_of_row(read)) for name, read in readers.items() if name not in taken}
    return type("ReplicaRow", (ReplicaRow,), {**properties, "__slots__": (), "_readers": readers})


def _reader(index: int, column: Column) -> Callable[[Sequence[Any]], Any]:
    read = column.reader()
    if read is None:
        return lambda wire_values: wire_values[index]
    return lambda wire_values: read(wire_values[index])


def _of_row(read: Callable[[Sequence[Any]], Any]) -> Callable[[Any], Any]:
    return lambda row: read(row._wire_values)  # noqa: SLF001 - a property of the row's own class
