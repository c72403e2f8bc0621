"""Runs every async test on each event loop that the server may stand on.

asyncio's own loop runs in debug mode (coroutines never awaited, calls from another thread, slow
callbacks); uvloop runs as it does in production, but lets a test that hangs be stopped.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How quickly examples are made says something about the machine, and nothing about what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

LOOP_FACTORIES: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}

if sys.platform != "win32":
    import uvloop

    class PlainUvloop(uvloop.Loop):
        """uvloop as in production, for one test."""

        timed_out: BaseException | None = None

        def set_debug(self, enabled: bool) -> None:
            """Stay out of debug mode: pytest-asyncio sets it on whatever loop a factory made."""

        def call_exception_handler(self, context: Any) -> None:
            """Stop when a test takes too long.

            The timeout is an exception that a signal raises. asyncio's loop passes it on; uvloop
            reads signals in a callback, so it only logs what they raise, and the test hangs on.
            """
            if isinstance(context.get("exception"), pytest.fail.Exception):
                self.timed_out = context["exception"]
                self.stop()
            else:
                super().call_exception_handler(context)

        def run_until_complete(self, future: Any) -> Any:
            """Raise the timeout in place of uvloop's complaint that it was stopped."""
            try:
                return super().run_until_complete(future)
            except RuntimeError:
                timed_out, self.timed_out = self.timed_out, None
                if timed_out is None:
                    raise
                raise timed_out from None

    LOOP_FACTORIES["uvloop"] = PlainUvloop


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tell pytest-asyncio the loops: each async test runs once on each, named by it."""
    return LOOP_FACTORIES
