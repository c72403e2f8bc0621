"""The state's benchmark: it runs through, and both ways tell the clients the same. Nothing here is about time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types
import pytest

from benchmarks import bench_state
from benchmarks.state_encode import ARRAYS, CHANGED, MAPS, SHARED
from benchmarks.state_games import Field, Fleet, Open, SmallStore
from benchmarks.state_hall import Hall, Listener
from benchmarks.state_naive import NaiveWay
from benchmarks.state_replica import Replica, WrongFrame
from benchmarks.state_returns import Cycle, Span, Stall, judge
from pelton.server import Room


class Keeper(Listener):
    """Keeps the frames."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []
        self.reads = True

    def take(self, head: bytes, body: bytes) -> bool:
        if self.reads:
            self.frames.append(head + body)
            super().take(head, body)
        return self.reads


def _tables(keeper: Keeper) -> Any:
    assert keeper.card is not None
    return keeper.card.tables


def _rounded(values: list[Any]) -> list[Any]:
    """Arrays have floats of half the size."""
    return [round(value, 2) if isinstance(value, float) else value for value in values]


@pytest.mark.parametrize("game", [Open, Field, Fleet, SmallStore])
@pytest.mark.parametrize("as_maps", [True, False])
def test_naive_and_pelton_tell_every_client_of_the_same_rows(game: type[Room], as_maps: bool) -> None:
    hall = Hall(game, 20, Keeper)
    replicas: list[Replica] = []
    for _ in range(30):
        hall.step_ms()
        hall.deliver_ms()
    way = NaiveWay(hall.table, as_maps=as_maps)
    way.begin()
    columns = hall.table.row_type.columns
    for listener, groups in zip(hall.listeners, hall.groups_seen(), strict=True):
        assert isinstance(listener, Keeper)
        replica = Replica(_tables(listener))
        for frame in listener.frames:
            assert replica.apply(frame)
        replicas.append(replica)
        naive = cast("list[Any]", msgpack.unpackb(way.payload(groups)))
        rows = [list(row.values()) for row in naive] if as_maps else naive
        pelton = {
            row_id: [column.from_wire(value) for column, value in zip(columns, values, strict=True)]
            for row_id, values in replica.rows().items()
        }
        assert {row[0]: _rounded(row[1:]) for row in rows} == {
            row_id: _rounded(values) for row_id, values in pelton.items()
        }
    assert len({replica.tick for replica in replicas}) == 1


def test_a_replica_passes_over_what_comes_before_the_first_keyframe_and_refuses_a_gap() -> None:
    hall = Hall(Field, 5, Keeper)
    for _ in range(4):
        hall.step_ms()
        hall.deliver_ms()
    keeper = hall.listeners[0]
    assert isinstance(keeper, Keeper)
    first, second, third, fourth = keeper.frames
    replica = Replica(_tables(keeper))
    assert not replica.apply(second)
    assert [replica.apply(frame) for frame in (first, second)] == [True, True]
    with pytest.raises(WrongFrame, match="builds on tick 3"):
        replica.apply(fourth)
    assert replica.apply(third)


def test_who_comes_back_from_a_stall_is_held_against_a_companion_who_sees_the_same() -> None:
    hall = Hall(Field, 3, Keeper)
    hall.players[0].focus = 2
    stalled, companion, stranger = (_keeper(listener) for listener in hall.listeners)
    for tick in range(1, 11):
        stalled.reads = tick not in {5, 6, 7}
        hall.step_ms()
        hall.deliver_ms()
    found = _judged(stalled, companion)
    assert (found.compared, found.wrong) == (7, 0)
    assert [(back.backlog, back.frames) for back in found.returns] == [(4, 1)]
    assert _judged(stalled, stranger).wrong == 7, "who sees something else is no companion"


def _keeper(listener: Listener) -> Keeper:
    assert isinstance(listener, Keeper)
    return listener


def _judged(stalled: Keeper, companion: Keeper) -> Stall:
    span = Span(0.0, 100.0, 0.0)
    found = Stall(2, 1, cycles=[Cycle(span, span, span)])
    judge(found, [cast("Any", _Recorded(stalled))], [cast("Any", _Recorded(companion))])
    return found


class _Recorded:
    """A client whose frames came one a second."""

    def __init__(self, keeper: Keeper) -> None:
        self.tables = _tables(keeper)
        self.frames = keeper.frames
        self.arrivals = [(number, float(number)) for number in range(1, len(keeper.frames) + 1)]


@pytest.mark.timeout(180)
def test_a_quick_run_prints_and_writes_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "results" / "state.json"
    assert bench_state.main(["--quick", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    written = json.loads(path.read_text())
    assert list(written["parts"]) == ["encode", "still", "live", "stall"]
    for part in written["parts"].values():
        for name in part:
            assert f"  {name} " in printed
    rooms = ["(a) 20 rows", "(b) 100 players", "(c) 10,000 rows"]
    encode = written["parts"]["encode"]
    assert [name.split(": ")[1] for name in encode] == [CHANGED, MAPS, ARRAYS, SHARED] * len(rooms)
    assert [name.split(": ")[1] for name in written["parts"]["live"]] == ["pelton", "naive"] * len(rooms)
    for room, index in zip(rooms, range(0, 12, 4), strict=True):
        names = list(encode)[index : index + 4]
        assert all(name.startswith(room) for name in names)
        assert all(encode[name]["client_bytes_s"] > encode[names[0]]["client_bytes_s"] for name in names[1:])
    stalled = written["parts"]["stall"]["a tenth stalls"]
    if not stalled["problems"]:  # a machine that is busy may not fill the buffers, and that is then said
        assert (stalled["wrong"], stalled["closed"], stalled["frames_until_right"]) == (0, 0, 1)
    assert {target["verdict"] for target in written["targets"]} == {"not measured"}


@pytest.mark.parametrize("words", [["--runs", "0"], ["--parts", "e"]])
def test_impossible_options_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        bench_state.arguments(words)
