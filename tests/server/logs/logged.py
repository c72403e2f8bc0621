"""Records as the standard library makes them, and the lines that come of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pelton.server.logs.entry import Entry, entry_of

__all__ = ["entry", "record"]


def record(
    template: str,
    *args: object,
    error: BaseException | None = None,
    extra: Mapping[str, object] | None = None,
    name: str = "pelton.test",
) -> logging.LogRecord:
    logger = logging.Logger(name)  # noqa: LOG001 - in no tree, for nobody else
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    return logger.makeRecord(name, logging.WARNING, "file.py", 1, template, args, exc_info, extra=extra)


def entry(
    template: str, *args: object, error: BaseException | None = None, extra: Mapping[str, object] | None = None
) -> Entry:
    return entry_of(record(template, *args, error=error, extra=extra))
