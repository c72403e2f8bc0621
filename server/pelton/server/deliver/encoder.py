"""One tick of one room as bytes, each form encoded at most once, however many read it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

from pelton.protocol.typed import encode_value, frame_body
from pelton.server.simulate.row import TableDelta

__all__ = ["TickEncoder"]

Tables: TypeAlias = Sequence[TableDelta | None]


class TickEncoder:
    """The bodies of a tick's frames. `whole` is asked only if a keyframe or a digest is needed."""

    def __init__(self, tick: int, changes: Tables, whole: Callable[[], Tables], with_digest: bool) -> None:
        self._tick = tick
        self._whole = whole
        self._state: Tables | None = None
        self._keyframe: bytes | None = None
        self._digest = zlib.crc32(encode_value(self._tables())) if with_digest else None
        self.delta = frame_body(tick, tick - 1, changes, self._digest)
        """What changed since the tick before, for those who were written that one."""

    def keyframe(self) -> bytes:
        """The whole state, for everybody else."""
        if self._keyframe is None:
            self._keyframe = frame_body(self._tick, 0, self._tables(), self._digest)
        return self._keyframe

    def _tables(self) -> Tables:
        if self._state is None:
            self._state = self._whole()
        return self._state
