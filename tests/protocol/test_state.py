"""The sequences of state.json, played to a replica that is written after SPEC.md alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pelton.protocol import Frame, plain
from tests.protocol.golden import marked, rows, unmarked
from tests.protocol.replica import FrameError, Replica

SEQUENCES = rows("state.json")
every_sequence = pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda sequence: sequence["name"])


@dataclass
class Looks:
    """What can be seen of a replica, as state.json writes it."""

    rows: list[Any]
    groups: list[Any]


def looks(replica: Replica) -> Looks:
    cells = [
        [table, row_id, marked(replica.read(table, row_id))]
        for table, known in enumerate(replica.rows)
        for row_id in sorted(known)
    ]
    groups = [
        [table, group, sorted(ids), replica.digest(table, group)]
        for table, known in enumerate(replica.groups)
        for group, ids in sorted(known.items())
        if ids
    ]
    return Looks(cells, groups)


def written(step: dict[str, Any]) -> Looks:
    return Looks([[table, row_id, marked(unmarked(cells))] for table, row_id, cells in step["rows"]], step["groups"])


def frame_of(step: dict[str, Any]) -> Frame:
    frame = plain.decode_server(bytes.fromhex(step["frame"]))
    assert isinstance(frame, Frame)
    return frame


@every_sequence
def test_a_replica_is_what_the_sequence_says_after_each_frame(sequence: dict[str, Any]) -> None:
    replica = Replica(sequence["tables"])
    for step in sequence["frames"]:
        frame = frame_of(step)
        if "fault" in step:
            before = looks(replica), replica.tick
            with pytest.raises(FrameError):
                replica.apply(frame)
            assert (looks(replica), replica.tick) == before, step["fault"]
        else:
            wrong = [list(pair) for pair in replica.apply(frame)]
            assert wrong == step.get("wrong", [])
            assert replica.tick == step["tick"]
            assert looks(replica) == written(step)


@every_sequence
def test_events_are_the_net_effect_of_a_frame(sequence: dict[str, Any]) -> None:
    """From the replica before and after; only a row that was removed and made anew needs a look into the frame."""
    replica, names = Replica(sequence["tables"]), [[name for name, *_ in spec] for _, _, spec in sequence["tables"]]
    for step in (step for step in sequence["frames"] if "fault" not in step):
        frame, old = frame_of(step), {(table, row_id): cells for table, row_id, cells in flat(replica)}
        replica.apply(frame)
        new = {(table, row_id): cells for table, row_id, cells in flat(replica)}
        anew = {(part[0], row_id) for part in frame.parts for row_id in part[3] or ()} & old.keys() & new.keys()
        stayed = sorted((old.keys() & new.keys()) - anew)
        assert step["removed"] == [list(key) for key in sorted(old.keys() - new.keys() | anew)]
        assert step["added"] == [list(key) for key in sorted(new.keys() - old.keys() | anew)]
        assert step["changed"] == [
            [*key, [name for name, was, now in zip(names[key[0]], old[key], new[key], strict=True) if was != now]]
            for key in stayed
            if old[key] != new[key]
        ]


def flat(replica: Replica) -> list[tuple[int, int, Any]]:
    """Cells as they travel: there minus zero is not zero, and true is not 1."""
    return [(table, row_id, cells) for table, known in enumerate(replica.rows) for row_id, cells in known.items()]


def test_the_sequences_have_every_case() -> None:
    steps = [step for sequence in SEQUENCES for step in sequence["frames"]]
    frames = [frame_of(step) for step in steps if "fault" not in step]
    parts = [part for frame in frames for part in frame.parts]
    assert any(frame.hidden for frame in frames)
    assert all(any(part[field] not in {None, False} for part in map(plain_part, parts)) for field in range(2, 8))
    assert any("wrong" in step for step in steps)
    assert any(step.get("removed") and step["added"] and step["removed"] == step["added"] for step in steps)
    assert 0 in {part[7] for part in parts}


def plain_part(part: list[Any]) -> list[Any]:
    """A part of which each field can be compared: lists as tuples."""
    return [repr(field) if isinstance(field, list) else field for field in part]
