"""Conditions: what people may write, and what they are told if it cannot be."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import fields, replace

import pytest

from pelton.netsim import PRESETS, BadConditions, Conditions, parse


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_found_by_its_name(name: str) -> None:
    assert parse(name) is not None
    assert parse(name) == parse({"preset": name}) == PRESETS[name]


def test_settings_replace_those_of_the_preset_before_them() -> None:
    expected = replace(PRESETS["4g"], loss=0.05, latency_ms=120.0, throttled=True)
    assert parse("4g,loss=0.05,latency_ms=120,throttled=true") == expected
    assert parse(" 4g , loss = 0.05, latency_ms=120 ,throttled=true") == expected


def test_without_a_preset_the_rest_is_neutral() -> None:
    assert parse("loss=0.1") == Conditions(loss=0.1)
    assert parse({}) == Conditions()


def test_a_table_of_toml_says_the_same() -> None:
    table = tomllib.loads('net = { preset = "train", loss = 0, buffer_bytes = 4096 }')["net"]
    assert parse(table) == replace(PRESETS["train"], loss=0, buffer_bytes=4096)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("trian", "unknown preset 'trian'; did you mean \"train\"? (presets: lan, wifi, 4g, train, awful)"),
        ("", "unknown preset ''; presets: lan, wifi, 4g, train, awful"),
        ("4g,lose=0.1", "unknown key 'lose'; did you mean \"loss\"? (keys: latency_ms,"),
        ("4g,train", "'train': expected key=value (a preset comes first), as in 4g,loss=0.05"),
        ("4g,loss=0.1,loss=0.2", "loss: stands there twice"),
        ("loss=0.6", "loss: expected a number, 0 to 0.5, got 0.6"),
        ("loss=nan", "loss: expected a number, 0 to 0.5, got nan"),
        ("loss=much", "loss: expected a number, 0 to 0.5, got 'much'"),
        ("latency_ms=-1", "latency_ms: expected a number, 0 to 60000, got -1"),
        ("up_kbit_s=0.5", "up_kbit_s: expected a number, 0, or 1 to 1e+08, got 0.5"),
        ("down_kbit_s=inf", "down_kbit_s: expected a number, 0, or 1 to 1e+08, got inf"),
        ("buffer_bytes=4096.5", "buffer_bytes: expected a whole number, 1460 to 6.71089e+07, got 4096.5"),
        ("throttled=1", "throttled: expected true or false, got 1"),
        ("loss=true", "loss: expected a number, 0 to 0.5, got True"),
        ("freeze_ms=100", "freeze_ms without freeze_every_s: a freeze needs both, how often and how long"),
        ("freeze_every_s=1", "freeze_every_s without freeze_ms: a freeze needs both, how often and how long"),
        ({"preset": 4}, "preset: expected one of lan, wifi, 4g, train, awful, got 4"),
        ({"latency": 4}, "unknown key 'latency'; did you mean \"latency_ms\"?"),
        ({"loss": "0.1"}, "loss: expected a number, 0 to 0.5, got '0.1'"),
        ({"loss": [0.1]}, "loss: expected a number, 0 to 0.5, got [0.1]"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(spec: str | dict[str, object], problem: str) -> None:
    with pytest.raises(BadConditions) as refused:
        parse(spec)
    assert str(refused.value).startswith(problem)


def test_a_value_is_checked_wherever_it_comes_from() -> None:
    with pytest.raises(BadConditions, match="reset_every_s: expected a number, 0, or"):
        Conditions(reset_every_s=1e-9)


def test_all_fields_have_a_neutral_default() -> None:
    assert all(field.default is not None for field in fields(Conditions))
    assert Conditions().describe() == "0 ms, unlimited up, unlimited down"


def test_conditions_are_described_in_a_line() -> None:
    assert PRESETS["train"].describe() == (
        "50 ms + 40 ms jitter, 768 kbit/s up, 1,600 kbit/s down, 2.5 % loss, "
        "freezes 3,500 ms every 30 s, reset every 600 s"
    )
    assert Conditions(half_open_every_s=5, throttled=True, up_kbit_s=12_000).describe() == (
        "0 ms, 12 Mbit/s up, unlimited down, half-open every 5 s, throttled"
    )


def test_the_model_and_the_arguments_import_nothing_heavy() -> None:
    code = (
        "import sys, pelton.netsim.command; "
        "print({'msgpack', 'websockets', 'rich', 'asyncio', 'socket', 'ssl'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
