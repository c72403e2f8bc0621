"""The client's replica, played the golden sequences of protocol/vectors/state.json: rows, values, digests, faults."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.client import Replica
from pelton.client.errors import ServerFault
from pelton.protocol import Frame
from tests.protocol.golden import marked, rows, unmarked
from tests.protocol.test_state import frame_of

every_sequence = pytest.mark.parametrize("sequence", rows("state.json"), ids=lambda sequence: sequence["name"])


def played(tables: list[Any], frames: list[Frame], *, light: bool) -> Replica:
    replica = Replica(tables, light=light)
    for frame in frames:
        replica.apply(frame.tick, frame.base, frame.hidden, frame.parts)
    return replica


def values(replica: Replica, tables: list[Any]) -> list[Any]:
    """Every row as state.json writes it."""
    return [
        [number, row_id, marked([_plain(table[row_id][name]) for name, *_ in tables[number][2]])]
        for number, table in enumerate(replica)
        for row_id in sorted(row.id for row in table)
    ]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytes) else value


@pytest.mark.parametrize("light", [False, True], ids=["numpy", "light"])
@every_sequence
def test_the_replica_is_what_the_sequence_says_after_each_frame(sequence: dict[str, Any], light: bool) -> None:
    tables, taken = sequence["tables"], list[Frame]()
    replica = played(tables, taken, light=light)
    for step in sequence["frames"]:
        frame = frame_of(step)
        if "fault" in step:
            with pytest.raises(ServerFault):
                replica.apply(frame.tick, frame.base, frame.hidden, frame.parts)
            replica = played(tables, taken, light=light)  # what a fault leaves is of no use
            continue
        applied = replica.apply(frame.tick, frame.base, frame.hidden, frame.parts)
        taken.append(frame)
        assert applied.differing == len(step.get("wrong", []))
        assert values(replica, tables) == [
            [table, row_id, marked(unmarked(cells))] for table, row_id, cells in step["rows"]
        ]
        by_number = list(replica)
        assert all(by_number[table].digest(group) == digest for table, group, _, digest in step["groups"])
