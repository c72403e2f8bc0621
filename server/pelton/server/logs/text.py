r"""Text that may come from a client, made safe to show: one line, nothing invisible, of a bounded length.

    control characters, ESC, CR, LF   \x1b \r \n     no line is forged, no terminal obeys
    direction marks (bidi)            \u202e          what is read is what was sent
    other invisible characters        \u200b \xad     two names that look alike can be told apart

A backslash stays what it is: who sends the two characters \n forges no line with them.
"""

from __future__ import annotations

__all__ = ["TEXT_BYTES_MAX", "clean"]

TEXT_BYTES_MAX = 256
"""Of any value that may be a client's."""
CUT = "…"

# They count as printable, and nothing of them is seen: joiners, fillers, variation selectors, the blank of Braille.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)


def clean(text: str, bytes_max: int = TEXT_BYTES_MAX) -> str:
    """The text with everything escaped that is not plainly seen, and at most so many bytes of it in UTF-8.

    What is cut ends in an ellipsis; no escape is cut in two. Cleaning twice changes nothing more.
    """
    head = text[: bytes_max + 1]  # of what is longer, the rest cannot fit
    if head.isascii() and head.isprintable() and len(text) <= bytes_max:
        return text  # as nearly all are
    kept: list[str] = []
    room = bytes_max
    fits = 0  # so many pieces leave room for the ellipsis
    for character in head:
        piece = _escaped(character)
        room -= len(piece.encode())
        if room < 0:
            return "".join(kept[:fits]) + CUT
        kept.append(piece)
        if room >= len(CUT.encode()):
            fits = len(kept)
    return "".join(kept)


def _escaped(character: str) -> str:
    if character.isprintable() and character not in _BLANK:
        return character
    return character.encode("unicode_escape").decode()
