"""Every command can be asked what it does."""

from __future__ import annotations

import pytest

from pelton.cli.main import main

COMMANDS = [
    "serve",
    "demo",
    "top",
    "why",
    "swarm",
    "load",
    "simulate",
    "ticket",
    "netsim",
    "config",
    "config check",
    "config show",
    "version",
]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_a_command_tells_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: pelton")


def test_the_list_of_commands_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")}
    assert listed == {command.split()[0] for command in COMMANDS}
