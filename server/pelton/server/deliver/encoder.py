"""One tick of one room as bytes, each group encoded at most once for all who build on the same tick."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from pelton.protocol.splice import NIL
from pelton.protocol.typed import encode_value, frame_body
from pelton.server.deliver.blocks import Sliced, digest_of
from pelton.server.deliver.delta import Delta
from pelton.server.deliver.sight import Sight, Turn, turned
from pelton.server.recorder.tape import ENCODE, FLUSH, Tape
from pelton.server.simulate.seat import Questions
from pelton.server.simulate.state.layer import Layer
from pelton.server.simulate.state.table import Table

__all__ = ["LayerEncoder", "TickEncoder"]

FEW_WHOLES = 4
"""So many groups are gathered one by one; if more are asked for, all of them at once, which costs less."""

_FALSE, _TRUE = b"\xc2", b"\xc3"


class LayerEncoder:
    """The parts of the groups of one layer at one tick. `usual` is the tick at which most who read stand."""

    def __init__(
        self, table_number: int, layer: Layer, tick: int, digest_interval: int, usual: int, far_factor: int
    ) -> None:
        self.layer = layer
        self.every = layer.spec.every * (far_factor if layer.spec.every > 1 else 1)
        self.table_number = table_number
        self._tick = tick
        self._usual = usual
        self._digest_every = max(1, digest_interval // self.every)
        self._deltas: dict[tuple[int, int | None], Delta] = {}
        self._parts: dict[tuple[int, int | None], dict[int, bytes]] = {}
        self._wholes: dict[int, bytes] = {}
        self._all_rows: Sliced | None = None
        self._digests: dict[int, bytes] = {}

    def parts(self, since: int, values_since: int | None, wanted: Iterable[int]) -> dict[int, bytes]:
        """What happened in the groups `wanted`, and maybe in others, for who knows them as of `since`.

        A group with nothing to say is not in it, or has no bytes.
        """
        found = self._parts.get((since, values_since))
        if found is None:
            # Most who read stand at the usual tick, so all groups are wanted; few stand at any other.
            found = self._all(since, values_since) if since == self._usual else {}
            self._parts[since, values_since] = found
        if since != self._usual:
            for group in wanted:
                if group not in found:
                    found[group] = self._one(group, since, values_since)
        return found

    def changes(self, turn: Turn, since: int, far_since: int) -> list[bytes]:
        """The parts for a client that sees something else than before, or far groups."""
        far_values = far_since if is_due(self._tick, far_since, self.every) else None
        found = [self.whole(group) for group in turn.new]
        for groups, values_since in ((turn.near, since), (turn.approached, far_since), (turn.far, far_values)):
            if groups:
                known = self.parts(since, values_since, groups)
                found += [known[group] for group in groups if group in known]
        return found

    def answers(self, turn: Turn, since: int, far_since: int, questions: Questions) -> list[bytes]:
        """The parts for a client that asked: all values are told, so that digests can be."""
        asked = {group for table, group in questions.groups if table == self.table_number}
        found = [self.whole(group) for group in turn.new if group not in asked]
        for groups, values_since in ((turn.near, since), (turn.approached, far_since), (turn.far, far_since)):
            rest = [group for group in groups if group not in asked]
            if questions.verify:
                found += [self._verified(group, since, values_since) for group in rest]
            elif rest:
                known = self.parts(since, values_since, rest)
                found += [known.get(group, b"") for group in rest]
        return found + [self.whole(group, asked=True) for group in turn.seen if group in asked]

    def _verified(self, group: int, since: int, values_since: int) -> bytes:
        """What happened in a group, with its digest in any case."""
        delta = self._delta(since, values_since)
        return _head(self.table_number, group) + delta.of(group) + self._digest(group)

    def whole(self, group: int, asked: bool = False) -> bytes:
        """All of a group, for who knows nothing of it; no bytes if it is empty, unless it was asked for."""
        part = self._wholes.get(group)
        if part is None:
            rows = self._rows_for(group)
            entered = rows.whole(group) if group in rows.spans else NIL
            part = self._wholes[group] = _head(self.table_number, group, True) + NIL * 2 + entered + NIL * 2
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

    def _all(self, since: int, values_since: int | None) -> dict[int, bytes]:
        delta, table = self._delta(since, values_since), self.table_number
        parts = {group: _head(table, group) + said + NIL for group, said in delta.all().items()}
        if values_since is not None:
            for group in self._due():
                part = parts.get(group)
                start = part[:-1] if part else _head(table, group) + NIL * 4
                parts[group] = start + self._digest(group)
        return parts

    def _one(self, group: int, since: int, values_since: int | None) -> bytes:
        delta = self._delta(since, values_since)
        return _head(self.table_number, group) + delta.of(group) + NIL if delta.speaks_of(group) else b""

    def _delta(self, since: int, values_since: int | None) -> Delta:
        delta = self._deltas.get((since, values_since))
        if delta is None:
            is_recent = since == self._tick - 1 and values_since in (since, None)
            recent = self.layer.table.changed if is_recent else None
            delta = self._deltas[since, values_since] = Delta(self.layer, since, values_since, recent)
        return delta

    def _due(self) -> Iterable[int]:
        """The groups whose digest is due: each in its turn, so that no tick has to look at everything.

        Where most were not told of the tick before, its turn is now as well.
        """
        turns = range(self._usual // self.every + 1, self._tick // self.every + 1)
        known, interval = self.layer.table.groups_known, self._digest_every
        due = {group for turn in turns for group in range(turn % interval, known, interval)}
        return [group for group in due if self.layer.members.get(group)]

    def _digest(self, group: int) -> bytes:
        digest = self._digests.get(group)
        if digest is None:
            layer = self.layer
            digest = self._digests[group] = encode_value(digest_of(layer.cells, layer.slots_in(group)))
        return digest


class TickEncoder:
    """The bodies of a tick's frames. Who sees the same and builds on the same tick shares one.

    `usual` is the tick at which most stand who read this one: the tick before, if it is not given. With `far_factor`
    the groups that are far are told of so many times more rarely than the game asked for.
    """

    def __init__(
        self,
        tick: int,
        tables: Sequence[Table[Any]],
        digest_interval: int,
        *,
        usual: int | None = None,
        far_factor: int = 1,
        tape: Tape | None = None,
    ) -> None:
        self.tick = tick
        self._tape = tape
        usual = tick - 1 if usual is None else usual
        self.layers = [
            LayerEncoder(number, layer, tick, digest_interval, usual, far_factor)
            for number, table in enumerate(tables)
            for layer in table.layers
        ]
        self.far_now = tuple([tick - tick % layer.every if layer.every > 1 else 0 for layer in self.layers])
        """By layer the tick whose values of the far groups those have who are written this one, or an earlier one.

        Rounded down, so that it is the same for all: to hear of a change twice does no harm.
        """
        self._bodies: dict[tuple[Sight, Sight, int, tuple[int, ...]], bytes] = {}

    def body(self, before: Sight, sight: Sight, since: int, far_since: tuple[int, ...]) -> bytes:
        """The frame of those who saw `before` after tick `since`, and have `sight` now.

        `far_since`: by layer the tick whose values of the far groups they have. `since` 0 is a keyframe.
        """
        is_usual = before is sight and since == self.tick - 1
        if is_usual and sight.tick == self.tick and sight.far_since == far_since:
            return sight.body
        key = before, sight, since, far_since
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = self._body(before, sight, since, far_since, None)
            if is_usual:
                sight.tick, sight.far_since, sight.body = self.tick, far_since, body
        return body

    def answer(
        self, before: Sight, sight: Sight, since: int, far_since: tuple[int, ...], questions: Questions
    ) -> bytes:
        """The frame of one client that asked for more."""
        return self._body(before, sight, since, far_since, questions)

    def _body(
        self, before: Sight, sight: Sight, since: int, far_since: tuple[int, ...], questions: Questions | None
    ) -> bytes:
        if self._tape is None:
            return self._made(before, sight, since, far_since, questions)
        self._tape.enter(ENCODE)
        body = self._made(before, sight, since, far_since, questions)
        self._tape.enter(FLUSH)
        return body

    def _made(
        self, before: Sight, sight: Sight, since: int, far_since: tuple[int, ...], questions: Questions | None
    ) -> bytes:
        hidden: list[tuple[int, int]] = []
        parts: list[bytes] = []
        for layer, old, view, far in zip(self.layers, before.views, sight.views, far_since, strict=True):
            if not since:
                parts += [layer.whole(group) for group in view.near + view.far]
                continue
            if old is view and not view.far and questions is None:  # nearly always
                known = layer.parts(since, since, view.near)
                parts += [known[group] for group in view.near if group in known]
                continue
            turn = turned(old, view)
            hidden += [(layer.table_number, group) for group in turn.gone]
            if questions is not None:
                parts += layer.answers(turn, since, far, questions)
            else:
                parts += layer.changes(turn, since, far)
        return frame_body(self.tick, since, hidden, [part for part in parts if part])


@lru_cache(maxsize=1 << 16)
def _head(table: int, group: int, is_whole: bool = False) -> bytes:
    """A part as far as `removed`."""
    return b"\x98" + encode_value(table) + encode_value(group) + (_TRUE if is_whole else _FALSE)


def is_due(tick: int, far_since: int, every: int) -> bool:
    """Whether far groups are told of, for who has their values as of `far_since`."""
    return tick // every > far_since // every
