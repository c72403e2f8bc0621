"""Makes hostile bytes out of good ones: the same for the same `Random`, so that a seed is all a finding needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from pelton.protocol.plain import encode_value

__all__ = ["any_value", "chop", "mutate"]

# Bytes with a meaning: limits of lengths and numbers, headers of MessagePack that announce a lot, ends of lines.
TOKENS = [
    *(b"\x00", b"\x01", b"\x7d", b"\x7e", b"\x7f", b"\x80", b"\xff", b"\xff\xff", b"\xff" * 4, b"\xff" * 8),
    *(b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00" * 8, b"\x00\x20\x00\x00\x00\x00\x00\x00"),
    *(b"\x90", b"\x91", b"\x9f", b"\xdc\x00\x40", b"\xdc\xff\xff", b"\xdd\x00\x00\x10\x00", b"\xdd\xff\xff\xff\xff"),
    *(b"\x81\xa1k", b"\xde\x00\x10", b"\xdf\xff\xff\xff\xff", b"\xa1\xff", b"\xd9\xff", b"\xdb\xff\xff\xff\xff"),
    *(b"\xc0", b"\xc1", b"\xc2", b"\xc3", b"\xc4\x10", b"\xc6\xff\xff\xff\xff", b"\xc7\xff\x01", b"\xd4\xff\x00"),
    *(b"\xca\x7f\xc0\x00\x00", b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", b"\xcb\xff\xf8\x00\x00\x00\x00\x00\x00"),
    *(b"\xcf" + b"\xff" * 8, b"\xd3\x80" + b"\x00" * 7, b"\xed\xa0\x80", b"\xf4\x90\x80\x80"),
    *(b"\r\n", b"\r\n\r\n", b"\n", b": ", b"\x00\r\n", b"%00", b"/../", b"HTTP/1.1", b"\xc3\xa9"),
]


def _flip(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _replace(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _step(data: bytearray, random: Random) -> None:
    if data:
        at = random.randrange(len(data))
        data[at] = (data[at] + random.choice((-1, 1))) % 256


def _insert(data: bytearray, random: Random) -> None:
    at = random.randint(0, len(data))
    data[at:at] = random.choice(TOKENS) if random.random() < 0.7 else random.randbytes(random.randint(1, 8))


def _overwrite(data: bytearray, random: Random) -> None:
    token = random.choice(TOKENS)
    at = random.randint(0, len(data))
    data[at : at + len(token)] = token


def _cut(data: bytearray, random: Random) -> None:
    at = random.randint(0, len(data))
    del data[at : at + random.randint(1, 8)]


def _end(data: bytearray, random: Random) -> None:
    del data[random.randint(0, len(data)) :]


def _repeat(data: bytearray, random: Random) -> None:
    at = random.randint(0, len(data))
    unit = bytes(data[at : at + random.choice((1, 1, 2, 3, 5, 9))])
    data[at:at] = unit * random.choice((1, 2, 8, 64, 1100 if random.random() < 0.02 else 16))


CHANGES: list[Callable[[bytearray, Random], None]] = [
    *(_flip, _replace, _step, _insert, _overwrite, _cut, _end, _repeat),
]


def mutate(data: bytes, corpus: Sequence[bytes], random: Random) -> bytes:
    """Some bytes changed, put in, taken out or repeated; sometimes the end of another of the corpus; sometimes none."""
    changed = bytearray(data)
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5, 8))):
        random.choice(CHANGES)(changed, random)
    if random.random() < 0.1:
        other = random.choice(corpus)
        del changed[random.randint(0, len(changed)) :]
        changed += other[random.randint(0, len(other)) :]
    return bytes(changed)


def chop(data: bytes, random: Random, pieces_max: int = 6) -> list[bytes]:
    """The same in pieces, most often in one."""
    if random.random() < 0.5 or not data:
        return [data]
    cuts = sorted(random.randint(0, len(data)) for _ in range(random.randint(1, pieces_max - 1)))
    return [data[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True)]


LEAVES: list[Any] = [
    *(None, True, False, 0, 1, -1, 127, 128, 2**31, 2**32, 2**53 - 1, 2**53, 2**63, -(2**63), 2**64 - 1),
    *(0.5, -0.0, 1e308, float("inf"), float("-inf"), float("nan"), "", "steer", "ä🎲", "\x00", b"", b"\x00" * 16),
]


def any_value(random: Random, depth: int = 3) -> Any:
    """Any value that MessagePack can carry."""
    dice = random.random()
    if depth and dice < 0.3:
        return [any_value(random, depth - 1) for _ in range(random.randint(0, 5))]
    if depth and dice < 0.4:
        return {_key(random): any_value(random, depth - 1) for _ in range(random.randint(0, 4))}
    return random.choice(LEAVES)


def _key(random: Random) -> Any:
    return random.choice(("name", "", "x" * 33, 1, None, b"k", 0.5))


def any_message(random: Random, numbers: Sequence[int]) -> bytes:
    """An array that begins as a message does, and goes on as it likes."""
    return encode_value([random.choice(numbers), *(any_value(random) for _ in range(random.randint(0, 8)))])
