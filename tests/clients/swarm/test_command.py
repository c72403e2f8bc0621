"""`pelton swarm`: what it refuses, and what it makes of its arguments."""

from __future__ import annotations

import argparse

import pytest

from pelton.swarm.behaviours import wanderer
from pelton.swarm.command import add_arguments, plan_from, run
from pelton.swarm.mix import Mix


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    "words",
    [
        ("-n", "0"),
        ("-n", "1.5"),
        ("--bots", "-3"),
        ("--duration", "-1"),
        ("--duration", "nan"),
        ("--ramp", "inf"),
        ("--ramp", "soon"),
        ("--seed", "x"),
        ("--url", "http://127.0.0.1:7777/"),
        ("--url", "127.0.0.1:7777"),
        ("--url", "ws://"),
        ("--url", "ws://127.0.0.1:port/"),
        ("--url", "ws://127.0.0.1:70000/"),
    ],
)
def test_an_argument_that_makes_no_sense_ends_with_2(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(*words)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--behaviour", "wonderer"), "expected module:function"),
        (("--game", "chess"), "no bot knows the game 'chess' (known: arena); say how with --behaviour"),
    ],
)
def test_a_behaviour_that_is_missing_ends_with_2(
    words: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments(*words)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert problem in err


@pytest.mark.parametrize(("bots", "ramp_s"), [("1", 0.01), ("50", 0.5), ("200", 2.0), ("5000", 2.0)])
def test_bots_arrive_a_hundred_a_second_but_within_two_seconds(bots: str, ramp_s: float) -> None:
    assert plan_from(arguments("-n", bots), wanderer).ramp_s == ramp_s


def test_arguments_become_a_plan() -> None:
    words = ("-n", "9", "--duration", "0", "--seed", "7", "--url", "wss://play.example/", "--ramp", "0")
    plan = plan_from(arguments(*words), wanderer)
    assert (plan.bots, plan.duration_s, plan.seed, plan.url, plan.ramp_s) == (9, 0.0, 7, "wss://play.example/", 0.0)
    assert (plan.game, plan.mix) == ("arena", Mix.of(wanderer))
