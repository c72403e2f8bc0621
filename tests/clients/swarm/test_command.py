"""`pelton swarm`: what it refuses, and what it makes of its arguments."""

from __future__ import annotations

import argparse

import pytest

from pelton.swarm.behaviours import wanderer
from pelton.swarm.command import add_arguments, run
from pelton.swarm.mix import Mix
from pelton.swarm.planning import Misuse, plan_from, words_of
from pelton.swarm.population import Session, Storm


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
        ("--bot", "-1"),
        ("--workers", "300"),
        ("--arrivals", "0"),
        ("--bots-max", "0"),
        ("--session", "0"),
        ("--session", "60,gauss"),
        ("--session", "60,"),
        ("--churn", "10%"),
        ("--churn", "1.5"),
        ("--storm", "0"),
        ("--storm", "30,0"),
        ("--storm", "30,half"),
        ("--fill", "0"),
        ("--net",),
        ("--shared-uplink", "0"),
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
        (
            ("--game", "chess"),
            "no bot knows the game 'chess' (known: arena, cards); say how with --behaviour (idler: any)",
        ),
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
    assert plan_from(arguments("-n", bots)).ramp_s == ramp_s


def test_arguments_become_a_plan() -> None:
    words = ("-n", "9", "--duration", "0", "--seed", "7", "--url", "wss://play.example/", "--ramp", "0")
    plan = plan_from(arguments(*words))
    assert (plan.bots, plan.duration_s, plan.seed, plan.url, plan.ramp_s) == (9, 0.0, 7, "wss://play.example/", 0.0)
    assert (plan.game, plan.mix) == ("arena", Mix.of(wanderer))


def test_every_option_finds_its_way_into_the_plan() -> None:
    words = ("--arrivals", "5", "--bots-max", "50", "--session", "60,fixed", "--churn", "0.1", "--storm", "30,0.5")
    plan = plan_from(arguments(*words, "--mix", "wanderer=80,hunter=20"))
    assert (plan.bots, plan.arrivals_per_s, plan.bots_max, plan.churn_per_min) == (0, 5.0, 50, 0.1)
    assert (plan.session, plan.storm) == (Session(60.0, "fixed"), Storm(30.0, 0.5))
    assert plan.mix.name == "wanderer=80,hunter=20"
    assert plan.may_return
    assert plan_from(arguments("--session", "60")).session == Session(60.0, "exp")


def test_the_command_that_plays_a_bot_again_makes_the_same_plan_for_it() -> None:
    words = (
        "-n",
        "200",
        "--seed",
        "7",
        "--storm",
        "30,0.5",
        "--session",
        "60,fixed",
        "--game",
        "cards",
        "--churn",
        "0.2",
    )
    plan = plan_from(arguments(*words))
    command = plan.replay(123).split()
    assert command[:2] == ["pelton", "swarm"]
    again = plan_from(arguments(*command[2:]))
    assert (again.only, again.bots, again.seed) == (123, 1, 7)
    for name in ("game", "mix", "storm", "session", "churn_per_min"):
        assert getattr(again, name) == getattr(plan, name), name
    assert again.words == plan.words


def test_nothing_but_the_seed_is_said_of_what_is_the_default() -> None:
    assert list(words_of(arguments())) == ["--seed", "0"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("--mix wanderer=1 --behaviour wanderer", "--behaviour and --mix do not go together"),
        ("--fill 3 -n 5", "--fill and --bots do not go together: --fill says itself how many are wanted"),
        ("--fill 3 --storm 5", "--fill and --storm do not go together"),
        ("--bot 3 --workers 2", "--bot and --workers do not go together: one bot needs one process"),
        ("--bots-max 3", "--bots-max needs --arrivals: it bounds those that come by themselves"),
        ("--shared-uplink 3", "--shared-uplink needs --net"),
    ],
)
def test_options_that_do_not_go_together_are_explained(words: str, problem: str) -> None:
    with pytest.raises(Misuse) as raised:
        plan_from(arguments(*words.split()))
    assert problem in str(raised.value)
    assert run(arguments(*words.split())) == 2
