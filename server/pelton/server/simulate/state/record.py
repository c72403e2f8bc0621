"""A single row that a room always has: the round, the pot, whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pelton.server.simulate.state.row import Row
from pelton.server.simulate.state.table import Table

if TYPE_CHECKING:
    from pelton.server.simulate.state.groups import Groups

__all__ = ["Record"]

R = TypeVar("R", bound=Row)


class Record(Table[R], Generic[R]):
    """Declared on the class, `match = Record(Match)`; a room's own is the row: `self.match.turn = 3`.

    It has the id 0. Everyone sees it, unless `groups` says otherwise.
    """

    shape = "record"

    def __init__(
        self,
        row: type[R],
        groups: Groups | Sequence[Groups] = (),
        *,
        rewind_ticks: int = 0,
        table_name: str = "",
    ) -> None:
        super().__init__(row, groups, rewind_ticks=rewind_ticks, table_name=table_name)

    if TYPE_CHECKING:

        @overload
        def __get__(self, room: None, owner: type) -> Record[R]: ...
        @overload
        def __get__(self, room: Any, owner: type) -> R: ...
        def __get__(self, room: Any, owner: type) -> Record[R] | R: ...

    def fresh(self, table_name: str = "") -> Table[R]:
        made = super().fresh(table_name)
        made.add(0)
        return made
