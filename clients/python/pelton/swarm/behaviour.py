"""What a bot's author writes and what he writes it with: `@bot` on an async generator function, and its argument `me`.

Opens no connection and sends nothing: whoever runs the behaviour sends what it yields (`pelton.swarm.visit`).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, TypeAlias, overload

from pelton.streams import Poll

if TYPE_CHECKING:
    from pelton.client import Action, Frame, Replica, Room
    from pelton.swarm.tally import Tally

    Logic: TypeAlias = Callable[["Me"], AsyncGenerator[Action, None]]

__all__ = ["BadBehaviour", "Behaviour", "Me", "bot", "find_behaviour"]


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

    A generator that ends before its time is over has had enough: the bot leaves. It should iterate
    `me.frames()`, since a client that looks at no frame is soon sent none. `@bot(blind=True)` is for one that never
    looks at `me.state`: then a tenth of the swarm keeps it, for the digests, and the others spare the work.
    """
    if logic is None:
        return partial(Behaviour, blind=blind)
    return Behaviour(logic, blind=blind)


class Me:
    """One bot, as its own behaviour sees it.

    `random` is its dice: the same swarm seed and number roll the same again.
    """

    def __init__(self, number: int, seed: int, room: Room, tally: Tally) -> None:
        self.number = number
        """From 0 in its swarm."""
        self.random = Random(f"{seed}/{number}")
        self.room = room
        self.dismissed = False
        """Time is over: `frames` ends, nothing more should be sent."""
        self._tally = tally

    @property
    def state(self) -> Replica:
        """The room's state as of the frame last looked at."""
        return self.room.state

    @property
    def player_id(self) -> int:
        """Who it is in the room."""
        return self.room.player_id

    async def frames(self) -> AsyncIterator[Frame]:
        """The room's frames until time is over or the seat is gone."""
        while not self.dismissed:
            frame = await self.next_frame()
            if frame is None:
                return
            yield frame

    async def next_frame(self) -> Frame | None:
        """The next frame, also after time is over; None if the seat is gone."""
        frame = await self.room.frames().next()
        if isinstance(frame, Poll):
            return None
        self._tally.saw(frame)
        return frame


def find_behaviour(place: str) -> Behaviour:
    """Import `module:function`. BadBehaviour says what is wrong with it."""
    module_name, _, name = place.partition(":")
    if not module_name or not name:
        raise BadBehaviour(f"{place!r} is no behaviour: expected module:function")
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
