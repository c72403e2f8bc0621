"""The event loop that runs everything but the player sockets; the only file that knows uvloop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["loop_factory"]


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
