"""The event loop that runs everything but the player sockets; the only file that knows uvloop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["loop_factory", "loop_name"]


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """How to make the loop of this name, as in the configuration; `auto` takes uvloop where there is one.

    ImportError if it was asked for by name and is missing.
    """
    if name == "asyncio":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ImportError:
        if name == "uvloop":
            raise
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def loop_name(loop: asyncio.AbstractEventLoop) -> str:
    """Which one of the configuration's names it runs under, also if it is a subclass."""
    packages = [base.__module__.partition(".")[0] for base in type(loop).__mro__]
    return "uvloop" if "uvloop" in packages else "asyncio"
