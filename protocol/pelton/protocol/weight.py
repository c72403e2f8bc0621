"""Messages that are small on the wire and large in memory, found before they are decoded.

`msgpack` makes room for all that an array announces before it looks whether it is there: 4 KiB of nothing but headers,
each within the one before, cost 20 MB and a tenth of a second. Arrays without anything in them cost 64 bytes for one.
"""

from __future__ import annotations

__all__ = ["is_bomb"]

BUDGET_BYTES = 100_000
"""Room that all headers together might ask for without anybody looking closer."""
POINTER_BYTES = 8
BYTES_A_CONTAINER = 3
"""No message of ours has more arrays and maps than one in so many bytes."""
BYTES_A_WIDE = 64
"""In noise every 128th byte could begin a long array; where it is every 64th, that is no noise."""
SHORT_MAX = 4096
"""In longer ones so much looks like a header that it is quicker to read them."""
FEW = 64
"""Except that small ones may."""

_MAPS_END, _ARRAYS_END, _TEXTS_END, _NEGATIVE = 0x90, 0xA0, 0xC0, 0xE0
_PLAIN = dict.fromkeys((0xC0, 0xC2, 0xC3), 0) | dict(
    zip(range(0xCA, 0xD4), (4, 8, 1, 2, 4, 8, 1, 2, 4, 8), strict=True)
)
"""Of what has a fixed length, how many bytes follow the first."""
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
"""Of bytes and texts, in how many bytes the length is told."""
_WIDE = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
"""Of long arrays and maps the same, and how many values an entry is."""


def is_bomb(payload: bytes) -> bool:
    """Whether decoding would take memory out of proportion. False does not say that the payload is a message."""
    size = len(payload)
    if payload.count(0x80) + payload.count(0x90) <= FEW + size // BYTES_A_CONTAINER:
        wide = payload.count(0xDC) + payload.count(0xDD)
        if wide * size * POINTER_BYTES <= BUDGET_BYTES:
            return False  # nearly always
        if size <= SHORT_MAX and wide <= size // BYTES_A_WIDE and _announced(payload) * POINTER_BYTES <= BUDGET_BYTES:
            return False  # packed numbers look like headers now and then
    return _walk(payload)


def _announced(payload: bytes) -> int:
    """Elements of all that could be long arrays; those of more than there are bytes are refused by any decoder."""
    size, total = len(payload), 0
    for first, width in ((0xDC, 2), (0xDD, 4)):
        at = payload.find(first)
        while at >= 0:
            length = int.from_bytes(payload[at + 1 : at + 1 + width], "big")
            total += length if length <= size else 0
            at = payload.find(first, at + 1)
    return total


def _walk(payload: bytes) -> bool:
    """Read nothing but the headers: what is still to come must have a byte left for each."""
    size = len(payload)
    at, due, containers, containers_max = 0, 1, 0, FEW + size // BYTES_A_CONTAINER
    while due and at < size:
        first = payload[at]
        at, due = at + 1, due - 1
        if first < 0x80 or first >= _NEGATIVE:
            continue
        if first < _ARRAYS_END:
            due += (first & 0x0F) * (2 if first < _MAPS_END else 1)
            containers += 1
        elif first < _TEXTS_END:
            at += first & 0x1F
        elif first in _PLAIN:
            at += _PLAIN[first]
        elif first in _SIZED:
            end = at + _SIZED[first]
            at = end + int.from_bytes(payload[at:end], "big")
        elif first in _WIDE:
            width, values = _WIDE[first]
            due += int.from_bytes(payload[at : at + width], "big") * values
            at, containers = at + width, containers + 1
        else:
            return False  # an extension, or nothing at all: the decoder refuses it where it stands
        if due > size - at or containers > containers_max:
            return True
    return False
