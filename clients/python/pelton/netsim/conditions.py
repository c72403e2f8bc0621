"""What a connection suffers: a value with checked bounds, and the short form in which people write it.

Imports nothing heavy: the command line reads its arguments with it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

__all__ = ["KEYS", "BadConditions", "Conditions", "did_you_mean", "short"]


class BadConditions(ValueError):
    """Conditions that cannot be. The message names the key, and says what would be right."""


class _Bounds(NamedTuple):
    """A number between `low` and `high`; `or_zero` if 0 stands for never, or for no limit."""

    low: float
    high: float
    or_zero: bool = False

    def admit(self, value: float) -> bool:
        return self.low <= value <= self.high or (self.or_zero and value == 0)

    def __str__(self) -> str:
        return f"{'0, or ' if self.or_zero else ''}{self.low:g} to {self.high:g}"


_BOUNDS: Mapping[str, _Bounds] = {
    "latency_ms": _Bounds(0, 60_000),
    "jitter_ms": _Bounds(0, 60_000),
    "up_kbit_s": _Bounds(1, 1e8, or_zero=True),
    "down_kbit_s": _Bounds(1, 1e8, or_zero=True),
    "loss": _Bounds(0, 0.5),
    "rto_min_ms": _Bounds(1, 60_000),
    "buffer_bytes": _Bounds(1460, 2**26),
    "freeze_every_s": _Bounds(0.1, 1e6, or_zero=True),
    "freeze_ms": _Bounds(0, 600_000),
    "reset_every_s": _Bounds(0.001, 1e6, or_zero=True),
    "half_open_every_s": _Bounds(0.001, 1e6, or_zero=True),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a connection suffers. Each field's default is a line that suffers nothing of the kind.

    A value out of its bounds raises BadConditions.
    """

    latency_ms: float = 0.0
    """On the way in one direction, at least."""
    jitter_ms: float = 0.0
    """Mean of what comes on top of the latency of each message: exponentially distributed."""
    up_kbit_s: float = 0.0
    """Bandwidth from the client; 0 is unlimited."""
    down_kbit_s: float = 0.0
    """Bandwidth to the client; 0 is unlimited."""
    loss: float = 0.0
    """Share of the segments that are lost, each time they are sent."""
    rto_min_ms: float = 200.0
    """Least margin of the retransmission time-out above the round trip. RFC 6298 says 1 s, Linux does with 200 ms."""
    buffer_bytes: int = 65_536
    """What a sender may have waiting to depart, in each direction."""
    freeze_every_s: float = 0.0
    """Mean time from the end of one freeze to the next; 0 is never."""
    freeze_ms: float = 0.0
    """How long nothing moves in either direction."""
    reset_every_s: float = 0.0
    """Mean life of a connection until it is reset, in the middle of what is under way; 0 is never."""
    half_open_every_s: float = 0.0
    """Mean life of a connection until it falls silent: bytes vanish, and no end is seen; 0 is never."""
    throttled: bool = False
    """A tab in the background: what the client sends and receives is handled on whole seconds."""

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))
        if bool(self.freeze_every_s) != bool(self.freeze_ms):
            has, lacks = ("freeze_every_s", "freeze_ms") if self.freeze_every_s else ("freeze_ms", "freeze_every_s")
            raise BadConditions(f"{has} without {lacks}: a freeze needs both, how often and how long")

    def describe(self) -> str:
        """A short line for people."""
        parts = [
            f"{short(self.latency_ms)} ms" + (f" + {short(self.jitter_ms)} ms jitter" if self.jitter_ms else ""),
            f"{_rate(self.up_kbit_s)} up, {_rate(self.down_kbit_s)} down",
            f"{short(100 * self.loss)} % loss" if self.loss else "",
            f"freezes {short(self.freeze_ms)} ms every {short(self.freeze_every_s)} s" if self.freeze_every_s else "",
            f"reset every {short(self.reset_every_s)} s" if self.reset_every_s else "",
            f"half-open every {short(self.half_open_every_s)} s" if self.half_open_every_s else "",
            "throttled" if self.throttled else "",
        ]
        return ", ".join(part for part in parts if part)


KEYS: tuple[str, ...] = tuple(field.name for field in fields(Conditions))


def short(number: float) -> str:
    """A number without a tail: 12, 0.25, 1,600."""
    return f"{number:,.3f}".rstrip("0").rstrip(".")


def did_you_mean(word: str, known: tuple[str, ...], what: str) -> str:
    """The end of an error about an unknown word."""
    listed = f"{what}: {', '.join(known)}"
    close = difflib.get_close_matches(word, known, n=1)
    return f'did you mean "{close[0]}"? ({listed})' if close else listed


def _check(key: str, value: object) -> None:
    if key == "throttled":
        good, right = isinstance(value, bool), "true or false"
    else:
        whole, bounds = key == "buffer_bytes", _BOUNDS[key]
        is_number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        good = is_number and isinstance(value, (int, float)) and bounds.admit(value)
        right = f"{'a whole number' if whole else 'a number'}, {bounds}"
    if not good:
        raise BadConditions(f"{key}: expected {right}, got {value!r}")


def _rate(kbit_s: float) -> str:
    if not kbit_s:
        return "unlimited"
    return f"{short(kbit_s)} kbit/s" if kbit_s < 10_000 else f"{short(kbit_s / 1000)} Mbit/s"
