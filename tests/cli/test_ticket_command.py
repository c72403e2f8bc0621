"""`pelton ticket`: what it prints is good for the server, and what is wrong with a command line is said."""

from __future__ import annotations

import argparse

import pytest

from pelton.cli.ticket_command import add_arguments, run
from pelton.server.auth.identity import Credentials, Identity
from pelton.server.auth.ticket import TicketAuthenticator
from tests.server.auth.tokens import NOW_S, SECRET


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELTON_AUTH__SECRET", SECRET)


def ran(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(words), lambda: NOW_S)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Identity:
    assert ran(*words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return TicketAuthenticator(SECRET, "pelton").authenticate(Credentials(out.removesuffix("\n")), NOW_S)


def test_a_ticket_is_for_an_hour_unless_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--user", "ada") == Identity("ada", {}, NOW_S + 3600)


def test_all_that_can_be_said_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--user ada --for 90s --game arena --room abc --claim clan=north --claim x=a=b"
    told = Identity("ada", {"clan": "north", "x": "a=b"}, NOW_S + 90, "arena", "abc")
    assert printed(capsys, *words.split()) == told


@pytest.mark.parametrize("time", ["", "0s", "1", "h", "1w", "-1h", "367d", "1h1m"])
def test_a_time_that_is_none_is_refused(time: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        ran("--user", "ada", f"--for={time}")
    assert ended.value.code == 2
    assert "like 90s, 15m, 1h or 7d" in capsys.readouterr().err


def test_a_claim_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ran("--user", "ada", "--claim", "clan")
    assert "expected NAME=TEXT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("user", "said"), [("", "for a user id"), ("a" * 65, "at most 64 characters")], ids=["nobody", "too long"]
)
def test_a_user_that_is_none_is_refused(user: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("--user", user) == 2
    out, err = capsys.readouterr()
    assert (out, said in err, SECRET in err) == ("", True, False)


def test_without_a_secret_it_is_said_where_to_put_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PELTON_AUTH__SECRET")
    assert ran("--user", "ada") == 2
    assert "PELTON_AUTH__SECRET" in capsys.readouterr().err
    monkeypatch.setenv("PELTON_AUTH__SECRET", "a weak one")
    assert ran("--user", "ada") == 2
    assert "a weak one" not in capsys.readouterr().err
