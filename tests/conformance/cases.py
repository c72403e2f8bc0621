"""What RFC 6455 asks of a server, as a table: frames to send, and what must come back.

Grouped like the suites that others wrote, so that a case found there has its place here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.wire.fakes import BINARY, CLOSE, CONT, PING, PONG, TEXT, frame

Answer = tuple[int, bytes]

PROTOCOL_ERROR, TEXT_FRAME, NOT_UTF8, TOO_BIG, BAD_MESSAGE = 1002, 1003, 1007, 1009, 4400
NO_CODE = 1005
GAME_MESSAGE_MAX = 4096
LONGEST_HEAD = frame(b"", declared=1 << 16)


@dataclass(frozen=True, slots=True)
class Case:
    """`frames` are sent in pieces of so many bytes, or at once; `code` is that of the goodbye, None if it stays."""

    name: str
    frames: tuple[bytes, ...]
    answers: tuple[Answer, ...] = ()
    code: int | None = None
    piece: int = 0

    @property
    def game_code(self) -> int | None:
        """The goodbye of a game server, to which text is none and an echo's bytes are no message."""
        first = next((data for data in self.frames if not _is_control(data)), b"")
        if first[:1] in (b"\x81", b"\x01") and first[1] & 0x80:
            return TOO_BIG if len(first) > GAME_MESSAGE_MAX + len(LONGEST_HEAD) else TEXT_FRAME
        spoken = [payload for opcode, payload in self.answers if opcode == BINARY]
        if not spoken:
            return self.code
        fragments = sum(not _is_control(data) for data in self.frames)
        return TOO_BIG if len(spoken[0]) > GAME_MESSAGE_MAX or fragments > 64 else BAD_MESSAGE


def _is_control(data: bytes) -> bool:
    return 0x89 <= data[0] <= 0x8A and data[1] & 0x7F <= 125


def parts(opcode: int, *payloads: bytes) -> tuple[bytes, ...]:
    """One message in so many fragments."""
    last = len(payloads) - 1
    return tuple(frame(payload, CONT if index else opcode, fin=index == last) for index, payload in enumerate(payloads))


def chopped(payload: bytes, size: int) -> list[bytes]:
    """The payload in pieces of this size."""
    return [payload[start : start + size] for start in range(0, len(payload), size)] or [b""]


KINDS = {"text": TEXT, "binary": BINARY}


def framing() -> Iterator[Case]:
    """Whole messages of every form of length, in one piece or many."""
    for kind, opcode in KINDS.items():
        for length in (0, 1, 125, 126, 127, 128, 65_535, 65_536):
            payload = (b"*" if kind == "text" else b"\xfe") * length
            whole = Case(f"{kind} of {length}", (frame(payload, opcode),), ((opcode, payload),))
            yield whole
            yield replace(whole, name=f"{whole.name} in pieces", piece=1 if length < 1000 else 997)


def pings() -> Iterator[Case]:
    """Pings and pongs."""
    for payload in (b"", b"hello", bytes(range(0xF0, 0x100)), b"\xfe" * 125):
        case = Case(f"a ping of {len(payload)}", (frame(payload, PING),), ((PONG, payload),))
        yield case
        yield replace(case, name=f"{case.name} in pieces", piece=1)
    yield Case("a ping of 126", (frame(b"\xfe" * 126, PING),), code=PROTOCOL_ERROR)
    yield Case("a pong of 126", (frame(b"\xfe" * 126, PONG),), code=PROTOCOL_ERROR)
    yield Case("a pong that nobody asked for", (frame(b"so", PONG),))
    yield Case("a pong, then a ping", (frame(b"so", PONG), frame(b"x", PING)), ((PONG, b"x"),))
    ten = [b"ping %d" % index for index in range(10)]
    asked = tuple(frame(payload, PING) for payload in ten)
    yield Case("ten pings", asked, tuple((PONG, payload) for payload in ten))
    yield Case("ten pings in pieces", asked, tuple((PONG, payload) for payload in ten), piece=1)


def reserved() -> Iterator[Case]:
    """Reserved bits and opcodes, masks that are missing."""
    before, echoed, ping = frame(b"first", TEXT), (TEXT, b"first"), frame(b"", PING)
    for bits in range(1, 8):
        for name, opcode in (*KINDS.items(), ("ping", PING), ("pong", PONG), ("close", CLOSE), ("continuation", CONT)):
            wrong = frame(b"", opcode, reserved=bits)
            yield Case(f"a {name} with reserved bits {bits}", (wrong,), code=PROTOCOL_ERROR)
        wrong = frame(b"x", BINARY, reserved=bits)
        yield Case(f"text, bits {bits}, a ping", (before, wrong, ping), (echoed,), PROTOCOL_ERROR)
        yield Case(f"the same in pieces, bits {bits}", (before, wrong, ping), (echoed,), PROTOCOL_ERROR, piece=1)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"reserved"):
            wrong = frame(payload, opcode)
            yield Case(f"opcode {opcode} with {len(payload)} bytes", (wrong,), code=PROTOCOL_ERROR)
        yield Case(f"opcode {opcode} between", (before, frame(b"", opcode), ping), (echoed,), PROTOCOL_ERROR)
    for name, opcode in (*KINDS.items(), ("ping", PING), ("pong", PONG), ("close", CLOSE)):
        yield Case(f"a {name} without a mask", (frame(b"xx", opcode, mask=None),), code=PROTOCOL_ERROR)


