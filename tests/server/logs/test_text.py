"""What comes from a client is shown on one line, plainly, and not without end."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.logs.text import TEXT_BYTES_MAX, clean
from tests.server.logs.payloads import HONEST, PAYLOADS

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=400)


@pytest.mark.parametrize("text", HONEST)
def test_what_people_are_called_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\r\nb", r"a\r\nb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("eve\u202egnp", r"eve\u202egnp"),
        ("a\u200bb", r"a\u200bb"),
        ("a\u3164b", r"a\u3164b"),
        ("a\ufe0fb", r"a\ufe0fb"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("a\xa0b", r"a\xa0b"),
        (r"a\nb", r"a\nb"),
    ],
)
def test_what_is_not_plainly_seen_is_escaped(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_there_are_payloads_enough() -> None:
    assert len(set(PAYLOADS)) >= 200


@given(ANY_TEXT | st.sampled_from(PAYLOADS), st.integers(3, 300))
def test_any_text_is_shown_in_bounds_and_without_what_is_unseen(text: str, bytes_max: int) -> None:
    shown = clean(text, bytes_max)
    assert len(shown.encode()) <= bytes_max
    assert shown.isprintable()
    assert {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} == set()
    assert clean(shown, bytes_max) == shown


@given(ANY_TEXT)
def test_what_fits_is_whole_and_what_is_cut_says_so(text: str) -> None:
    whole = clean(text, 100_000)
    shown = clean(text)
    if len(whole.encode()) <= TEXT_BYTES_MAX:
        assert shown == whole
    else:
        assert shown.endswith("…")
        assert whole.startswith(shown[:-1])
        assert not shown[:-1].endswith("\\") or text.count("\\"), "no escape is cut in two"


def test_a_long_text_is_cut_where_it_is_too_long() -> None:
    assert clean("a" * 256) == "a" * 256
    assert clean("a" * 257) == "a" * 253 + "…"
    assert clean("ä" * 129) == "ä" * 126 + "…"
    assert clean("\n" * 129) == r"\n" * 126 + "…"
