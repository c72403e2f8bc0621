"""Tickets of our own: what was signed comes back, and whatever else is shown is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.protocol.messages import TICKET_MAX
from pelton.server.auth.identity import Credentials, Identity, Refused
from pelton.server.auth.ticket import TicketAuthenticator, _mac, mint_ticket
from tests.server.auth.tokens import NOW_S, OTHER, SECRET, WRONG, b64

ADA = Identity("ada", {"clan": "north", "level": 7}, NOW_S + 60.0, "arena", "h4w7c2pn")
TICKET = mint_ticket(SECRET, "pelton", ADA)


def judged(shown: str, now_s: float = NOW_S) -> Identity:
    return TicketAuthenticator(SECRET, "pelton").authenticate(Credentials(shown), now_s)


def refusal(shown: str, now_s: float = NOW_S) -> str:
    with pytest.raises(Refused) as caught:
        judged(shown, now_s)
    return caught.value.reason


def signed(payload: object) -> str:
    """What only we could have made, but would not."""
    text = b64(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    return f"v1.{text}.{_mac(SECRET, text)}"


def test_who_was_signed_is_who_comes_in() -> None:
    assert judged(TICKET) == ADA


def test_a_ticket_is_what_the_docs_say() -> None:
    """Byte for byte, so that another language can make one."""
    made = mint_ticket(SECRET, "pelton", Identity("ada", expires_at=1_800_000_060))
    payload = b64(b'{"a":"pelton","e":1800000060,"u":"ada"}')
    assert made == f"v1.{payload}.{_mac(SECRET, payload)}"
    assert judged(made).user_id == "ada"


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=64),
    st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=20), max_size=8),
    st.floats(NOW_S + 1, 4e9),
)
def test_any_identity_comes_back(user_id: str, claims: dict[str, Any], expires_at: float) -> None:
    told = Identity(user_id, claims, expires_at)
    assert judged(mint_ticket(SECRET, "pelton", told)) == told


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ("", "no ticket"),
        ("v2" + TICKET[2:], "malformed"),
        ("v1", "wrong mac"),
        ("v1..", "wrong mac"),
        (TICKET[:-1], "wrong mac"),
        (TICKET + "=", "wrong mac"),
        (TICKET + ".x", "wrong mac"),
        (mint_ticket(OTHER, "pelton", ADA), "wrong mac"),
        (mint_ticket(SECRET, "elsewhere", ADA), "another audience"),
        (signed({"a": "pelton", "u": "ada"}), "malformed"),
        (signed({"a": "pelton", "e": "soon", "u": "ada"}), "malformed"),
        (signed({"a": "pelton", "e": NOW_S + 9, "u": ""}), "no user id"),
        (signed({"a": "pelton", "e": NOW_S + 9, "u": 7}), "malformed"),
        (signed({"a": "pelton", "e": NOW_S + 9, "u": "a" * 65}), "malformed"),
        (signed({"a": "pelton", "e": NOW_S + 9, "u": "ada", "c": [1]}), "malformed"),
        (signed({"a": "pelton", "e": float("nan"), "u": "ada"}), "expired"),
        (signed([]), "malformed"),
        (signed(b"{"), "malformed"),
        (signed(b"[" * 1400), "malformed"),
        ("v1." + "a" * TICKET_MAX, "malformed"),
        ("é", "malformed"),
    ],
    ids=str,
)
def test_anything_else_is_refused(shown: str, reason: str) -> None:
    assert refusal(shown) == reason


@pytest.mark.parametrize("name", WRONG)
def test_the_corpus_of_tokens_is_refused_here_as_well(name: str) -> None:
    assert refusal(WRONG[name]())


def test_a_ticket_ends_at_its_second() -> None:
    assert judged(TICKET, NOW_S + 59.9) == ADA
    assert refusal(TICKET, NOW_S + 60) == "expired"


def test_a_change_of_one_character_anywhere_is_noticed() -> None:
    for at, letter in enumerate(TICKET):
        changed = TICKET[:at] + ("A" if letter != "A" else "B") + TICKET[at + 1 :]
        assert refusal(changed) in ("malformed", "wrong mac"), at


@given(st.text(max_size=100))
def test_no_text_gets_in_and_none_raises_anything_else(shown: str) -> None:
    assert refusal(shown)
    assert refusal("v1." + shown)


@pytest.mark.parametrize("identity", [Identity("", expires_at=NOW_S), Identity("ada")], ids=["nobody", "for ever"])
def test_a_ticket_is_for_somebody_and_ends(identity: Identity) -> None:
    with pytest.raises(ValueError, match="a user id, and ends"):
        mint_ticket(SECRET, "pelton", identity)


def test_a_ticket_that_would_not_fit_into_hello_is_not_made() -> None:
    claims = {f"claim{index}": "x" * 200 for index in range(12)}
    with pytest.raises(ValueError, match="2048 are allowed"):
        mint_ticket(SECRET, "pelton", Identity("ada", claims, NOW_S + 60))
