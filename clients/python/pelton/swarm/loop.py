"""What a swarm asks of its surroundings: an event loop (the only file here that knows uvloop), signals, sockets."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable
from contextlib import suppress

from pelton.wire.limits import allow_sockets

__all__ = ["Interrupts", "collect_less_often", "loop_factory", "prepare"]

GC_THRESHOLD = 100_000


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """How to make an event loop: uvloop's where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


class Interrupts:
    """Ctrl-C and SIGTERM: the first asks to end, a second one cancels the task that is running."""

    def __init__(self) -> None:
        self.received: int | None = None
        """The number of the first signal, None if there was none."""

    def watch(self, end: Callable[[], None]) -> None:
        """Call `end` for the first signal from now on."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def note(number: int) -> None:
            if self.received is None:
                self.received = number
                end()
            else:
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows: Ctrl-C then ends the swarm without a summary
                loop.add_signal_handler(number, note, number)


def prepare(sockets: int) -> None:
    """Make the process fit for so many bots."""
    allow_sockets(sockets)
    collect_less_often()


def collect_less_often() -> None:
    """Let the garbage collector look for cycles more rarely: it walks every bot's copy of the world each time.

    Bots make next to no cycles, yet with the default of 700 the collector took 29 % of the CPU of 200 bots.
    """
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
