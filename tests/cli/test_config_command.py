"""`pelton config check` and `show`: what they print, where, and with which exit code."""

from __future__ import annotations

import argparse
import os
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from pelton.cli.config_command import add_arguments, check, load, show
from pelton.server.config import config_values, load_config


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PELTON_"):
            monkeypatch.delenv(name)


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_check_counts_what_differs_from_the_defaults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = len(config_values(load_config(None, {}, ()).config))
    assert check(arguments()) == 0
    assert capsys.readouterr().out == f"configuration ok: {keys} keys, 0 changed from the defaults\n"

    file = tmp_path / "my.toml"
    file.write_text('[server]\nport = 7777\n[games]\ntag = "my.tag:Tag"\n')
    assert check(arguments("--config", str(file), "--set", "log.level=debug")) == 0
    expected = f"configuration ok: {keys + 1} keys, 2 changed from the defaults\n"
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("command", [check, show])
def test_errors_go_to_standard_error_with_exit_code_2(
    command: Callable[[argparse.Namespace], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(arguments("--set", "server.prot=1", "--set", "server.port=abc")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(": ")[0] for line in err.splitlines()] == [
        "--set server.prot=1",
        "--set server.port=abc",
    ]


def test_show_tells_where_each_value_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PELTON_LOG__LEVEL", "debug")
    Path("my.toml").write_text("[receive]\nslice_bytes = 1024\n")
    assert show(arguments("--config", "my.toml", "--set", "server.port=0")) == 0
    lines = [re.sub(" +", " ", line) for line in capsys.readouterr().out.splitlines()]
    assert "port = 0 # --set server.port" in lines
    assert "slice_bytes = 1024 # file my.toml" in lines
    assert 'level = "debug" # environment PELTON_LOG__LEVEL' in lines
    assert "inbox_low = 8 # default" in lines


def test_show_is_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(arguments("--set", "games.tic-tac-toe=a.rather.long.module.name:TicTacToe")) == 0
    settings = [line for line in capsys.readouterr().out.splitlines() if " = " in line]
    assert len({line.index(" = ") for line in settings}) == 1
    assert len({line.index("  # ") for line in settings}) == 1


def test_what_show_prints_is_a_file_with_the_same_meaning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = arguments("--set", "server.host=müller.example", "--set", "games.a=größe:Spiel")
    assert show(args) == 0
    printed = capsys.readouterr().out
    assert tomllib.loads(printed)["games"]["a"] == "größe:Spiel"
    file = tmp_path / "shown.toml"
    file.write_text(printed, encoding="utf-8")
    assert load_config(file, {}, ()).config == load(args).config


def test_options_of_other_commands_come_last() -> None:
    args = arguments("--set", "server.port=1")
    assert load(args).config.server.port == 1
    assert load(args, ["server.port=2"]).config.server.port == 2


def test_one_parse_leaves_nothing_for_the_next() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    parser.parse_args(["--set", "server.port=1"])
    assert load(parser.parse_args([])).origins["server.port"] == "default"


def test_show_shows_no_secret(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "a secret that is as long as it has to be"
    monkeypatch.setenv("PELTON_AUTH__SECRET", secret)
    assert show(arguments()) == 0
    out = capsys.readouterr().out
    assert secret not in out
    assert re.search(r"^# secret +=  *\(set, and not shown\) +# environment PELTON_AUTH__SECRET$", out, re.MULTILINE)
    assert "secret" not in tomllib.loads(out)["auth"]
