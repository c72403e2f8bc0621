"""Frames of a made-up server, which looks at the whole world each time: the replica is always what the player sees."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.protocol import Frame, plain
from tests.protocol.replica import Replica

TABLES = [["ships", "table", [["hp", "u8"], ["name", "str"]]]]
IDS, GROUPS = range(6), range(4)


@dataclass(frozen=True)
class Ship:
    """One life of an id: another `life` is another row."""

    life: int
    hp: int
    name: str
    groups: frozenset[int]


Ships = dict[int, Ship]


@dataclass
class World:
    """Rows that come, go, change and move at random, and one player whose view does."""

    chance: random.Random
    tick: int = 0
    lives: int = 0
    ships: Ships = field(default_factory=dict)
    view: frozenset[int] = frozenset()

    def advance(self) -> None:
        self.tick += 1
        for _ in range(self.chance.randrange(4)):
            row_id = self.chance.choice(IDS)
            old = self.ships.pop(row_id, None)
            if old is None or self.chance.random() < 0.2:
                self.lives += 1
                self.ships[row_id] = Ship(self.lives, self.lives % 256, "", self.some_groups())
            elif self.chance.random() < 0.7:
                hp, name = self.chance.choice([(old.hp, "x" * self.chance.randrange(3)), (old.hp ^ 1, old.name)])
                groups = self.some_groups() if self.chance.random() < 0.5 else old.groups
                self.ships[row_id] = Ship(old.life, hp, name, groups)
        if self.chance.random() < 0.3:
            self.view = frozenset(group for group in GROUPS if self.chance.random() < 0.6)

    def some_groups(self) -> frozenset[int]:
        return frozenset(self.chance.sample(GROUPS, self.chance.choice([1, 1, 1, 2])))

    def in_sight(self) -> Ships:
        return {row_id: ship for row_id, ship in self.ships.items() if ship.groups & self.view}


def block(ships: Ships) -> list[Any] | None:
    ids = sorted(ships)
    return [len(ids), bytes(ids), bytes(ships[i].hp for i in ids), [ships[i].name for i in ids]] if ids else None


def changes(old: Ships, new: Ships) -> list[Any] | None:
    """The rows that are not what they were, their columns sparse."""
    ids = sorted(i for i in new if (old[i].hp, old[i].name) != (new[i].hp, new[i].name))
    hp = [at for at, i in enumerate(ids) if old[i].hp != new[i].hp]
    name = [at for at, i in enumerate(ids) if old[i].name != new[i].name]
    columns = [
        [bytes(hp), bytes(new[ids[at]].hp for at in hp)] if hp else None,
        [bytes(name), [new[ids[at]].name for at in name]] if name else None,
    ]
    return [len(ids), bytes(ids), *columns] if ids else None


def digest(ships: Ships) -> int:
    ids = sorted(ships)
    names = (plain.encode_value(ships[i].name) for i in ids)
    return zlib.crc32(b"".join([*(i.to_bytes(8, "little") for i in ids), bytes(ships[i].hp for i in ids), *names]))


def frame(base: int, before: Ships, view: frozenset[int], world: World) -> Frame:
    """From what was at `base`, seen with the view of then, to what is. A `base` of 0 is a keyframe."""
    view = view if base else frozenset()
    parts: list[list[Any]] = []
    in_sight = ((i, ship) for i, ship in before.items() if ship.groups & view)
    ended = {i for i, ship in in_sight if i not in world.ships or world.ships[i].life != ship.life}
    for group in sorted(world.view):
        old = {i: ship for i, ship in before.items() if group in ship.groups} if group in view else {}
        new = {i: ship for i, ship in world.ships.items() if group in ship.groups}
        stays = {i for i in old.keys() & new.keys() if old[i].life == new[i].life}
        # An id that lives anew is named where it enters, too: the group that it was in may be hidden by now.
        gone = ended & {*old, *new}
        moved = old.keys() - new.keys() - gone
        entered = block({i: ship for i, ship in new.items() if i not in stays})
        changed = changes(old, {i: new[i] for i in stays})
        told = [group not in view, sorted(gone) or None, sorted(moved) or None, entered, changed, digest(new)]
        parts.append([0, group, *told])
    hidden = [[0, group] for group in sorted(view - world.view)]
    return Frame(0, [], world.tick, base, hidden, parts)


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_replica_is_what_the_player_sees_whatever_happens_and_whichever_ticks_are_skipped(
    chance: random.Random,
) -> None:
    world, replica, before = World(chance), Replica(TABLES), Ships()
    view, seen = world.view, Ships()
    for _ in range(20):
        world.advance()
        if chance.random() < 0.3:
            continue  # this client was skipped
        base = 0 if chance.random() < 0.1 else replica.tick
        sent = plain.decode_server(plain.encode(frame(base, before, view, world)))
        assert isinstance(sent, Frame)
        old = replica.rows[0]
        assert replica.apply(sent) == [], "every digest agrees"
        now = world.in_sight()
        assert {i: replica.read(0, i) for i in replica.rows[0]} == {i: [s.hp, s.name] for i, s in now.items()}
        assert {group: ids for group, ids in replica.groups[0].items() if ids} == {
            group: ids for group in world.view if (ids := {i for i, ship in now.items() if group in ship.groups})
        }
        if base:  # a keyframe does not tell one life from the next
            removed = {i for part in sent.parts for i in part[3] or ()}
            anew = removed & old.keys() & now.keys()
            assert anew == {i for i in seen.keys() & now.keys() if seen[i].life != now[i].life}
        before, view, seen = dict(world.ships), world.view, now
