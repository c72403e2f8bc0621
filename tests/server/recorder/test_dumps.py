"""Records as files: whole, bounded in number, by a thread, and a folder that cannot be used is said so at the start."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pelton.server.metrics import Metrics
from pelton.server.recorder.dumps import WAITING_MAX, CannotDump, Dumps
from pelton.server.recorder.record import Record, read_lines
from tests.server.recorder.rows import record, row

PATIENCE_S = 20


def made(tick: int) -> Record:
    return record(*(row(number) for number in range(1, tick + 1)))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def dumps(tmp_path: Path, metrics: Metrics) -> Iterator[Dumps]:
    dumps = Dumps(tmp_path / "deep" / "folder", 3, metrics, lambda _seconds: None)
    yield dumps
    dumps.stop()


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "deep" / "folder").iterdir())


def test_a_record_is_written_whole(dumps: Dumps, tmp_path: Path, metrics: Metrics) -> None:
    assert dumps.put(lambda: made(100))
    assert dumps.wait(PATIENCE_S)
    (name,) = files(tmp_path)
    path = tmp_path / "deep" / "folder" / name
    assert name == "pelton-00000000T000000Z-k4tq7wma-100.jsonl"
    assert read_lines(path.read_bytes().splitlines(), name) == made(100)
    assert metrics.dumps_written == 1


def test_the_newest_are_kept_and_nothing_of_others_is_touched(dumps: Dumps, tmp_path: Path) -> None:
    (tmp_path / "deep" / "folder" / "a.jsonl").touch()
    for tick in range(1001, 1008):
        assert dumps.write(of(tick))
    assert files(tmp_path) == [
        "a.jsonl",
        *(f"pelton-00000000T000000Z-k4tq7wma-{tick}.jsonl" for tick in (1005, 1006, 1007)),
    ]


def of(tick: int) -> Record:
    return record(row(tick))


def test_too_many_that_wait_are_dropped_and_counted(dumps: Dumps, metrics: Metrics) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Record:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return made(1)

    assert dumps.put(slow)
    assert begun.wait(PATIENCE_S)
    assert [dumps.put(lambda: made(2)) for _ in range(WAITING_MAX + 2)] == [True] * WAITING_MAX + [False, False]
    go_on.set()
    assert dumps.wait(PATIENCE_S)
    assert (metrics.dumps_lost, metrics.dumps_written) == (2, 1 + WAITING_MAX)


def test_a_folder_that_is_gone_is_logged_and_counted(
    dumps: Dumps, tmp_path: Path, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "deep" / "folder").rmdir()
    with caplog.at_level(logging.WARNING):
        assert dumps.write(made(1)) is None
    assert "recorder.dump_dir: " in caplog.text
    assert metrics.dumps_lost == 1


def test_a_file_in_the_place_of_the_folder_is_refused_at_the_start(tmp_path: Path, metrics: Metrics) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotDump, match=r"^recorder\.dump_dir: .*file is not a folder"):
        Dumps(tmp_path / "file", 3, metrics)
