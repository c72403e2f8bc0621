"""Mixes of behaviours: as they are written, and who gets which."""

from __future__ import annotations

from collections import Counter

import pytest

from pelton.swarm import BadBehaviour
from pelton.swarm.behaviours import wanderer
from pelton.swarm.mix import Mix, parse_mix
from tests.clients.swarm.test_behaviour import gambler

PLACE = "tests.clients.swarm.test_behaviour:gambler"


def test_a_mix_has_what_ships_by_name_and_others_by_module() -> None:
    mix = parse_mix(f"wanderer=80, {PLACE}=20")
    assert mix.shares == ((wanderer, 80.0), (gambler, 20.0))
    assert mix.name == "wanderer=80,gambler=20"


def test_each_bot_draws_its_own_and_the_same_in_every_run() -> None:
    mix = Mix(((wanderer, 80.0), (gambler, 20.0)))
    drawn = [mix.pick(7, number) for number in range(2000)]
    assert 1500 < Counter(behaviour.name for behaviour in drawn)["wanderer"] < 1700
    assert drawn == [mix.pick(7, number) for number in range(2000)]
    assert drawn != [mix.pick(8, number) for number in range(2000)]
    assert Mix.of(gambler).pick(7, 3) is gambler


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("wanderer", "'wanderer' in the mix has no weight: expected BEHAVIOUR=WEIGHT,..."),
        ("wanderer=80,", "'' in the mix has no weight"),
        ("wanderer=many", "'wanderer=many' in the mix: expected a weight above 0, got 'many'"),
        ("wanderer=0", "expected a weight above 0, got '0'"),
        ("wanderer=-1", "expected a weight above 0, got '-1'"),
        ("wanderer=inf", "expected a weight above 0, got 'inf'"),
        ("wonderer=1", "expected module:function or one that ships"),
    ],
)
def test_a_mix_that_makes_no_sense_is_explained(text: str, problem: str) -> None:
    with pytest.raises(BadBehaviour) as raised:
        parse_mix(text)
    assert problem in str(raised.value)
