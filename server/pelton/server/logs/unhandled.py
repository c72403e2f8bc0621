"""What no connection and no room answers for: exceptions in tasks and callbacks of the event loop.

Logged once with their traceback, counted, and survived: the beat has its next turn, whatever came out of this one.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from pelton.server.metrics import Metrics

__all__ = ["watch_unhandled"]

log = logging.getLogger(__name__)

TOLD = ("task", "future", "handle", "protocol", "transport")


def watch_unhandled(loop: asyncio.AbstractEventLoop, metrics: Metrics) -> None:
    """Count in `metrics.unhandled_errors` what the loop is left with, in the place of its own report."""

    def unhandled(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        metrics.unhandled_errors += 1
        error: BaseException | None = context.get("exception")
        where = {name: context[name] for name in TOLD if name in context}
        message = context.get("message", "no message")
        log.error("unhandled error on the event loop: %s", message, exc_info=error, extra=where)

    loop.set_exception_handler(unhandled)
