"""Values arrive from the source that counts, and the tree says where each came from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pelton.server.config import (
    ConfigError,
    LoadedConfig,
    config_values,
    defaults_path,
    load_config,
    load_config_over,
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the user, named without its folder, as in a shell."""
    monkeypatch.chdir(tmp_path)
    return Path("my.toml")


def loaded(text: str, file: Path) -> LoadedConfig:
    file.write_text(text, encoding="utf-8")
    return load_config(file, {}, ())


# Values and where they come from.


def test_the_defaults_are_right_and_say_so() -> None:
    defaults = load_config(None, {}, ())
    assert set(defaults.origins.values()) == {"default"}
    assert set(defaults.origins) == set(config_values(defaults.config))


def test_each_source_wins_over_the_one_before(file: Path) -> None:
    file.write_text("[server]\nport = 1\nconnections_max = 1\nshutdown_timeout_s = 1.0\n")
    environ = {"PELTON_SERVER__CONNECTIONS_MAX": "2", "PELTON_SERVER__SHUTDOWN_TIMEOUT_S": "2"}
    found = load_config(file, environ, ["server.shutdown_timeout_s=3"])

    server = found.config.server
    assert (server.port, server.connections_max, server.shutdown_timeout_s) == (1, 2, 3.0)
    assert server.host == load_config(None, {}, ()).config.server.host
    assert found.origins["server.host"] == "default"
    assert found.origins["server.port"] == "file my.toml"
    assert found.origins["server.connections_max"] == "environment PELTON_SERVER__CONNECTIONS_MAX"
    assert found.origins["server.shutdown_timeout_s"] == "--set server.shutdown_timeout_s"


def test_of_two_overrides_the_later_one_counts() -> None:
    assert load_config(None, {}, ["server.port=1", "server.port=2"]).config.server.port == 2


def test_an_empty_file_and_empty_sections_change_nothing(file: Path) -> None:
    defaults = load_config(None, {}, ())
    assert loaded("", file) == defaults
    assert loaded("[server]\n[games]\n", file) == defaults


def test_port_zero_is_allowed() -> None:
    assert load_config(None, {}, ["server.port=0"]).config.server.port == 0


def test_a_whole_number_is_good_for_a_key_that_takes_fractions(file: Path) -> None:
    in_file = loaded("[deliver]\nstall_timeout_s = 3", file).config.deliver.stall_timeout_s
    in_text = load_config(None, {}, ["deliver.stall_timeout_s=3"]).config.deliver.stall_timeout_s
    assert [(type(value), value) for value in (in_file, in_text)] == [(float, 3.0)] * 2


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("+7", 7), ("1_000", 1000), ("-0", 0)])
def test_integers_in_text_are_written_as_in_toml(text: str, value: int) -> None:
    assert load_config(None, {}, [f"server.port={text}"]).config.server.port == value


def test_a_value_may_contain_colons_and_dots() -> None:
    found = load_config(None, {}, ["server.host=::1", "games.arena=a.b:C"]).config
    assert (found.server.host, found.games["arena"]) == ("::1", "a.b:C")


def test_games_of_all_sources_add_up(file: Path) -> None:
    file.write_text('[games]\ntag = "my.games:Tag"\n"tic-tac-toe" = "tic:Toe"\n')
    environ = {"PELTON_GAMES__CHESS": "my_chess:Chess"}
    games = load_config(file, environ, ["games.arena=other.arena:Arena"]).config.games
    assert games == {
        "arena": "other.arena:Arena",
        "cards": "pelton.games.cards:Cards",
        "tag": "my.games:Tag",
        "tic-tac-toe": "tic:Toe",
        "chess": "my_chess:Chess",
    }


def test_the_tree_cannot_be_changed() -> None:
    found = load_config(None, {}, ())
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.config.server.port = 1  # type: ignore[misc]  # what the test is about
    with pytest.raises(TypeError):
        found.config.games["x"] = "y:Z"  # type: ignore[index]  # what the test is about


def test_variables_that_are_not_settings_are_left_alone() -> None:
    environ = {
        "PELTON_SERVER_PORT": "tcp://10.0.0.1:7777",  # Kubernetes, for a service "pelton-server"
        "PELTON_FOO": "1",
        "OTHER_SERVER__PORT": "1",
        "HOME": "/",
    }
    assert load_config(None, environ, ()) == load_config(None, {}, ())


# The defaults.


def test_the_defaults_file_is_found() -> None:
    assert defaults_path().is_file()


def test_defaults_must_be_complete(file: Path) -> None:
    text = defaults_path().read_text(encoding="utf-8")
    file.write_text(text.replace("port = 7777", "").replace('level = "info"', ""))
    with pytest.raises(ConfigError) as caught:
        load_config_over(file, None, {}, ())
    assert str(caught.value).splitlines() == [
        "my.toml [server] port: is missing",
        "my.toml [log] level: is missing",
    ]


def test_without_defaults_only_that_is_told(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"^my\.toml: there is no such file$"):
        load_config_over(file, None, {"PELTON_A__B": "1"}, ["x"])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.250.9", "::1"])
def test_an_admin_host_is_any_address_of_the_loopback(host: str) -> None:
    assert load_config(None, {}, [f"admin.host={host}"]).config.admin.host == host
