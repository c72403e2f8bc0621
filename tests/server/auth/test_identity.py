"""What an identity may be, and that secrets are in no repr."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.protocol import Hello
from pelton.server.auth.identity import ANONYMOUS, Credentials, Identity
from tests.server.auth.tokens import SECRET
from tests.server.fakes import settings


def test_nobody_knows_who_is_anonymous() -> None:
    assert (ANONYMOUS.user_id, dict(ANONYMOUS.claims), ANONYMOUS.expires_at) == ("", {}, None)


def test_claims_are_a_copy_that_nobody_changes() -> None:
    claims: dict[str, Any] = {"level": 1}
    identity = Identity("ada", claims)
    claims["level"] = 2
    assert identity.claims["level"] == 1
    with pytest.raises(TypeError):
        identity.claims["level"] = 3  # type: ignore[index]  # what a game must not get away with


@pytest.mark.parametrize(
    "values",
    [
        {"user_id": "a" * 65},
        {"user_id": "a\nb"},
        {"claims": {f"c{index}": 1 for index in range(33)}},
        {"claims": {"c": "x" * 257}},
        {"claims": {"c" * 65: 1}},
        {"claims": {"c": [1]}},
        {"claims": {1: 1}},
    ],
    ids=repr,
)
def test_what_is_too_much_is_an_error(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at most"):
        Identity(**values)


def test_no_repr_shows_a_ticket_or_a_secret() -> None:
    assert "t0ken" not in repr(Credentials("t0ken", "127.0.0.1"))
    assert "t0ken" not in repr(Hello("test", "t0ken"))
    assert SECRET not in repr(settings(f"auth.secret={SECRET}"))
