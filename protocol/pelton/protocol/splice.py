"""Heads of MessagePack values, for bytes that are put together from parts that are encoded already."""

from __future__ import annotations

__all__ = ["NIL", "array_head", "binary"]

NIL = b"\xc0"

_FIXARRAY_MAX = 15


def array_head(length: int) -> bytes:
    """What stands before `length` values to make an array of them, in the shortest format."""
    if length <= _FIXARRAY_MAX:
        return bytes((0x90 | length,))
    if length < 1 << 16:
        return b"\xdc" + length.to_bytes(2)
    return b"\xdd" + length.to_bytes(4)


def binary(content: bytes) -> bytes:
    """Bytes as a value, in the shortest format."""
    length = len(content)
    if length < 1 << 8:
        return b"\xc4" + bytes((length,)) + content
    if length < 1 << 16:
        return b"\xc5" + length.to_bytes(2) + content
    return b"\xc6" + length.to_bytes(4) + content
