"""Bytes on their way to a file descriptor, by a thread: who logs never waits for who reads the log.

    put ─▶ [ waiting, bounded in bytes; beyond: dropped and counted ] ─▶ thread ─▶ write

Not the standard library's queue listener: it counts lines and not bytes, and cannot be stopped while its queue is
full or its reader has stopped. Not `sys.stderr` either: a thread that hangs in its buffer ends the interpreter badly.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["WAITING_BYTES_MAX", "Writer", "write_all"]

WAITING_BYTES_MAX = 1_048_576
BATCH_BYTES = 65_536


class Writer:
    """`start`, `put`, and at last `stop`.

    `write` may block. `tidy` is asked after each write, and so many seconds later as it answers; None: after the
    next write. `lost` makes the line that says how many were dropped.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        tidy: Callable[[], float | None],
        lost: Callable[[int], bytes],
        bytes_max: int = WAITING_BYTES_MAX,
    ) -> None:
        self._write, self._tidy, self._lost = write, tidy, lost
        self._bytes_max = bytes_max
        self._bytes = 0
        """Of all that waits, and of what is being written."""
        self._waiting: deque[bytes] = deque()
        self._change = threading.Condition()
        self._stopping = False
        self._unsaid = 0
        self.dropped = 0
        """Lines so far, for good."""
        self._thread = threading.Thread(target=self._run, name="pelton-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Have a line written. Never waits: if too much waits already, it is dropped."""
        with self._change:
            if self._bytes + len(line) > self._bytes_max:
                self._count(1)
                return
            self._bytes += len(line)
            self._waiting.append(line)
            self._change.notify_all()

    def lose(self) -> None:
        """Count a line that could not be made."""
        with self._change:
            self._count(1)

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing waits, for no longer than that. Whether that came true."""
        with self._change:
            return self._change.wait_for(lambda: not self._bytes, timeout_s)

    def stop(self, timeout_s: float) -> bool:
        """Write all that waits, for no longer than that. Whether it all went out."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        wait_s: float | None = None
        while (batch := self._next(wait_s)) is not None:
            if batch:
                self._put_out(batch)
            wait_s = self._tidy()

    def _next(self, wait_s: float | None) -> list[bytes] | None:
        """What to write next, perhaps nothing; None at the end."""
        with self._change:
            if not self._waiting and not self._stopping:
                self._change.wait(wait_s)
            if not self._waiting:
                return None if self._stopping else []
            batch: list[bytes] = []
            size = 0
            while self._waiting and size < BATCH_BYTES:
                size += len(self._waiting[0])
                batch.append(self._waiting.popleft())
            return batch

    def _put_out(self, batch: list[bytes]) -> None:
        lines = b"".join(batch)
        try:
            self._write(lines)
        except OSError:  # nobody can be told now; a later line may find a reader again
            with self._change:
                self._bytes -= len(lines)
                self._count(len(batch))
                self._change.notify_all()
            return
        with self._change:
            self._bytes -= len(lines)
            if self._unsaid:
                line = self._lost(self._unsaid)
                self._unsaid = 0
                self._bytes += len(line)
                self._waiting.append(line)
            self._change.notify_all()

    def _count(self, lines: int) -> None:
        self.dropped += lines
        self._unsaid += lines


def write_all(fd: int, data: bytes) -> None:
    """Write all of it, and wait as long as that takes, also if the descriptor is set not to block."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            select.select([], [fd], [])
