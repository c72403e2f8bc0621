"""Bytes under way in one direction: taken when the model has room, handed out when it says that they arrive. Pure."""

from __future__ import annotations

import math
from collections import deque

from pelton.netsim.way import Way

__all__ = ["SLICE_BYTES", "WINDOW_BYTES", "Flow"]

SLICE_BYTES = 16_384
"""What is handed out at a time: others have their turn in between."""
WINDOW_BYTES = 2**20
"""What may be under way at a time, as a receiver's window: the memory that one direction of a connection may cost."""


class Flow:
    """The bytes that follow a `Way`, and behind them the end: in order (FIN), or because it broke (RST)."""

    __slots__ = ("_end_s", "_held", "_pieces", "_silent_room", "_way", "arrived_bytes", "broke", "ending", "told")

    def __init__(self, way: Way) -> None:
        self.arrived_bytes = 0
        self.ending = False
        """The sender has sent its end."""
        self.broke = False
        """That end is no orderly one."""
        self.told = False
        """The receiver knows of the end."""
        self._way = way
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._end_s = math.inf
        self._silent_room: int | None = None

    @property
    def stalls(self) -> int:
        """Segments that were lost so far."""
        return self._way.stalls

    @property
    def next_s(self) -> float:
        """When the next bytes arrive, or the end; `math.inf` if nothing is under way."""
        return self._pieces[0][0] if self._pieces else self._end_s

    def room(self, now_s: float) -> int:
        """How many bytes it takes now. While what has arrived is not taken, that is no more than the buffer holds."""
        if self.ending:
            return 0
        if self._silent_room is not None:
            return self._silent_room
        waits = bool(self._pieces) and self._pieces[0][0] <= now_s
        window = self._way.buffer_bytes if waits else WINDOW_BYTES
        return max(0, min(self._way.room(now_s), window - self._held))

    def more_room_s(self, now_s: float) -> float:
        """When the sender's buffer has more room; `math.inf` if all has departed, and only arrivals make room."""
        return math.inf if self._silent_room is not None else self._way.more_room_s(now_s)

    def take(self, now_s: float, data: bytes) -> None:
        """Send on; the caller has asked for room."""
        if self._silent_room is not None:
            self._silent_room = max(0, self._silent_room - len(data))
            return
        start = 0
        for at_s, size in self._way.send(now_s, len(data)):
            self._pieces.append((at_s, data[start : start + size]))
            start += size
        self._held += start

    def end(self, now_s: float, *, broke: bool = False) -> None:
        """Nothing more is sent. Also this travels, behind the bytes."""
        self.broke = self.broke or broke
        if not self.ending:
            self.ending = True
            if self._silent_room is None:
                self._end_s = self._way.send(now_s, 0)[0][0]

    def arrived(self, now_s: float) -> bytes:
        """The next bytes that have arrived, a slice at most."""
        pieces, size = self._pieces, 0
        parts: list[bytes] = []
        while pieces and size < SLICE_BYTES and pieces[0][0] <= now_s:
            at_s, part = pieces.popleft()
            if size + len(part) > SLICE_BYTES:
                rest = SLICE_BYTES - size
                pieces.appendleft((at_s, part[rest:]))
                part = part[:rest]
            parts.append(part)
            size += len(part)
        self._held -= size
        self.arrived_bytes += size
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def ended(self, now_s: float) -> bool:
        """Whether the end has arrived, and with it all bytes."""
        return not self._pieces and self._end_s <= now_s

    def cut(self, share: float) -> bytes:
        """It is cut off in the middle of the next piece: as much of it as still arrives. The rest is gone."""
        part = self._pieces[0][1] if self._pieces else b""
        part = part[: int(share * len(part))]
        self.arrived_bytes += len(part)
        self._pieces.clear()
        self._held = 0
        return part

    def silence(self, now_s: float) -> None:
        """From now on all bytes vanish. As nobody acknowledges any, the sender's buffer fills up, and stays full."""
        self._silent_room = self._way.room(now_s)
        self._end_s = math.inf
        self._pieces.clear()
        self._held = 0