def fragments() -> Iterator[Case]:
    """Fragments in all orders, with control frames between them."""
    ping, pong = frame(b"between", PING), (PONG, b"between")
    for kind, opcode in KINDS.items():
        for count in (2, 3, 10, 64):
            payloads = [b"%d," % index for index in range(count)]
            whole = (opcode, b"".join(payloads))
            case = Case(f"{kind} in {count} fragments", parts(opcode, *payloads), (whole,))
            yield case
            yield replace(case, name=f"{case.name} and pieces", piece=1)
            mixed = tuple(one for part in case.frames for one in (part, ping))
            answers = (*[pong] * (count - 1), whole, pong)
            yield Case(f"{kind} in {count} fragments, pings between", mixed, answers)
        one, two = parts(opcode, b"one", b"two")
        empty = parts(opcode, b"", b"", b"")
        yield Case(f"{kind} of empty fragments", empty, ((opcode, b""),))
        yield Case(f"{kind} with text only in the middle", parts(opcode, b"", b"x", b""), ((opcode, b"x"),))
        yield Case(f"{kind}, then a new one within it", (one, frame(b"new", opcode), two), code=PROTOCOL_ERROR)
        yield Case(f"{kind}, then a new first fragment", (one, one), code=PROTOCOL_ERROR)
        yield Case(f"{kind} after an orphan", (two, frame(b"x", opcode)), code=PROTOCOL_ERROR)
        again = (one, two, one, two)
        yield Case(f"{kind} twice in fragments", again, ((opcode, b"onetwo"),) * 2)
        yield Case(f"{kind}, its end, another end", (one, two, two), ((opcode, b"onetwo"),), PROTOCOL_ERROR)
    for name, opcode in (("ping", PING), ("pong", PONG), ("close", CLOSE)):
        yield Case(f"the first fragment of a {name}", (frame(b"", opcode, fin=False),), code=PROTOCOL_ERROR)
        halves = (frame(b"a", opcode, fin=False), frame(b"b", CONT))
        yield Case(f"a {name} in two fragments", halves, code=PROTOCOL_ERROR)
    for fin in (False, True):
        orphan = frame(b"orphan", CONT, fin=fin)
        yield Case(f"a continuation of nothing, fin {fin}", (orphan,), code=PROTOCOL_ERROR)
        yield Case(f"the same in pieces, fin {fin}", (orphan, frame(b"x")), code=PROTOCOL_ERROR, piece=1)


UTF8 = {
    "kosme": "κόσμε".encode(),
    "two bytes": b"\xc2\x80\xdf\xbf",
    "three bytes": b"\xe0\xa0\x80\xef\xbf\xbf",
    "four bytes": b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
    "around the surrogates": b"\xed\x9f\xbf\xee\x80\x80",
    "not characters": b"\xef\xbf\xbe\xef\xb7\x90\xf0\x9f\xbf\xbe",
    "a zero": b"\x00",
}
NOT_UTF8S = {
    "a lone continuation": b"\x80",
    "the last continuation": b"\xbf",
    "continuations": b"\x80\xbf\x80\xbf",
    "lonely starts": b"\xc0 \xc1 \xe0 \xf0 ",
    "an impossible byte": b"\xfe",
    "another": b"\xff\xff",
    "overlong, two bytes": b"\xc0\xaf",
    "overlong, three bytes": b"\xe0\x80\xaf",
    "overlong, four bytes": b"\xf0\x80\x80\xaf",
    "overlong, five bytes": b"\xf8\x80\x80\x80\xaf",
    "overlong zero": b"\xc0\x80",
    "the first surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "the last surrogate": b"\xed\xbf\xbf",
    "beyond the last code point": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "cut off after one": b"\xce",
    "cut off after two": b"\xe2\x82",
    "cut off after three": b"\xf0\x9f\x98",
}


