"""JSON Web Tokens: the right ones are let in, and a corpus of wrong ones is refused, by nothing but Refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.auth.identity import Credentials, Identity, Refused
from pelton.server.auth.jwt import JwtAuthenticator, JwtRules
from tests.server.auth.tokens import (
    AUDIENCE,
    ISSUER,
    KEY_ID,
    NOW_S,
    RIGHT,
    SECRET,
    WRONG,
    private_pem,
    public_pem,
    raw,
    rsa_token,
    token,
)

RULES = JwtRules("HS256", SECRET, AUDIENCE, ISSUER, {KEY_ID, "2026-10"})


def judged(shown: str, rules: JwtRules = RULES, now_s: float = NOW_S) -> Identity:
    return JwtAuthenticator(rules).authenticate(Credentials(shown), now_s)


def refusal(shown: str, rules: JwtRules = RULES, now_s: float = NOW_S) -> str:
    with pytest.raises(Refused) as caught:
        judged(shown, rules, now_s)
    return caught.value.reason


def test_a_right_token_is_who_it_says() -> None:
    told = judged(token(clan="north", level=7, admin=False, roles=["a"], nbf=NOW_S, iat=NOW_S, jti="x"))
    assert (told.user_id, dict(told.claims)) == ("ada", {"clan": "north", "level": 7, "admin": False})
    assert told.expires_at == NOW_S + 605


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_token_is_refused_and_the_reason_has_nothing_of_it(make: Callable[[], str]) -> None:
    shown = make()
    reason = refusal(shown)
    assert reason
    assert not any(part in reason for part in shown.split(".") if len(part) > 3)


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(WRONG) >= 40


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing", "no ticket"),
        ("alg none", "another algorithm"),
        ("alg RS256 by somebody", "another algorithm"),
        ("another secret", "InvalidSignatureError"),
        ("a JWK in the header", "a header that is not allowed"),
        ("crit", "malformed"),
        ("another key id", "another key id"),
        ("expired", "expired"),
        ("not valid yet", "not valid yet"),
        ("no aud", "MissingRequiredClaimError"),
        ("another iss", "InvalidIssuerError"),
    ],
)
def test_the_log_can_tell_them_apart(name: str, reason: str) -> None:
    assert refusal(WRONG[name]()) == reason


@pytest.mark.parametrize(("exp", "is_in"), [(NOW_S - 4, True), (NOW_S - 5, False)])
def test_clocks_may_differ_by_five_seconds(exp: int, *, is_in: bool) -> None:
    if is_in:
        assert judged(token(exp=exp)).user_id == "ada"
    else:
        assert refusal(token(exp=exp)) == "expired"


def test_without_a_list_of_key_ids_none_is_asked_for() -> None:
    rules = JwtRules("HS256", SECRET, AUDIENCE, ISSUER)
    assert judged(raw({"alg": "HS256"}, RIGHT), rules).user_id == "ada"


RSA = JwtRules("RS256", public_pem(), AUDIENCE, ISSUER)


def test_a_public_key_judges_what_the_private_one_signed() -> None:
    assert judged(rsa_token(), RSA).user_id == "ada"


@pytest.mark.parametrize(
    "make",
    [
        lambda: token(public_pem()),
        lambda: token(public_pem(), {"alg": "RS256"}),
        lambda: rsa_token(head={"x5c": ["MII"]}),
        lambda: rsa_token()[:-8] + "AAAAAAAA",
    ],
    ids=["signed with the public key as a secret", "the same, said to be RS256", "x5c", "a broken signature"],
)
def test_a_public_key_is_no_secret(make: Callable[[], str]) -> None:
    assert refusal(make(), RSA)


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", SECRET), ("ES256", public_pem()), ("HS256", public_pem())])
def test_a_key_that_is_none_for_the_algorithm_is_an_error_that_does_not_show_it(algorithm: str, key: str) -> None:
    with pytest.raises(ValueError, match=f"not a key for {algorithm}") as caught:
        JwtAuthenticator(JwtRules(algorithm, key, AUDIENCE, ISSUER))
    assert key not in str(caught.value)
    assert caught.value.__cause__ is None


def test_rules_do_not_show_the_key() -> None:
    assert SECRET not in repr(RULES)
    assert private_pem() not in repr(JwtRules("RS256", private_pem(), AUDIENCE, ISSUER))


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.text(max_size=80) | st.builds(".".join, st.lists(st.text(max_size=20), max_size=5)))
def test_no_text_gets_in_and_none_raises_anything_else(shown: str) -> None:
    assert refusal(shown)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(["sub", "aud", "iss", "exp", "nbf", "x"], json_values)))
def test_signed_claims_of_any_kind_are_let_in_or_refused(claims: dict[str, Any]) -> None:
    try:
        told = judged(token(**claims))
    except Refused:
        return
    assert 0 < len(told.user_id) <= 64
    assert told.expires_at is not None
    assert told.expires_at > NOW_S
