"""Who logs never waits: what is not written in time is dropped, counted and said."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager

from pelton.server.logs.writer import Writer, write_all

WAIT_S = 10


class Reader:
    """What is written, and a gate that holds the writing up."""

    def __init__(self) -> None:
        self.text = b""
        self.gate = threading.Event()
        self.began = threading.Event()
        self.broken = False

    def write(self, lines: bytes) -> None:
        self.began.set()
        assert self.gate.wait(WAIT_S)
        if self.broken:
            raise BrokenPipeError
        self.text += lines


@contextmanager
def writer(reader: Reader, bytes_max: int = 100) -> Generator[Writer]:
    made = Writer(reader.write, lambda: None, lambda lines: b"lost %d\n" % lines, bytes_max)
    made.start()
    yield made
    reader.gate.set()
    assert made.stop(WAIT_S)


def test_lines_are_written_in_order() -> None:
    reader = Reader()
    reader.gate.set()
    with writer(reader, 10_000) as made:
        for number in range(100):
            made.put(b"%d\n" % number)
    assert reader.text.split() == [b"%d" % number for number in range(100)]


def test_who_does_not_read_costs_lines_and_no_time() -> None:
    reader = Reader()
    with writer(reader) as made:
        made.put(b"first.....\n")
        assert reader.began.wait(WAIT_S)
        for _ in range(1000):
            made.put(b"ten bytes.\n")
        assert made.dropped == 992
        assert not made.wait(0)
        reader.gate.set()
        assert made.wait(WAIT_S)
        made.put(b"later\n")
    assert reader.text == b"first.....\n" + b"ten bytes.\n" * 8 + b"lost 992\nlater\n"


def test_the_end_does_not_wait_for_ever() -> None:
    reader = Reader()
    made = Writer(reader.write, lambda: None, lambda _: b"", 100)
    made.start()
    made.put(b"never\n")
    assert not made.stop(0.01)
    reader.gate.set()
    assert made.stop(WAIT_S)


def test_a_reader_that_is_gone_ends_nothing() -> None:
    reader = Reader()
    reader.gate.set()
    with writer(reader) as made:
        reader.broken = True
        made.put(b"a\n")
        assert made.wait(WAIT_S)
        reader.broken = False
        made.put(b"b\n")
    assert reader.text == b"b\nlost 1\n"


def test_it_tidies_after_writing_and_when_it_was_asked_to() -> None:
    reader, tidied = Reader(), threading.Event()
    reader.gate.set()
    answers = iter([0.001])

    def tidy() -> float | None:
        wait_s = next(answers, None)
        if wait_s is None:
            tidied.set()
        return wait_s

    made = Writer(reader.write, tidy, lambda _: b"")
    made.start()
    made.put(b"a\n")
    assert tidied.wait(WAIT_S)
    assert made.stop(WAIT_S)


def test_all_is_written_also_where_the_pipe_takes_a_part() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    data = bytes(range(256)) * 4096
    found = bytearray()

    def read() -> None:
        while len(found) < len(data):
            found.extend(os.read(reading, 65_536))

    thread = threading.Thread(target=read)
    thread.start()
    write_all(writing, data)
    thread.join(WAIT_S)
    os.close(reading)
    os.close(writing)
    assert bytes(found) == data
