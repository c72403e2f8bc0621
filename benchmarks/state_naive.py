"""State as anybody would send it: every tick, to every client, msgpack of all rows that it sees.

Stands on the very same room and the very same groups as Pelton, so that who sees what costs it nothing, and makes the
objects that are packed once a tick for all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types

from pelton.protocol.typed import frame_head
from pelton.server.config import DeliverConfig
from pelton.server.metrics import Metrics
from pelton.server.simulate.seat import Seat
from pelton.server.simulate.state.layer import NOWHERE, View
from pelton.server.simulate.state.table import Table
from pelton.server.simulate.ticker import Outcome, Ticker

__all__ = ["NaiveFanout", "NaiveWay", "groups_of"]


def groups_of(view: View) -> tuple[int, ...]:
    """All groups that somebody sees."""
    return view.near + view.far


class NaiveWay:
    """Packs rows as maps, `{"id": 7, "x": ...}`, or as arrays, `[7, ...]`, with floats of half the size."""

    def __init__(self, table: Table[Any], *, as_maps: bool) -> None:
        self._table = table
        self._layer = table.layers[0]
        self._names = ("id", *(column.name for column in table.row_type.columns))
        self._as_maps = as_maps
        packer = msgpack.Packer(use_single_float=not as_maps)
        self._pack = cast("Callable[[Any], bytes]", packer.pack)
        self._by_group: dict[int, list[Any]] = {}

    def begin(self) -> None:
        """A new tick: make the objects of all rows, column by column because that is fastest, and group them."""
        table, names = self._table, self._names
        columns = [table.ids.tolist()]
        for name in names[1:]:
            values = table.column(name)[...]
            columns.append(values if isinstance(values, list) else values.tolist())
        values = zip(*columns, strict=True)
        rows: Sequence[Any]
        rows = [dict(zip(names, row, strict=True)) for row in values] if self._as_maps else list(values)
        by_id = dict(zip(columns[0], rows, strict=True))
        self._by_group = {
            group: list(map(by_id.__getitem__, members)) for group, members in self._layer.members.items()
        }

    def payload(self, groups: Sequence[int]) -> bytes:
        """All rows of these groups."""
        rows: list[Any] = []
        for group in groups:
            rows += self._by_group.get(group, ())  # one that was first heard of just now is empty
        return self._pack(rows)


class NaiveFanout:
    """In the place of Pelton's `Fanout`: the same sockets, the same skipping of who does not read."""

    def __init__(self, _config: DeliverConfig, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seats: dict[Seat, Callable[[bytes, bytes], bool]] = {}
        self._views: dict[Seat, View] = {}
        self._way: NaiveWay | None = None

    def deliver(self, ticker: Ticker, outcome: Outcome, _now_ns: int) -> None:
        """Tell every seat of the room all that it sees."""
        self._seat(ticker, outcome)
        [table] = ticker.tables
        layer = table.layers[0]
        if self._way is None:
            self._way = NaiveWay(table, as_maps=True)
        self._way.begin()
        before = cast("bytes", msgpack.packb([outcome.tick, 0, []]))[1:]  # tick, base, hidden
        metrics = self._metrics
        for seat, send in self._seats.items():
            if not seat.live:
                continue
            view = self._views[seat] = layer.view_of(seat.player, self._views[seat])
            if send(frame_head(seat.acked, seat.refused), before + self._way.payload(groups_of(view))):
                seat.refused.clear()
                metrics.frames_sent += 1
            else:
                metrics.frames_skipped += 1

    def _seat(self, ticker: Ticker, outcome: Outcome) -> None:
        for seat in outcome.left:
            self._seats.pop(seat, None)
            self._views.pop(seat, None)
        for seat in filter(operator.attrgetter("live"), outcome.joined):
            seat.session.joined(seat, ticker.card(seat), [], 0)
            self._seats[seat] = seat.session.sender()
            self._views[seat] = NOWHERE
