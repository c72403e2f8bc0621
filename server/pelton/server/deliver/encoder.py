"""One tick of one room as bytes, each group encoded at most once for all who build on the same tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from pelton.protocol.splice import NIL
from pelton.protocol.typed import encode_value, frame_body
from pelton.server.deliver.blocks import digest_of, whole_block
from pelton.server.deliver.delta import NOTHING, Delta
from pelton.server.simulate.seat import Questions
from pelton.server.simulate.state.layer import Layer, View
from pelton.server.simulate.state.table import Table

__all__ = ["LayerEncoder", "TickEncoder", "Views"]

Views: TypeAlias = tuple[View, ...]
"""What a client sees, by layer."""

_FALSE, _TRUE = b"\xc2", b"\xc3"


class LayerEncoder:
    """The parts of the groups of one layer at one tick."""

    def __init__(self, table_number: int, layer: Layer, tick: int, digest_interval: int) -> None:
        self.layer = layer
        self.every = layer.spec.every
        self._table = b"\x98" + encode_value(table_number)
        self._tick = tick
        self._digest_every = max(1, digest_interval // self.every)
        self._deltas: dict[tuple[int, int | None], Delta] = {}
        self._parts: dict[tuple[int, int, int | None], bytes] = {}
        self._wholes: dict[int, bytes] = {}
        self._digests: dict[int, bytes] = {}

    def part(self, group: int, since: int, values_since: int | None, verify: bool = False) -> bytes:
        """What happened in a group, for who knows it as of `since`; no bytes if there is nothing to say."""
        if verify:
            return self._part(group, since, values_since, values_since is not None)
        key = group, since, values_since
        part = self._parts.get(key)
        if part is None:
            with_digest = values_since is not None and self._digest_due(group)
            part = self._parts[key] = self._part(group, since, values_since, with_digest)
        return part

    def whole(self, group: int, asked: bool = False) -> bytes:
        """All of a group, for who knows nothing of it; no bytes if it is empty, unless it was asked for."""
        part = self._wholes.get(group)
        if part is None:
            slots = self.layer.slots_in(group)
            entered = whole_block(self.layer.cells, slots) if len(slots) else NIL
            part = self._table + encode_value(group) + _TRUE + NIL * 2 + entered + NIL + self._digest(group)
            self._wholes[group] = part
        return part if asked or self.layer.members[group] else b""

    def _part(self, group: int, since: int, values_since: int | None, with_digest: bool) -> bytes:
        delta = self._deltas.get((since, values_since))
        if delta is None:
            recent = self.layer.table.changed if since == self._tick - 1 and values_since in (since, None) else None
            delta = self._deltas[since, values_since] = Delta(self.layer, since, values_since, recent)
        body = delta.of(group)
        if body == NOTHING and not with_digest:
            return b""
        return self._table + encode_value(group) + _FALSE + body + (self._digest(group) if with_digest else NIL)

    def _digest_due(self, group: int) -> bool:
        """Each group in its turn, so that no tick has to look at everything."""
        turn, rest = divmod(self._tick, self.every)
        return not rest and turn % self._digest_every == group % self._digest_every

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
        self.layers = [
            LayerEncoder(number, layer, tick, digest_interval)
            for number, table in enumerate(tables)
            for layer in table.layers
        ]
        self.some_far = any(layer.every > 1 for layer in self.layers)
        self._table_of = [number for number, table in enumerate(tables) for _ in table.layers]
        self._bodies: dict[tuple[Views, Views, int, tuple[int, ...]], bytes] = {}

    def body(self, before: Views, views: Views, since: int, far_since: tuple[int, ...]) -> bytes:
        """The frame of those who saw `before` after tick `since`, and see `views` now.

        `far_since`: by layer the tick whose values of the far groups they have. `since` 0 is a keyframe.
        """
        key = before, views, since, far_since
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = self._body(before, views, since, far_since, None)
        return body

    def answer(
        self, before: Views, views: Views, since: int, far_since: tuple[int, ...], questions: Questions
    ) -> bytes:
        """The frame of one client that asked for more."""
        return self._body(before, views, since, far_since, questions)

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
        if view is before and not asked:
            near = [layer.part(group, since, since, verify) for group in view.near]
            return near + [layer.part(group, since, far_values, verify) for group in view.far]
        parts: list[bytes] = []
        were_near, were_far = set(before.near), set(before.far)
        for group in view.near + view.far:
            if group in asked:
                parts.append(layer.whole(group, asked=True))
            elif group not in were_near and group not in were_far:
                parts.append(layer.whole(group))
            elif group in view.far:
                parts.append(layer.part(group, since, far_values, verify))
            else:
                parts.append(layer.part(group, since, since if group in were_near else far_since, verify))
        return parts


def is_due(tick: int, far_since: int, every: int) -> bool:
    """Whether far groups are told of, for who has their values as of `far_since`."""
    return tick // every > far_since // every
