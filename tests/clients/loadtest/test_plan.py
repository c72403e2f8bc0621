"""Plans are read as a whole, and what is wrong with one is said with file, key and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelton.loadtest.plan import Arrivals, Capacity, Population, read_plan
from pelton.loadtest.tables import PlanError
from tests.clients.loadtest.made import a_plan
from tests.contract.tree import ROOT

WHOLE = """
url = "ws://10.0.0.1:80/"
admin = "http://10.0.0.1:81"
game = "cards"
mix = { wanderer = 80, "my.bots:hunter" = 20, idler = 0 }
seed = 7
workers = 2
[[stage]]
bots = 100
ramp_s = 5
hold_s = 20
[[stage]]
arrivals_per_s = 2.5
session_s = 30
hold_s = 20
[net]
preset = "4g"
loss = 0.05
share = 0.5
[thresholds]
"ack.p99" = "< 80ms"
errors = "== 0"
[capacity]
bots_min = 10
bots_max = 300
ramp_s = 1
hold_s = 5
"""


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(PlanError) as caught:
        a_plan(folder, text)
    prefix = f"{folder / 'plan.toml'}"
    assert all(problem.startswith(prefix) for problem in caught.value.problems)
    return [problem.removeprefix(prefix).lstrip() for problem in caught.value.problems]


def test_every_key_is_read(tmp_path: Path) -> None:
    plan = a_plan(tmp_path, WHOLE)
    assert (plan.name, plan.text) == ("plan.toml", WHOLE)
    assert (plan.url, plan.admin) == ("ws://10.0.0.1:80/", "http://10.0.0.1:81")
    assert (plan.game, plan.seed, plan.workers) == ("cards", 7, 2)
    assert dict(plan.mix) == {"wanderer": 80, "my.bots:hunter": 20}, "whose weight is 0 does not play"
    assert plan.stages == (Population(100, 5.0, 20.0), Arrivals(2.5, 30.0, 0.0, 20.0))
    assert (dict(plan.net.conditions), plan.net.share) == ({"preset": "4g", "loss": 0.05}, 0.5)
    assert [threshold.text for threshold in plan.thresholds] == ["ack.p99 < 80ms", "errors == 0"]
    assert plan.capacity == Capacity(10, 300, 1.0, 5.0)


def test_a_stage_is_all_that_is_needed(tmp_path: Path) -> None:
    plan = a_plan(tmp_path, "[[stage]]\nbots = 5\nhold_s = 1\n")
    assert (plan.url, plan.admin, plan.game, plan.workers) == ("ws://127.0.0.1:7777/", "", "arena", 1)
    assert (dict(plan.mix), plan.thresholds, dict(plan.net.conditions)) == ({}, (), {})
    assert plan.stages == (Population(5, 2.0, 1.0),)


def test_the_example_is_a_plan() -> None:
    plan = read_plan(ROOT / "examples" / "load.toml")
    assert plan.stages
    assert plan.thresholds


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('ulr = "ws://a/"', "ulr: there is no such key; did you mean url?"),
        ("x = 1", "x: there is no such key; there are: url, admin, game, mix, "),
        ('url = "http://a/"', 'url: expected ws://host:port/ or wss://host:port/, got "http://a/"'),
        ('url = "ws://a:b/"', 'url: expected ws://host:port/ or wss://host:port/, got "ws://a:b/"'),
        ('admin = "https://a/"', 'admin: expected http://host:port/, got "https://a/"'),
        ("url = 5", "url: expected ws://host:port/ or wss://host:port/, got 5"),
        ("seed = -1", "seed: expected a whole number from 0 to 9,007,199,254,740,991, got -1"),
        ("workers = 1.5", "workers: expected a whole number from 1 to 64, got 1.5"),
        ("workers = true", "workers: expected a whole number from 1 to 64, got true"),
        ('game = "A b"', 'game: expected 1 to 64 lowercase letters, digits, - and _, got "A b"'),
        ("mix = { a = -1 }", "[mix] a: expected a whole number from 0 to 1,000,000, got -1"),
        ("mix = { a = 0 }", "[mix]: somebody must play: every weight is 0"),
        ('mix = { "a b" = 1 }', "[mix] a b: expected the name of a behaviour, or module:function"),
        ("mix = 5", "mix: expected a table, got 5"),
        ("stage = 5", "stage: expected tables, each below a line [[stage]], got 5"),
        ("[stage]\nbots = 1", "stage: expected tables, each below a line [[stage]], got a table"),
        ("[[stage]]\nbots = 5", "[[stage]] 1 hold_s: is missing, expected a number from 0 to 86400"),
        ("[[stage]]\nhold_s = 5", "[[stage]] 1 bots: is missing, expected a whole number from 0 to 100,000"),
        ("[[stage]]\nbots = 5\nhold_s = nan", "[[stage]] 1 hold_s: expected a number from 0 to 86400, got nan"),
        (
            "[[stage]]\nbots = 5\nhold_s = 1\nhold = 2",
            "[[stage]] 1 hold: there is no such key; did you mean hold_s?",
        ),
        (
            "[[stage]]\nbots = 1\nhold_s = 1\narivals_per_s = 2",
            "[[stage]] 1 arivals_per_s: there is no such key; did you mean arrivals_per_s?",
        ),
        (
            "[[stage]]\nbots = 1\narrivals_per_s = 2\nsession_s = 1\nhold_s = 1",
            "[[stage]] 1 bots: a stage has either bots (so many are alive) or arrivals_per_s (so many come)",
        ),
        (
            "[[stage]]\narrivals_per_s = 2\nhold_s = 1",
            "[[stage]] 1 session_s: is missing, expected a number from 0.1 to 86400",
        ),
        ("[net]\npreset = '5g'", "[net]: unknown preset '5g'; presets: lan, wifi, 4g, "),
        ("[net]\nlos = 0.5", "[net]: unknown key 'los'; did you mean \"loss\"?"),
        ("[net]\nshare = 0.5", "[net]: says nothing of the network; name a preset, such as preset = "),
        ("[net]\nshare = 2", "[net] share: expected a number from 0 to 1, got 2"),
        ("[capacity]\nbots_min = 9\nbots_max = 8", "[capacity] bots_min: is 9, which is more than bots_max = 8"),
        (
            '[thresholds]\n"ack.p98" = "< 80ms"',
            "[thresholds] ack.p98: is no threshold\n    ack.p98 < 80ms\n    ^ there is no metric",
        ),
        ("[thresholds]\nerrors = 0", '[thresholds] errors: expected a condition such as "< 80ms", got 0'),
        ("url = ", "invalid TOML: Invalid value (at "),
        ("[[stage", "invalid TOML: "),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_what_would_be_right(tmp_path: Path, text: str, problem: str) -> None:
    (found,) = problems(tmp_path, text)
    assert found.removeprefix(": ").startswith(problem)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, 'url = ""\nseed = "x"\n[[stage]]\nbots = -1\nhold_s = 1\n[net]\nx = 1\n')
    assert [problem.partition(":")[0] for problem in found] == ["url", "seed", "[[stage]] 1 bots", "[net]"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    cases = {"missing.toml": "there is no such file", "folder.toml": "is a directory", "binary.toml": "not UTF-8"}
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "binary.toml").write_bytes(b"url = '\xff'")
    (tmp_path / "long.toml").write_bytes(b"#" * 1_048_577)
    for name, problem in {**cases, "long.toml": "is longer than 1048576 bytes"}.items():
        with pytest.raises(PlanError) as caught:
            read_plan(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")
        assert problem in str(caught.value)
