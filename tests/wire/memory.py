"""A channel without an operating system."""

from __future__ import annotations


class MemoryChannel:
    """The seam, and nothing behind it. Takes as many bytes as there is room for."""

    peer = "memory"

    def __init__(self) -> None:
        self.taken = b""
        self.room: int | None = None
        """How many more bytes it takes; None: any number."""
        self.watched = self.paused = self.finished = self.aborted = self.wants_again = False

    def write(self, data: bytes) -> int:
        assert not self.finished, "a write after the end"
        count = 0 if self.aborted else len(data) if self.room is None else min(len(data), self.room)
        self.taken += data[:count]
        if self.room is not None:
            self.room -= count
        return count

    def watch_writable(self, wanted: bool) -> None:
        self.watched = wanted

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused, self.wants_again = False, True

    def again(self) -> None:
        self.wants_again = True

    def finish(self) -> None:
        assert not self.finished, "one end is enough"
        self.finished, self.paused = True, False

    def abort(self) -> None:
        self.aborted = True
