"""One tick of one room as bytes, each group encoded at most once for all who build on the same tick."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from pelton.protocol.splice import NIL
from pelton.protocol.typed import encode_value, frame_body
from pelton.server.deliver.blocks import Sliced, digest_of
from pelton.server.deliver.delta import Delta
from pelton.server.deliver.sight import Sight, Views
from pelton.server.simulate.seat import Questions
from pelton.server.simulate.state.layer import Layer, View
from pelton.server.simulate.state.table import Table

__all__ = ["LayerEncoder", "TickEncoder"]

FEW_WHOLES = 4
"""So many groups are gathered one by one; if more are asked for, all of them at once, which costs less."""

_FALSE, _TRUE = b"\xc2", b"\xc3"


class LayerEncoder:
    """The parts of the groups of one layer at one tick."""

    def __init__(self, table_number: int, layer: Layer, tick: int, digest_interval: int) -> None:
        self.layer = layer
        self.every = layer.spec.every
        self._table = table_number
        self._tick = tick
        self._digest_every = max(1, digest_interval // self.every)
        self._deltas: dict[tuple[int, int | None], Delta] = {}
        self._parts: dict[tuple[int, int | None], dict[int, bytes]] = {}
        self._wholes: dict[int, bytes] = {}
        self._all_rows: Sliced | None = None
        self._digests: dict[int, bytes] = {}

    def parts(self, since: int, values_since: int | None) -> dict[int, bytes]:
        """By group what happened, for who knows it as of `since`; groups with nothing to say are not in it."""
        found = self._parts.get((since, values_since))
        if found is None:
            found = self._parts[since, values_since] = self._made(since, values_since)
        return found

    def verified(self, group: int, since: int, values_since: int) -> bytes:
        """What happened in a group, with its digest in any case."""
        delta = self._delta(since, values_since)
        return _head(self._table, group) + delta.of(group) + self._digest(group)

    def whole(self, group: int, asked: bool = False) -> bytes:
        """All of a group, for who knows nothing of it; no bytes if it is empty, unless it was asked for."""
        part = self._wholes.get(group)
        if part is None:
            rows = self._rows_for(group)
            entered = rows.whole(group) if group in rows.spans else NIL
            part = self._wholes[group] = _head(self._table, group, True) + NIL * 2 + entered + NIL * 2
        return part if asked or self.layer.members[group] else b""

    def _rows_for(self, group: int) -> Sliced:
        """The rows of a group, or those of all groups."""
        if self._all_rows is None:
            slots = self.layer.slots_in(group) if len(self._wholes) < FEW_WHOLES else self.layer.slots_by_group()
            rows = Sliced(self.layer.cells, slots, self.layer.groups.array[slots])
            if len(self._wholes) < FEW_WHOLES:
                return rows
            self._all_rows = rows
        return self._all_rows

    def _made(self, since: int, values_since: int | None) -> dict[int, bytes]:
        delta = self._delta(since, values_since)
        parts = {group: _head(self._table, group) + delta.of(group) + NIL for group in delta.groups}
        if values_since is not None:
            for group in self._due():
                part = parts.get(group)
                start = part[:-1] if part else _head(self._table, group) + NIL * 4
                parts[group] = start + self._digest(group)
        return parts

    def _delta(self, since: int, values_since: int | None) -> Delta:
        delta = self._deltas.get((since, values_since))
        if delta is None:
            is_recent = since == self._tick - 1 and values_since in (since, None)
            recent = self.layer.table.changed if is_recent else None
            delta = self._deltas[since, values_since] = Delta(self.layer, since, values_since, recent)
        return delta

    def _due(self) -> Iterable[int]:
        """The groups whose digest is due: each in its turn, so that no tick has to look at everything."""
        turn, rest = divmod(self._tick, self.every)
        if rest:
            return ()
        return [
            group
            for group in range(turn % self._digest_every, self.layer.table.groups_known, self._digest_every)
            if self.layer.members.get(group)
        ]

    def _digest(self, group: int) -> bytes:
        digest = self._digests.get(group)
        if digest is None:
            layer = self.layer
            digest = self._digests[group] = encode_value(digest_of(layer.cells, layer.slots_in(group)))
        return digest


class TickEncoder:
    """The bodies of a tick's frames. Who sees the same and builds on the same tick shares one."""

    def __init__(self, tick: int, tables: Sequence[Table[Any]], digest_interval: int) -> None:
        self.tick = tick
        self._before = tick - 1
        self.layers = [
            LayerEncoder(number, layer, tick, digest_interval)
            for number, table in enumerate(tables)
            for layer in table.layers
        ]
        self.some_far = any(layer.every > 1 for layer in self.layers)
        self._table_of = [number for number, table in enumerate(tables) for _ in table.layers]
        self._bodies: dict[tuple[Sight, Sight, int, tuple[int, ...]], bytes] = {}

    def body(self, before: Sight, sight: Sight, since: int, far_since: tuple[int, ...]) -> bytes:
        """The frame of those who saw `before` after tick `since`, and have `sight` now.

        `far_since`: by layer the tick whose values of the far groups they have. `since` 0 is a keyframe.
        """
        if before is sight and sight.tick == self.tick and sight.since == since and sight.far_since == far_since:
            return sight.body
        key = before, sight, since, far_since
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = self._body(before.views, sight.views, since, far_since, None)
            if before is sight and since == self._before:  # nearly all of them
                sight.tick, sight.since, sight.far_since, sight.body = self.tick, since, far_since, body
        return body

    def answer(
        self, before: Sight, sight: Sight, since: int, far_since: tuple[int, ...], questions: Questions
    ) -> bytes:
        """The frame of one client that asked for more."""
        return self._body(before.views, sight.views, since, far_since, questions)

    def _body(
        self, before: Views, views: Views, since: int, far_since: tuple[int, ...], questions: Questions | None
    ) -> bytes:
        hidden: list[tuple[int, int]] = []
        parts: list[bytes] = []
        for number, layer in enumerate(self.layers):
            table, view = self._table_of[number], views[number]
            asked = {group for asked_of, group in questions.groups if asked_of == table} if questions else set[int]()
            if not since:
                parts += [layer.whole(group) for group in view.near + view.far]
                continue
            if view is not before[number]:
                seen = {*view.near, *view.far}
                gone = [group for group in before[number].near + before[number].far if group not in seen]
                hidden += [(table, group) for group in gone]
            verify = questions is not None and questions.verify
            parts += self._changes(layer, before[number], view, since, far_since[number], asked, verify)
        return frame_body(self.tick, since, hidden, [part for part in parts if part])

    def _changes(
        self, layer: LayerEncoder, before: View, view: View, since: int, far_since: int, asked: set[int], verify: bool
    ) -> list[bytes]:
        """The parts of one layer."""
        far_values = far_since if is_due(self.tick, far_since, layer.every) or verify else None
        if verify or asked:
            return self._answers(layer, before, view, since, far_since, asked, verify)
        parts = layer.parts(since, since)
        if view is before:
            near = [parts[group] for group in view.near if group in parts]
            if not view.far:
                return near
            far_parts = layer.parts(since, far_values)
            return near + [far_parts[group] for group in view.far if group in far_parts]
        known = {*before.near, *before.far}
        found = [layer.whole(group) for group in (*view.near, *view.far) if group not in known]
        were_far = set(before.far)
        late_parts = layer.parts(since, far_since) if were_far else parts
        found += [(late_parts if group in were_far else parts).get(group, b"") for group in view.near]
        if view.far:
            far_parts = layer.parts(since, far_values)
            found += [far_parts.get(group, b"") for group in view.far if group in known]
        return found

    def _answers(
        self, layer: LayerEncoder, before: View, view: View, since: int, far_since: int, asked: set[int], verify: bool
    ) -> list[bytes]:
        """The parts of one layer for a client that asked: all values are told, so that digests can be."""
        known, were_near = {*before.near, *before.far}, set(before.near)
        found: list[bytes] = []
        for group in (*view.near, *view.far):
            values_since = since if group in were_near else far_since
            if group in asked or group not in known:
                found.append(layer.whole(group, asked=group in asked))
            elif verify:
                found.append(layer.verified(group, since, values_since))
            else:
                found.append(layer.parts(since, values_since).get(group, b""))
        return found


@lru_cache(maxsize=1 << 16)
def _head(table: int, group: int, is_whole: bool = False) -> bytes:
    """A part as far as `removed`."""
    return b"\x98" + encode_value(table) + encode_value(group) + (_TRUE if is_whole else _FALSE)


def is_due(tick: int, far_since: int, every: int) -> bool:
    """Whether far groups are told of, for who has their values as of `far_since`."""
    return tick // every > far_since // every
