"""config.toml, the config tree and docs/configuration.md say the same.

Keys, values, bounds, rules between keys and error lines: compared with each other, both ways.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from pathlib import Path
from typing import get_type_hints

import pytest

from pelton.server.config import (
    ORDERS,
    SECTIONS,
    Config,
    ConfigError,
    config_values,
    defaults_path,
    load_config,
)

ROOT = Path(__file__).parents[2]
FILE = (ROOT / "config.toml").read_text(encoding="utf-8")
DOCS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def written() -> dict[str, object]:
    """Every `section.key` of config.toml with its value, in order."""
    return {f"{section}.{key}": value for section, keys in tomllib.loads(FILE).items() for key, value in keys.items()}


def comments() -> dict[str, str]:
    """For every `section.key` of config.toml the comment above it, as one line."""
    found: dict[str, str] = {}
    section, block = "", []
    for line in FILE.splitlines():
        if line.startswith("#"):
            block.append(line.removeprefix("#").strip())
        elif heading := re.fullmatch(r"\[(\w+)\]", line):
            section, block = heading[1], []
        elif line:
            found[f"{section}.{line.partition(' = ')[0]}"] = " ".join(block)
            block = []
    return found


def documented() -> dict[str, tuple[str, str, str]]:
    """For every `section.key` of the docs its default, bounds and meaning."""
    found: dict[str, tuple[str, str, str]] = {}
    for chunk in DOCS.split("\n### ")[1:]:
        section = chunk.split("`")[1].strip("[]")
        for row in re.findall(r"^\| `(\w+)` \| `(.+?)` \| (.+?) \| (.+?) \|$", chunk, re.MULTILINE):
            key, default, bounds, meaning = row
            found[f"{section}.{key}"] = (default, bounds, meaning)
    return found


def bounds() -> dict[str, str]:
    """For every `section.key` of the defaults the bound in the tree."""
    found: dict[str, str] = {}
    for name in config_values(load_config(None, {}, ()).config):
        section, _, key = name.partition(".")
        declared = SECTIONS[section].key(key)
        assert declared is not None
        found[name] = str(declared.bound)
    return found


def test_file_tree_and_docs_have_the_same_keys_in_the_same_order() -> None:
    tree = list(config_values(load_config(None, {}, ()).config))
    assert list(written()) == tree
    assert list(documented()) == tree


def test_file_tree_and_docs_have_the_same_sections() -> None:
    headings = re.findall(r"^### `\[(\w+)\]`$", DOCS, re.MULTILINE)
    assert list(tomllib.loads(FILE)) == list(SECTIONS) == headings == list(get_type_hints(Config))


def test_the_loader_reads_this_file_as_it_is_written() -> None:
    assert defaults_path().read_text(encoding="utf-8") == FILE
    loaded = config_values(load_config(None, {}, ()).config)
    # With the type, so that a key which takes fractions also shows one: 5.0, not 5.
    assert [repr(value) for value in written().values()] == [repr(value) for value in loaded.values()]


def test_the_docs_show_the_value_of_the_file() -> None:
    shown = {name: default for name, (default, _, _) in documented().items()}
    assert shown == {name: json.dumps(value) for name, value in written().items()}


def test_the_docs_show_the_bounds_of_the_tree() -> None:
    assert {name: shown for name, (_, shown, _) in documented().items()} == bounds()


def test_the_comments_of_the_file_show_the_bounds_of_the_tree() -> None:
    missing = [name for name, bound in bounds().items() if bound not in comments()[name]]
    assert missing == []


def test_names_of_games_are_described_in_file_and_docs() -> None:
    names = SECTIONS["games"].names
    assert names is not None
    assert str(names) in comments()["games.arena"]
    assert str(names) in DOCS


def test_no_value_is_written_in_the_tree() -> None:
    for section in get_type_hints(Config).values():
        for field in dataclasses.fields(section) if dataclasses.is_dataclass(section) else ():
            assert field.default is dataclasses.MISSING
            assert field.default_factory is dataclasses.MISSING


def test_rules_between_keys_are_in_file_and_docs() -> None:
    rules = re.findall(r"^\| `([\w.]+ <=? [\w.]+)` \|", DOCS, re.MULTILINE)
    assert rules == [str(order) for order in ORDERS]
    for order in ORDERS:
        assert order.upper.partition(".")[2] in comments()[order.lower]


def test_the_errors_in_the_docs_are_those_of_the_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found: list[str] = []
    for text in ("[server]\nprot = 1\n[receive]\ninbox_low = 40", "[server]\nport 80"):
        Path("my.toml").write_text(text, encoding="utf-8")
        found += problems(Path("my.toml"), {}, [])
    found += problems(None, {"PELTON_SERVER__PORT": "abc"}, ["foo.bar=1", "server.port"])
    assert DOCS.rpartition("```text\n")[2].removesuffix("```\n").splitlines() == found


def problems(path: Path | None, environ: dict[str, str], overrides: list[str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ, overrides)
    return [str(problem) for problem in caught.value.problems]
