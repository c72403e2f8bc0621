"""From a call of a logger to bytes: limited by kind, told when it is over, flushed at the end."""

from __future__ import annotations

import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from pelton.server.clock import ManualClock, MonotonicClock
from pelton.server.logs.formats import console_text, json_line
from pelton.server.logs.handler import LogHandler
from pelton.server.logs.install import installed
from pelton.server.logs.limiter import Limits

WAIT_S = 10


class Log:
    """A logger with our handler alone, on a clock that is moved by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.written = b""
        self.handler = LogHandler(json_line, self._write, self.clock)
        self.logger = logging.Logger("pelton.test")  # noqa: LOG001 - in no tree, for nobody else
        self.logger.addHandler(self.handler)
        self.handler.start()

    def _write(self, data: bytes) -> None:
        self.written += data

    def lines(self) -> list[Any]:
        assert self.handler.wait(WAIT_S)
        return [json.loads(line) for line in self.written.splitlines()]

    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines()]


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log()
    yield made
    made.handler.finish(WAIT_S)


def test_of_a_kind_ten_a_second_are_written_and_then_how_many_there_were_more(log: Log) -> None:
    for number in range(1000):
        log.logger.warning("client %d is wrong", number, extra={"number": number})
    log.clock.advance(0.999)
    assert log.handler.tell_ended() == pytest.approx(0.001)
    assert len(log.lines()) == 10
    log.clock.advance(0.001)
    assert log.handler.tell_ended() is None
    *_, last = log.lines()
    assert last["message"] == "client 10 is wrong (suppressed 990 of these)"
    assert (last["number"], last["suppressed"]) == (10, 990)


def test_the_next_line_of_whatever_kind_tells_what_was_held_back(log: Log) -> None:
    for _ in range(12):
        log.logger.error("wrong")
    log.clock.advance(5)
    log.logger.info("something else")
    assert log.messages()[10:] == ["wrong (suppressed 2 of these)", "something else"]


def test_the_same_words_at_another_level_or_from_another_logger_are_another_kind(log: Log) -> None:
    other = logging.Logger("pelton.other")  # noqa: LOG001 - in no tree, for nobody else
    other.addHandler(log.handler)
    for _ in range(20):
        log.logger.info("wrong")
        log.logger.error("wrong")
        other.info("wrong")
    assert len(log.lines()) == 30


def test_at_the_end_everything_is_written(log: Log) -> None:
    for _ in range(100):
        log.logger.error("wrong")
    assert log.handler.finish(WAIT_S)
    assert log.messages()[-1] == "wrong (suppressed 90 of these)"


def test_held_back_lines_have_their_exception_once(log: Log) -> None:
    for _ in range(20):
        log.logger.error("wrong", exc_info=ValueError("x"))
    log.handler.finish(WAIT_S)
    assert ["exception" in line for line in log.lines()] == [True] * 10 + [False]


def test_a_flood_of_many_kinds_and_long_texts_stays_small(log: Log) -> None:
    """Even messages that were put together before, so that each is a kind of its own."""
    for second in range(3):
        for number in range(10_000):
            log.logger.error(f"{second} {number} " + "x" * 10_000)  # noqa: G003 - the mistake that is tested
        log.clock.advance(1)
    log.handler.finish(WAIT_S)
    assert len(log.written) < 3 * 100 * 2500


def test_an_argument_that_changes_after_the_call_does_not_change_the_line(log: Log) -> None:
    names = ["a"]
    log.logger.info("%s", names)
    names.append("b")
    assert log.messages() == ["['a']"]


def test_a_line_that_cannot_be_made_costs_that_line_alone(capfd: pytest.CaptureFixture[str]) -> None:
    written: list[bytes] = []
    failures = iter([True])

    def failing(entry: Any) -> str:
        if next(failures, False):
            raise ZeroDivisionError
        return console_text(entry)

    handler = LogHandler(failing, written.append, ManualClock())
    handler.start()
    logger = logging.Logger("pelton.test")  # noqa: LOG001 - in no tree, for nobody else
    logger.addHandler(handler)
    logger.error("x")
    logger.error("y")
    handler.finish(WAIT_S)
    assert b"1 lines are missing here" in b"".join(written)
    assert capfd.readouterr().err == ""


def test_lines_that_nobody_reads_are_dropped_and_said() -> None:
    gate, text = threading.Event(), bytearray()

    def write(data: bytes) -> None:
        assert gate.wait(WAIT_S)
        text.extend(data)

    handler = LogHandler(console_text, write, ManualClock(), Limits(lines_max=10**6), waiting_bytes_max=10_000)
    handler.start()
    logger = logging.Logger("pelton.test")  # noqa: LOG001 - in no tree, for nobody else
    logger.addHandler(handler)
    for number in range(10_000):
        logger.info("line %d", number)
    dropped = handler.dropped
    gate.set()
    assert handler.wait(WAIT_S)
    handler.finish(WAIT_S)
    assert dropped > 9000
    assert f"{dropped} lines are missing here: the log was not read in time" in text.decode()
    assert text.count(b": line ") == 10_000 - dropped


def test_it_is_installed_for_a_while_and_then_all_is_as_before() -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level, threading.excepthook)
    reading, writing = os.pipe()
    with installed("info", json_line, MonotonicClock(), writing) as handler:
        assert root.handlers == [handler]
        logging.getLogger("somebody").info("hello", extra={"who": "eve"})
        logging.getLogger("somebody").debug("not told")
        thread = threading.Thread(target=lambda: 1 // 0, name="broken")
        thread.start()
        thread.join(WAIT_S)
    os.close(writing)
    with os.fdopen(reading, "rb") as read:
        hello, failed = map(json.loads, read)
    assert (hello["logger"], hello["message"], hello["who"]) == ("somebody", "hello", "eve")
    assert (failed["level"], failed["message"]) == ("critical", "the thread broken has failed")
    assert failed["exception"].endswith("ZeroDivisionError: integer division or modulo by zero")
    assert (list(root.handlers), root.level, threading.excepthook) == before


def test_warnings_of_python_are_lines_of_the_log() -> None:
    reading, writing = os.pipe()
    with (
        warnings.catch_warnings(),
        installed("info", json_line, MonotonicClock(), writing),
    ):
        warnings.simplefilter("always")
        warnings.warn("old\nway", DeprecationWarning, stacklevel=1)
    os.close(writing)
    with os.fdopen(reading, "rb") as read:
        (line,) = map(json.loads, read)
    assert line["logger"] == "py.warnings"
    assert "DeprecationWarning: old" in line["message"]
