"""Any value in any source arrives or is refused with its place; there is no third outcome."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pelton.server.config import SECTIONS, ConfigError, LoadedConfig, config_values, load_config
from pelton.server.config_bounds import Between, Key, OneOf, Parsed, Shape

KEYS = [
    *((section, key) for section, content in SECTIONS.items() for key in content.keys),
    ("games", "arena"),
    ("games", "a_game"),
]

any_key = st.sampled_from(KEYS)
texts = st.text(st.characters(exclude_categories=["Cs"]))
number_texts = st.one_of(st.integers().map(str), st.floats().map(repr), st.from_regex(r"[0-9_.e+-]+"))
any_text = st.one_of(st.text(), number_texts)
plain = st.one_of(st.booleans(), st.integers(), st.integers(-10, 5000), st.floats(), texts, st.dates())
any_value = st.recursive(plain, lambda inner: st.one_of(st.lists(inner), st.dictionaries(texts, inner)))


def toml(value: object) -> str:
    """A value as TOML; every character escaped that is not a letter or a digit."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case dict():
            pairs = [f"{toml(key)} = {toml(inner)}" for key, inner in value.items()]
            return "{" + ", ".join(pairs) + "}"
        case dt.date():
            return value.isoformat()
        case _:
            return repr(value)


def key_of(section: str, name: str) -> Key:
    key = SECTIONS[section].key(name)
    assert key is not None
    return key


@st.composite
def right_values(draw: st.DrawFn) -> tuple[str, str, int | float | str]:
    """A key and a value within its bounds."""
    section, name = draw(any_key)
    key = key_of(section, name)
    match key.bound:
        case Between(low, high) if key.kind is int:
            return section, name, draw(st.integers(math.ceil(low), math.floor(high)))
        case Between(low, high):
            return section, name, draw(st.floats(low, high))
        case OneOf() as words:
            return section, name, draw(st.sampled_from(words.words))
        case Parsed():
            return section, name, draw(st.ip_addresses().map(str))
        case Shape() as shape:
            return section, name, draw(st.from_regex(shape.pattern, fullmatch=True))


def arrives_or_names_its_place(load: Callable[[], LoadedConfig], name: str, *places: str) -> object:
    """The value that arrived, or None after a refusal in which every line says where."""
    found = outcome(load)
    if isinstance(found, LoadedConfig):
        assert places[0] in found.origins[name]
        return config_values(found.config)[name]
    assert found.problems
    for problem in found.problems:
        assert f"{problem.section}.{problem.key}" == name
        assert all(place in str(problem) for place in places)
        assert_one_line(str(problem))
    return None


def outcome(load: Callable[[], LoadedConfig]) -> LoadedConfig | ConfigError:
    try:
        return load()
    except ConfigError as error:
        return error


def assert_one_line(line: str) -> None:
    assert line.isprintable()
    line.encode()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "some.toml"


@given(any_key, any_value)
@example(("server", "port"), True)
@example(("deliver", "stall_timeout_s"), 10**4000)
@example(("deliver", "stall_timeout_s"), math.nan)
def test_any_value_in_a_file_arrives_or_is_refused(file: Path, place: tuple[str, str], value: object) -> None:
    section, name = place
    file.write_text(f"[{section}]\n{name} = {toml(value)}\n", encoding="utf-8")
    arrived = arrives_or_names_its_place(
        lambda: load_config(file, {}, ()),
        f"{section}.{name}",
        str(file),
        f"[{section}]",
        f" {name}:",
    )
    assert arrived is None or arrived == value


@given(any_key, any_text)
@example(("server", "port"), "9" * 5000)
def test_any_text_in_the_environment_arrives_or_is_refused(place: tuple[str, str], text: str) -> None:
    section, name = place
    variable = f"PELTON_{section}__{name}".upper()
    arrived = arrives_or_names_its_place(
        lambda: load_config(None, {variable: text}, ()),
        f"{section}.{name}",
        f"environment {variable}",
    )
    assert arrived is None or arrived == key_of(section, name).kind(text)


@given(any_key, any_text)
def test_any_text_in_an_override_arrives_or_is_refused(place: tuple[str, str], text: str) -> None:
    section, name = place
    arrived = arrives_or_names_its_place(
        lambda: load_config(None, {}, [f"{section}.{name}={text}"]),
        f"{section}.{name}",
        f"--set {section}.{name}",
    )
    assert arrived is None or arrived == key_of(section, name).kind(text)


@given(right_values())
def test_a_value_within_bounds_means_the_same_in_all_sources(
    file: Path, right: tuple[str, str, int | float | str]
) -> None:
    section, name, value = right
    file.write_text(f"[{section}]\n{name} = {toml(value)}\n", encoding="utf-8")
    text = value if isinstance(value, str) else repr(value)
    variable = f"PELTON_{section}__{name}".upper()
    dotted = f"{section}.{name}"
    arrived = [
        arrives_or_names_its_place(lambda: load_config(file, {}, ()), dotted, str(file)),
        arrives_or_names_its_place(lambda: load_config(None, {variable: text}, ()), dotted, variable),
        arrives_or_names_its_place(lambda: load_config(None, {}, [f"{dotted}={text}"]), dotted, dotted),
    ]
    # Refused at all only for its order with another key, and then from everywhere.
    assert arrived in ([value] * 3, [None] * 3)


@given(
    st.one_of(st.binary(), texts.map(str.encode)),
    st.dictionaries(st.one_of(st.text(), st.text().map("PELTON_{}__A".format)), st.text()),
    st.lists(st.text()),
)
@example(b"\xff", {"PELTON_\udcff__\n": "\0"}, ["\udcff.\n=\0"])
def test_garbage_everywhere_is_told_in_lines_or_changes_nothing(
    file: Path, content: bytes, environ: dict[str, str], overrides: list[str]
) -> None:
    file.write_bytes(content)
    found = outcome(lambda: load_config(file, environ, overrides))
    for problem in found.problems if isinstance(found, ConfigError) else ():
        assert_one_line(str(problem))
