"""The one function that changes the process: for as long as it runs, everything that logs does so through us."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial

from pelton.server.clock import Clock
from pelton.server.logs.formats import Format, coloured_text, console_text, json_line
from pelton.server.logs.handler import LogHandler
from pelton.server.logs.writer import write_all

__all__ = ["chosen_format", "installed"]

FLUSH_S = 2.0
"""At the end; a reader that does not read for so long gets no more."""

log = logging.getLogger(__name__)


def chosen_format(name: str, environ: Mapping[str, str], *, terminal: bool) -> Format:
    """How `log.format` is meant here: `auto` is for people on a terminal, and for machines anywhere else."""
    if name == "json" or (name == "auto" and not terminal):
        return json_line
    colours = terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    return coloured_text if colours else console_text


@contextmanager
def installed(level: str, written: Format, clock: Clock, fd: int) -> Generator[LogHandler]:
    """Have all loggers write to the descriptor, warnings of Python and faults of threads too; at the end, flush."""
    handler = LogHandler(written, partial(write_all, fd), clock)
    root = logging.getLogger()
    before, level_before, hook_before = list(root.handlers), root.level, threading.excepthook
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it reports every connection
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_failed
    handler.start()
    try:
        yield handler
    finally:
        handler.finish(FLUSH_S)
        threading.excepthook = hook_before
        logging.captureWarnings(capture=False)
        root.handlers = before
        root.setLevel(level_before)


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is not SystemExit and failed.exc_value is not None:
        name = failed.thread.name if failed.thread is not None else "unknown"
        log.critical("the thread %s has failed", name, exc_info=failed.exc_value, extra={"thread_name": name})
