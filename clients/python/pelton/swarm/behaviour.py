"""What a bot's author writes and what he writes it with: `@bot` on an async generator function, and its argument `me`.

Opens no connection and sends nothing: whoever runs the behaviour sends what it yields (`pelton.swarm.visit`).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, overload

from pelton.swarm.me import Me

if TYPE_CHECKING:
    from pelton.client import Action

    Logic: TypeAlias = Callable[["Me"], AsyncGenerator[Action, None]]

__all__ = ["BadBehaviour", "Behaviour", "bot", "find_behaviour"]


class BadBehaviour(Exception):
    """There is no such behaviour, or it is not what a bot can run."""


class Behaviour:
    """The logic of a bot, made by `@bot`. Calling it with a `Me` gives the actions of that one bot."""

    def __init__(self, logic: Logic, *, blind: bool = False) -> None:
        if not inspect.isasyncgenfunction(logic):
            raise BadBehaviour(f"{logic.__qualname__} is no bot: it must be an `async def` that yields actions")
        self.name = logic.__name__
        self.blind = blind
        """It never looks at the state."""
        self.__doc__ = logic.__doc__
        self._logic = logic

    def __call__(self, me: Me) -> AsyncGenerator[Action, None]:
        return self._logic(me)


@overload
def bot(logic: Logic) -> Behaviour: ...
@overload
def bot(*, blind: bool) -> Callable[[Logic], Behaviour]: ...
def bot(logic: Logic | None = None, *, blind: bool = False) -> Behaviour | Callable[[Logic], Behaviour]:
    """Make a bot's behaviour of an async generator function that yields actions.

    A generator that ends before its time is over has had enough: the bot leaves, and another takes its place.
    It should iterate `me.frames()` or `me.beat(hz)`, since a client that looks at no frame is soon sent none.
    `@bot(blind=True)` is for one that never looks at `me.state`: then a tenth of the swarm keeps it, for the digests,
    and the others spare the work.
    """
    if logic is None:
        return partial(Behaviour, blind=blind)
    return Behaviour(logic, blind=blind)


def find_behaviour(place: str) -> Behaviour:
    """The one that ships under a bare name, or `module:function`, imported. BadBehaviour says what is wrong with it."""
    from pelton.swarm.behaviours import SHIPPED  # each of them is made with `bot`

    if place in SHIPPED:
        return SHIPPED[place]
    module_name, _, name = place.partition(":")
    if not module_name or not name:
        ships = ", ".join(sorted(SHIPPED))
        raise BadBehaviour(f"{place!r} is no behaviour: expected module:function or one that ships ({ships})")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise BadBehaviour(f"{place!r}: cannot import {module_name!r}: {error}") from error
    found = getattr(module, name, None)
    if not isinstance(found, Behaviour):
        known = [key for key, value in vars(module).items() if isinstance(value, Behaviour)]
        problem = f"{module_name} has no {name!r}" if found is None else f"{name!r} is not decorated with @bot"
        raise BadBehaviour(f"{place!r}: {problem}; bots in it: {', '.join(known) or 'none'}")
    return found
