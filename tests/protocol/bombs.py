"""Messages that are small on the wire and want to be large in memory, or slow: by name, in any size."""

from __future__ import annotations

from collections.abc import Callable

from pelton.protocol.plain import encode_value

__all__ = ["BOMBS", "CLIENT_WRAPS", "SERVER_WRAPS", "SIZES"]

SIZES = (1024, 4096, 16_384, 65_536)


def _array32(size: int) -> bytes:
    return (b"\xdd" + (size // 2).to_bytes(4, "big")) * (size // 5)


def _array16(size: int) -> bytes:
    return (b"\xdc" + min(size // 2, 0xFFFF).to_bytes(2, "big")) * (size // 3)


def _staircase(size: int) -> bytes:
    """Each announces just what could still come."""
    return b"".join(b"\xdd" + (size - at - 5).to_bytes(4, "big") for at in range(0, size - 5, 5))


def _full(element: bytes) -> Callable[[int], bytes]:
    """An array of one small thing over and over."""
    return lambda size: (
        b"\xdd" + ((size - 5) // len(element)).to_bytes(4, "big") + element * ((size - 5) // len(element))
    )


def _keys(size: int) -> bytes:
    pairs = [encode_value(index) + b"\xc0" for index in range(size // 6)]
    return b"\xdf" + len(pairs).to_bytes(4, "big") + b"".join(pairs)


BOMBS: dict[str, Callable[[int], bytes]] = {
    "nested array32": _array32,
    "nested array16": _array16,
    "nested array32, each plausible": _staircase,
    "nested map32": lambda size: (b"\xdf\x00\x00\x00\x40\xa1k") * (size // 7),
    "nested map16": lambda size: (b"\xde\x00\x40\xa1k") * (size // 5),
    "nested arrays of 1": lambda size: b"\x91" * size,
    "nested arrays of 15": lambda size: b"\x9f" * size,
    "nested maps of 1": lambda size: b"\x81\xa1k" * (size // 3),
    "an array of empty arrays": _full(b"\x90"),
    "an array of empty maps": _full(b"\x80"),
    "an array of nil": _full(b"\xc0"),
    "an array of numbers of 8 bytes": _full(b"\xcf" + b"\xff" * 8),
    "an array of infinities": _full(b"\xcb\x7f\xf0" + b"\x00" * 6),
    "an array of texts": _full(b"\xa1x"),
    "an array of arrays of one text": _full(b"\x91\xa1x"),
    "keys that are numbers": _keys,
    "a text": lambda size: b"\xdb" + (size - 5).to_bytes(4, "big") + b"x" * (size - 5),
    "a text that is not UTF-8": lambda size: b"\xdb" + (size - 5).to_bytes(4, "big") + b"\xff" * (size - 5),
    "a text of 4 GiB": lambda size: b"\xdb" + b"\xff" * (size - 1),
    "bytes of 4 GiB": lambda size: b"\xc6" + b"\xff" * (size - 1),
    "an extension of 4 GiB": lambda size: b"\xc9" + b"\xff" * (size - 1),
    "an array of 2^32 - 1": lambda size: b"\xdd" + b"\xff" * (size - 1),
    "a map of 2^32 - 1": lambda size: b"\xdf" + b"\xff" * (size - 1),
}

# Where a bomb can stand: what comes before it in a message.
SERVER_WRAPS = {
    "alone": b"",
    "as an action": b"\x93\x04\x01",
    "in an action": b"\x93\x04\x01\x93\xa5steer",
    "as the options of a join": b"\x94\x02\x00\xa5arena",
    "in the options of a join": b"\x94\x02\x00\xa5arena\x81\xa4name",
    "as groups of a resync": b"\x92\x07",
    "as a name": b"\x92\x01",
}
CLIENT_WRAPS = {
    "alone": b"",
    "as refusals": b"\x97\x14\x00",
    "as hidden groups": b"\x97\x14\x00\x90\x01\x00",
    "as parts": b"\x97\x14\x00\x90\x01\x00\x90",
    "as a block": b"\x97\x14\x00\x90\x01\x00\x90\x91\x97\x00\x00\xc2\xc0\xc0",
    "as events": b"\x98\x18\x00\x90",
    "as columns": b"\x98\x11\xa1r\xa1g\x01\x14\x00\x90",
    "as a reason": b"\x93\x12",
}
