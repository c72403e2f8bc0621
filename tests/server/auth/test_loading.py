"""The authenticator that the configuration names, or an error that says what would be right."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pelton.server.auth.anonymous import AnonymousAuthenticator
from pelton.server.auth.jwt import JwtAuthenticator
from pelton.server.auth.loading import AuthError, load_authenticator
from pelton.server.auth.ticket import TicketAuthenticator
from pelton.server.config import ConfigError
from tests.server.auth.tokens import ISSUER, SECRET, private_pem, public_pem
from tests.server.fakes import settings

JWT = ("auth.authenticator=jwt", f"auth.jwt_issuer={ISSUER}")


def load(*overrides: str) -> object:
    return load_authenticator(settings(*overrides).auth)


def problem(*overrides: str) -> str:
    with pytest.raises(AuthError) as caught:
        load(*overrides)
    return str(caught.value)


def test_anonymous_is_the_default() -> None:
    assert isinstance(load(), AnonymousAuthenticator)


def test_tickets_need_a_secret_that_nobody_has_written_down_before() -> None:
    assert isinstance(load("auth.authenticator=ticket", f"auth.secret={SECRET}"), TicketAuthenticator)
    assert "[auth] secret is empty: 'ticket' needs one of at least 32" in problem("auth.authenticator=ticket")


@pytest.mark.parametrize("secret", ["short", "x" * 31, "x" * 513])
def test_a_secret_that_is_too_short_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(f"auth.secret={secret}")
    assert "32 to 512 characters" in str(caught.value)
    assert secret not in str(caught.value)


def test_a_secret_of_a_file_is_not_shown_either(tmp_path: Path) -> None:
    from pelton.server.config import load_config

    file = tmp_path / "my.toml"
    file.write_text('[auth]\nsecret = "a weak one"\n')
    with pytest.raises(ConfigError) as caught:
        load_config(file, {"PELTON_AUTH__SECRET": "weaker"}, ())
    assert "a weak one" not in str(caught.value)
    assert "weaker" not in str(caught.value)
    assert "my.toml [auth] secret: expected" in str(caught.value)


def test_tokens_of_hs_use_the_secret_and_others_a_public_key(tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(public_pem())
    assert isinstance(load(*JWT, f"auth.secret={SECRET}"), JwtAuthenticator)
    assert isinstance(load(*JWT, "auth.jwt_algorithm=RS256", f"auth.jwt_key_file={file}"), JwtAuthenticator)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("auth.authenticator=jwt",), "[auth] jwt_issuer is empty"),
        (JWT, "[auth] secret is empty"),
        ((*JWT, "auth.jwt_algorithm=RS256"), "[auth] jwt_key_file is empty: RS256 needs"),
        ((*JWT, "auth.jwt_algorithm=RS256", "auth.jwt_key_file=nowhere.pem"), "cannot be read: No such file"),
    ],
    ids=["no issuer", "no secret", "no key", "no file"],
)
def test_what_a_token_needs_is_said(overrides: tuple[str, ...], said: str) -> None:
    assert said in problem(*overrides)


@pytest.mark.parametrize(
    ("text", "said"),
    [("nothing of that kind", "there is no public key in it"), (private_pem(), "there is no public key in it")],
    ids=["text", "private"],
)
def test_a_file_without_a_public_key_is_refused_and_not_shown(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(text)
    found = problem(*JWT, "auth.jwt_algorithm=RS256", f"auth.jwt_key_file={file}")
    assert said in found
    assert text not in found


def test_a_key_for_another_algorithm_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(public_pem())
    found = problem(*JWT, "auth.jwt_algorithm=ES256", f"auth.jwt_key_file={file}")
    assert "[auth] jwt_algorithm = 'ES256': not a key for ES256" in found


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any) -> ModuleType:
        if name == "jwt":
            raise ModuleNotFoundError("No module named 'jwt'", name="jwt")
        return real(name, *args)

    monkeypatch.delitem(sys.modules, "pelton.server.auth.jwt", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'pelton[jwt]'" in problem(*JWT)


SOURCES: Mapping[str, str] = {
    "door_fine": "class Door:\n    def authenticate(self, credentials, now_s): ...\n",
    "door_broken": "1 / 0\n",
    "door_other": "class Door:\n    pass\nwall = 3\n",
    "door_shy": "class Door:\n    def __init__(self, key): ...\n    def authenticate(self, credentials, now_s): ...\n",
}


@pytest.fixture
def doors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, source in SOURCES.items():
        (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("doors")
def test_a_class_of_ones_own_is_made() -> None:
    assert type(load("auth.authenticator=door_fine:Door")).__name__ == "Door"


@pytest.mark.usefixtures("doors")
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("no_such_module:Door", "cannot import 'no_such_module'"),
        ("door_broken:Door", "cannot import 'door_broken': division by zero"),
        ("door_fine:Gate", "door_fine has no 'Gate'"),
        ("door_other:Door", "Door is not a class with a method authenticate(credentials, now_s)"),
        ("door_other:wall", "wall is not a class"),
        ("door_shy:Door", "cannot be made"),
    ],
)
def test_an_entry_that_is_wrong_is_named(entry: str, said: str) -> None:
    found = problem(f"auth.authenticator={entry}")
    assert found.startswith(f"[auth] authenticator = {entry!r}: ")
    assert said in found
