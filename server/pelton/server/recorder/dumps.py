"""Records as files, by a thread: a room that has just overrun is not to wait for a disk as well.

    ask ─▶ [ waiting, a few; beyond: dropped and counted ] ─▶ thread ─▶ NAME.part, then NAME.jsonl

Only files that this class has named are counted and removed; nothing else in the folder is touched.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from pelton.server.metrics import Metrics
from pelton.server.recorder.record import Record, written

__all__ = ["CannotDump", "Dumps"]

log = logging.getLogger(__name__)

WAITING_MAX = 4
BATCH = 32
BREATH_S = 0.001
"""After so many lines: the thread is not to hold the interpreter for long, as a room's tick needs it."""
OURS = re.compile(r"pelton-\d{8}T\d{6}Z-[a-z0-9]{1,64}-\d{1,10}\.jsonl")


class CannotDump(OSError):
    """The folder cannot be used; names the setting."""


class Dumps:
    """Into one folder, of which the newest `count_max` are kept. `put`, and `stop` at the end."""

    def __init__(
        self, folder: Path, count_max: int, metrics: Metrics, breathe: Callable[[float], None] = time.sleep
    ) -> None:
        self._folder = folder
        self._count_max = count_max
        self._metrics = metrics
        self._breathe = breathe
        self._waiting: deque[Callable[[], Record]] = deque()
        self._change = threading.Condition()
        self._stopping = self._busy = False
        self._thread: threading.Thread | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotDump(f"recorder.dump_dir: {folder} is not a folder: {error.strerror or error}") from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise CannotDump(f"recorder.dump_dir: nothing can be written into {folder}")

    def put(self, record: Callable[[], Record]) -> bool:
        """Have a record written; it is made by the thread. False, and counted, if too many wait already."""
        with self._change:
            if len(self._waiting) >= WAITING_MAX or self._stopping:
                self._metrics.dumps_lost += 1
                return False
            self._waiting.append(record)
            if self._thread is None:  # most servers never need one
                self._thread = threading.Thread(target=self._run, name="pelton-dumps", daemon=True)
                self._thread.start()
            self._change.notify_all()
        return True

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing is to be written, for no longer than that. Whether that came true."""
        with self._change:
            return self._change.wait_for(lambda: not self._waiting and not self._busy, timeout_s)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Write what waits, for no longer than that."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def write(self, record: Record) -> Path | None:
        """Write at once, on this thread; None if that fails, which the log then tells."""
        stamp = re.sub(r"[-:]", "", record.written_at[:19]) or "00000000T000000"
        path = self._folder / f"pelton-{stamp}Z-{record.room_id}-{record.newest}.jsonl"
        try:
            self._write(path, written(record))
            self._tidy()
        except OSError as error:
            self._metrics.dumps_lost += 1
            log.warning("recorder.dump_dir: %s was not written: %s", path, error.strerror or error)
            return None
        self._metrics.dumps_written += 1
        log.info("room %s: its record is in %s (%s)", record.room_id, path, record.why)
        return path

    def _run(self) -> None:
        while (record := self._next()) is not None:
            self.write(record())
            with self._change:
                self._busy = False
                self._change.notify_all()

    def _next(self) -> Callable[[], Record] | None:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._stopping)
            if not self._waiting:
                return None
            self._busy = True
            return self._waiting.popleft()

    def _write(self, path: Path, lines: Iterable[bytes]) -> None:
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            for number, line in enumerate(lines, 1):
                file.write(line)
                if number % BATCH == 0:
                    self._breathe(BREATH_S)
        part.replace(path)  # a dump is whole or not there

    def _tidy(self) -> None:
        found = [path for path in self._folder.iterdir() if OURS.fullmatch(path.name)]
        ours = sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in ours[: -self._count_max]:
            path.unlink(missing_ok=True)
