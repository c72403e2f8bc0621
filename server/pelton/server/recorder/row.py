"""One tick as it is kept: when, how long each phase took, what held it up, and what it did."""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = ["BEFORE", "IS_FAULT", "IS_STEP", "LAYOUT", "PHASES", "REASONS", "TickRow", "unpack", "unpack_took"]

PHASES = ("merge", "pipeline", "game", "groups", "encode", "flush")
"""Every nanosecond of a tick's work is in one of these, so they add up to `took_ns`."""
BEFORE = ("lag", "poll")
"""What came before the work: the loop's timer was late, and the sockets were looked at."""
REASONS = ("late", "overflow", "invalid", "rate", "not_allowed")
"""Why actions are refused, in the order of the row's counts."""

LAYOUT = struct.Struct("<IqB 14f bIIHII 10I 5I")
"""A row as it lies in memory, the callback by its number."""
IS_STEP, IS_FAULT = 1, 2


class TickRow(NamedTuple):
    """A tick. Durations are in nanoseconds, exact to one part in ten million (they are kept as 32-bit floats)."""

    tick: int
    begun_ns: int
    """On the server's monotonic clock."""
    flags: int
    """1: run by hand while the room was paused; 2: not finished, as the game's code raised."""
    budget_ns: int
    took_ns: int
    """The work: all phases from `merge_ns` to `flush_ns`."""
    lag_ns: int
    """How late the loop's timer was, before any work of this turn."""
    late_ns: int
    """How late the tick began: lag, look at the sockets, and the rooms that came before."""
    poll_ns: int
    """The look at the sockets of this turn, which serves all of its rooms."""
    merge_ns: int
    pipeline_ns: int
    game_ns: int
    groups_ns: int
    encode_ns: int
    flush_ns: int
    cpu_ns: int
    """What the thread ran of that; the rest it waited, or others had the core."""
    gc_ns: int
    """Garbage collections that fell into it."""
    callback_ns: int
    gc_generation: int
    """The oldest that was collected; -1 for none."""
    switches: int
    """Times the system took the core away; asked only if the tick stood still for a while, as the next."""
    waits: int
    """Times the thread gave the core up itself, to wait for something. No tick should."""
    callback: str
    """The slowest part of the game; empty if none took long enough to be noted."""
    callback_player: int
    """For whom; 0 for nobody."""
    callback_calls: int
    actions: int
    """Taken by the game."""
    deferred: int
    """Players with actions left for the next tick."""
    players: int
    frames: int
    """Sent."""
    skipped: int
    """Clients that were busy with an earlier frame."""
    paced: int
    """Clients that are behind and were not to get one."""
    keyframes: int
    joined: int
    left: int
    bytes_out: int
    refused_late: int
    """Since the tick before, here and below."""
    refused_overflow: int
    refused_invalid: int
    refused_rate: int
    refused_not_allowed: int

    @property
    def is_step(self) -> bool:
        return bool(self.flags & IS_STEP)

    @property
    def is_fault(self) -> bool:
        return bool(self.flags & IS_FAULT)

    @property
    def is_overrun(self) -> bool:
        """Whether the work took longer than the time there is for it."""
        return self.took_ns > self.budget_ns

    @property
    def idle_ns(self) -> int:
        """What the thread did not run while the tick was under way."""
        return max(self.took_ns - self.cpu_ns, 0)

    @property
    def refused(self) -> dict[str, int]:
        """How many by reason."""
        return dict(zip(REASONS, self[-len(REASONS) :], strict=True))  # type: ignore[arg-type] # the last are all int


def unpack(data: bytes | bytearray, offset: int, names: list[str]) -> TickRow:
    """Read a row; `names` are those of the callbacks."""
    values = list(LAYOUT.unpack_from(data, offset))
    for index in _FLOATS:
        values[index] = round(values[index])
    values[_NAME] = names[values[_NAME]]
    return TickRow(*values)


def unpack_took(data: bytes | bytearray, offset: int) -> float:
    """Of a row only `took_ns`, which is a tenth of the work."""
    took: float = _TOOK.unpack_from(data, offset + _TOOK_AT)[0]
    return took


_NAME = TickRow._fields.index("callback")
_FLOATS = [index for index, name in enumerate(TickRow._fields) if name.endswith("_ns") and name != "begun_ns"]
_TOOK = struct.Struct("<f")
_TOOK_AT = struct.calcsize("<IqBf")
