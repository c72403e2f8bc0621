"""What the standard library's loggers call: a record becomes an entry, a line, and bytes that wait for the thread.

    record ─▶ limiter ─▶ entry ─▶ format ─▶ writer
                 └ held back, and told in one line when the window is over

All but the writing happens where the call was made: an argument may change as soon as the call is over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace

from pelton.server.clock import NS_PER_S, Clock
from pelton.server.logs.entry import Entry, entry_of
from pelton.server.logs.formats import Format
from pelton.server.logs.limiter import Limiter, Limits
from pelton.server.logs.writer import WAITING_BYTES_MAX, Writer

__all__ = ["LogHandler"]

FLUSH_S = 1.0


class LogHandler(logging.Handler):
    """Writes the log. `start` it, and `finish` it at the end; no call waits for the reader of the log."""

    def __init__(
        self,
        written: Format,
        write: Callable[[bytes], None],
        clock: Clock,
        limits: Limits | None = None,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
    ) -> None:
        super().__init__()
        self._format = written
        self._clock = clock
        self._limiter: Limiter[Entry] = Limiter(limits)
        self._writer = Writer(write, self.tell_ended, self._lost, waiting_bytes_max)

    @property
    def dropped(self) -> int:
        """Lines that were not written, as too many waited."""
        return self._writer.dropped

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    def finish(self, timeout_s: float) -> bool:
        """Write what waits and tell what was held back, for no longer than that. Whether it all went out."""
        with self._locked():
            self._tell(None)
        return self._writer.stop(timeout_s)

    def wait(self, timeout_s: float) -> bool:
        """Wait until what was logged so far is written, for no longer than that. Whether it is."""
        return self._writer.wait(timeout_s)

    def flush(self) -> None:
        """Wait a while for what was logged so far, as whoever ends the process on the spot has to."""
        self.wait(FLUSH_S)

    def emit(self, record: logging.LogRecord) -> None:
        """Called with the handler's lock held. Never raises: the caller is in the middle of a tick, perhaps."""
        try:
            self._take(record)
        except Exception:  # noqa: BLE001 - as it says; it is counted, and told with the lines that are missing
            self.handleError(record)

    def tell_ended(self) -> float | None:
        """Tell what was held back in windows that are over. Answers in how many seconds the next one will be."""
        with self._locked():
            now_ns = self._clock.now_ns()
            self._tell(now_ns)
            due_ns = self._limiter.due_ns
        return None if due_ns is None else max(due_ns - now_ns, 0) / NS_PER_S

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Count it as lost: the standard library would write to standard error, and wait for its reader."""
        self._writer.lose()

    def _take(self, record: logging.LogRecord) -> None:
        now_ns = self._clock.now_ns()
        self._tell(now_ns)
        # The template, not the message: all that differ in their arguments only are of one kind.
        template = record.msg if isinstance(record.msg, str) else ""
        kind = (record.name, record.levelno, template)
        if self._limiter.admits(kind, now_ns, lambda: entry_of(record)):
            self._put(entry_of(record))

    @contextmanager
    def _locked(self) -> Generator[None]:
        """The lock that `emit` is called with; the writer's thread asks for it too."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def _tell(self, now_ns: int | None) -> None:
        for entry, suppressed in self._limiter.ended(now_ns):
            message = f"{entry.message} (suppressed {suppressed} of these)"
            self._put(replace(entry, message=message, fields={**entry.fields, "suppressed": suppressed}, trace=()))

    def _put(self, entry: Entry) -> None:
        self._writer.put(self._bytes(entry))

    def _bytes(self, entry: Entry) -> bytes:
        return f"{self._format(entry)}\n".encode()

    def _lost(self, lines: int) -> bytes:
        text = f"{lines} lines are missing here: the log was not read in time"
        return self._bytes(_ours("warning", text, {"lines_dropped": lines}))


def _ours(level: str, message: str, fields: dict[str, int]) -> Entry:
    return Entry(time.time(), level, __name__, message, fields)