def utf8() -> Iterator[Case]:
    """Text that is UTF-8, and text that is not, wherever it is cut."""
    for name, payload in UTF8.items():
        for size in (1, 2, 3):
            spread = parts(TEXT, *chopped(payload, size))
            yield Case(f"{name} in fragments of {size}", spread, ((TEXT, payload),))
        yield Case(f"{name} in pieces", (frame(payload, TEXT),), ((TEXT, payload),), piece=1)
        yield Case(f"{name} as binary", (frame(payload),), ((BINARY, payload),))
    for name, wrong in NOT_UTF8S.items():
        around = b"before " + wrong
        yield Case(name, (frame(wrong, TEXT),), code=NOT_UTF8)
        yield Case(f"{name} after text", (frame(around, TEXT),), code=NOT_UTF8, piece=1)
        yield Case(f"{name} in fragments of one byte", parts(TEXT, *chopped(around, 1)), code=NOT_UTF8)
        yield Case(f"{name} as binary", (frame(wrong),), ((BINARY, wrong),))
        if not name.startswith("cut off"):
            unended = frame(wrong + b" ", TEXT, fin=False)
            yield Case(f"{name} is noticed before the message ends", (unended,), code=NOT_UTF8)
    good = (frame(b"\xce", TEXT, fin=False), frame(b"\xba", CONT))
    yield Case("a code point in two fragments, twice", good + good, ((TEXT, b"\xce\xba"),) * 2)
    pinged = (good[0], frame(b"p", PING), good[1])
    yield Case("a ping within a code point", pinged, ((PONG, b"p"), (TEXT, b"\xce\xba")))


CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
NO_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)


def goodbyes() -> Iterator[Case]:
    """Close frames, and what comes after one."""
    bye = frame(b"\x03\xe8", CLOSE)
    yield Case("an empty goodbye", (frame(b"", CLOSE),), code=NO_CODE)
    yield Case("half a code", (frame(b"\x03", CLOSE),), code=PROTOCOL_ERROR)
    yield Case("a goodbye in pieces", (bye,), code=1000, piece=1)
    for code in CODES:
        yield Case(f"code {code}", (frame(code.to_bytes(2, "big"), CLOSE),), code=code)
        yield Case(f"code {code} and a reason", (frame(code.to_bytes(2, "big") + b"bye", CLOSE),), code=code)
    for code in NO_CODES:
        yield Case(f"code {code}, which is none", (frame(code.to_bytes(2, "big"), CLOSE),), code=PROTOCOL_ERROR)
        wrong = frame(code.to_bytes(2, "big") + b"bye", CLOSE)
        yield Case(f"code {code}, which is none, and a reason", (wrong,), code=PROTOCOL_ERROR)
    yield Case("the longest reason", (frame(b"\x03\xe8" + b"r" * 123, CLOSE),), code=1000)
    yield Case("too long a reason", (frame(b"\x03\xe8" + b"r" * 124, CLOSE),), code=PROTOCOL_ERROR)
    for name, wrong in NOT_UTF8S.items():
        yield Case(f"a reason: {name}", (frame(b"\x03\xe8" + wrong, CLOSE),), code=NOT_UTF8)
    yield Case("a goodbye after a message", (frame(b"m", TEXT), bye), ((TEXT, b"m"),), 1000)
    within = (frame(b"one", BINARY, fin=False), bye, frame(b"two", CONT))
    yield Case("a goodbye within a message", within, code=1000)
    for name, late in (("ping", frame(b"late", PING)), ("message", frame(b"late", TEXT)), ("goodbye", bye)):
        yield Case(f"a {name} after the goodbye", (bye, late), code=1000)
    many = (bye, *[frame(b"x" * 1000, BINARY)] * 50)
    yield Case("fifty messages after the goodbye", many, code=1000)


def sizes() -> Iterator[Case]:
    """Long messages, and lengths that are lies."""
    for kind, opcode in KINDS.items():
        payload = (b"+" if kind == "text" else b"\xfe") * 1_000_000
        answer = ((opcode, payload),)
        yield Case(f"{kind} of a million", (frame(payload, opcode),), answer)
        yield Case(f"{kind} of a million in pieces", (frame(payload, opcode),), answer, piece=16_384)
        for size in (1300, 65_536):
            yield Case(f"{kind} of a million in fragments of {size}", parts(opcode, *chopped(payload, size)), answer)
    for name, declared in (
        ("2^25", 1 << 25),
        ("2^31", 1 << 31),
        ("2^63 - 1", (1 << 63) - 1),
        ("2^64 - 1", (1 << 64) - 1),
    ):
        for bits in (0, 4, 7):
            alone = frame(b"", BINARY, declared=declared, reserved=bits)
            yield Case(f"a header that announces {name}, reserved bits {bits}", (alone,), code=TOO_BIG)


GROUPS = {
    "framing": framing,
    "pings": pings,
    "reserved": reserved,
    "fragments": fragments,
    "utf8": utf8,
    "goodbyes": goodbyes,
    "sizes": sizes,
}
