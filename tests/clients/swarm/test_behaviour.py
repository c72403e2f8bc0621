"""What an author of bots can rely on: `@bot`, `me`, and behaviours by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from pelton.client import Action
from pelton.swarm import BadBehaviour, Me, bot
from pelton.swarm.behaviour import find_behaviour
from tests.clients.swarm.stage import Stage, performance


@bot
async def gambler(me: Me) -> AsyncGenerator[Action, None]:
    """Steer as the dice fall."""
    async for _ in me.frames():
        yield Action("steer", turn=me.random.uniform(-1, 1), thrust=1.0)


def not_a_bot() -> None:
    """A function like any other."""


async def test_the_same_seed_and_number_repeat_the_same_actions() -> None:
    first = await performance(gambler, Stage(number=3, seed=7), 50)
    assert len(first) == 50
    assert await performance(gambler, Stage(number=3, seed=7), 50) == first


async def test_every_bot_of_a_swarm_has_dice_of_its_own() -> None:
    first = await performance(gambler, Stage(number=3, seed=7), 50)
    assert await performance(gambler, Stage(number=4, seed=7), 50) != first
    assert await performance(gambler, Stage(number=3, seed=8), 50) != first


async def test_frames_end_when_time_is_over() -> None:
    stage = Stage()
    stage.frames(10)
    seen = 0
    async for _ in stage.me.frames():
        seen += 1
        stage.me.dismissed = seen == 4
    assert seen == 4
    assert await stage.me.next_frame() is not None


async def test_me_knows_who_and_where_it_is() -> None:
    stage = Stage(number=3)
    assert (stage.me.number, stage.me.player_id) == (3, 7)
    assert stage.me.state is stage.room.state


def test_a_behaviour_keeps_its_name_and_its_docstring() -> None:
    assert (gambler.name, gambler.__doc__) == ("gambler", "Steer as the dice fall.")


def test_a_function_that_yields_nothing_is_refused_where_it_is_written() -> None:
    async def forgot_to_yield(me: Me) -> None:
        """Play without a single action."""

    with pytest.raises(BadBehaviour, match="forgot_to_yield is no bot: it must be an `async def` that yields actions"):
        bot(cast("Any", forgot_to_yield))


def test_a_behaviour_is_found_by_module_and_function() -> None:
    assert find_behaviour("pelton.swarm.behaviours:wanderer").name == "wanderer"
    assert find_behaviour(f"{__name__}:gambler") is gambler


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("wonderer", "expected module:function or one that ships"),
        ("no.such.module:wanderer", "cannot import 'no.such.module'"),
        ("pelton.swarm.behaviours:wonderer", "has no 'wonderer'; bots in it: "),
        (f"{__name__}:not_a_bot", "'not_a_bot' is not decorated with @bot; bots in it: gambler"),
    ],
)
def test_a_behaviour_that_cannot_be_had_is_explained(place: str, problem: str) -> None:
    with pytest.raises(BadBehaviour) as raised:
        find_behaviour(place)
    assert problem in str(raised.value)


def test_reading_the_command_line_loads_no_library() -> None:
    code = "import sys, pelton.swarm.command; print({'msgpack', 'websockets', 'rich', 'asyncio'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"
