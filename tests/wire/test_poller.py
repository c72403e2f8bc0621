"""Both pollers tell who is ready for what, without waiting."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from pelton.wire.poller import READ, WRITE, Poller, new_poller

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(params=[False, True], ids=["best", "portable"])
def poller(request: pytest.FixtureRequest) -> Iterator[Poller[str]]:
    made: Poller[str] = new_poller(portable=request.param)
    with closing(made):
        yield made


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def fill(sock: socket.socket) -> None:
    try:
        while True:
            sock.send(b"x" * 65_536)
    except BlockingIOError:
        pass


def test_nobody_is_ready_where_nobody_is_watched(poller: Poller[str]) -> None:
    assert (len(poller), list(poller.ready())) == (0, [])


def test_who_has_something_to_read_is_ready_for_that_until_it_is_read(poller: Poller[str], pair: Pair) -> None:
    ours, theirs = pair
    poller.watch(ours.fileno(), "a", 0, READ)
    assert (len(poller), list(poller.ready())) == (1, [])
    theirs.send(b"x")
    assert list(poller.ready()) == [("a", READ)]
    assert list(poller.ready()) == [("a", READ)]
    ours.recv(10)
    assert list(poller.ready()) == []


def test_who_can_write_is_ready_for_that_until_nothing_more_is_taken(poller: Poller[str], pair: Pair) -> None:
    ours, theirs = pair
    poller.watch(ours.fileno(), "a", 0, WRITE)
    assert list(poller.ready()) == [("a", WRITE)]
    fill(ours)
    assert list(poller.ready()) == []
    while len(theirs.recv(1_000_000)) == 1_000_000:
        pass
    theirs.setblocking(False)
    try:
        while theirs.recv(1_000_000):
            pass
    except BlockingIOError:
        pass
    assert list(poller.ready()) == [("a", WRITE)]


def test_both_at_once_are_told_at_once(poller: Poller[str], pair: Pair) -> None:
    ours, theirs = pair
    poller.watch(ours.fileno(), "a", 0, READ | WRITE)
    theirs.send(b"x")
    assert list(poller.ready()) == [("a", READ | WRITE)]


def test_what_is_waited_for_may_change_and_end(poller: Poller[str], pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"x")
    poller.watch(ours.fileno(), "a", 0, WRITE)
    poller.watch(ours.fileno(), "a", WRITE, READ)
    assert list(poller.ready()) == [("a", READ)]
    poller.watch(ours.fileno(), "a", READ, 0)
    assert (len(poller), list(poller.ready())) == (0, [])
    poller.watch(ours.fileno(), "b", 0, READ)
    assert list(poller.ready()) == [("b", READ)]


@pytest.mark.parametrize("events", [READ, WRITE, READ | WRITE])
def test_a_broken_connection_is_ready_for_what_it_waits_for(poller: Poller[str], pair: Pair, events: int) -> None:
    ours, theirs = pair
    fill(ours)
    poller.watch(ours.fileno(), "a", 0, events)
    assert list(poller.ready()) == []
    theirs.close()
    [(owner, found)] = poller.ready()
    assert (owner, found & events) == ("a", events)


def test_many_are_told_in_one_go(poller: Poller[str]) -> None:
    pairs = [socket.socketpair() for _ in range(300)]
    try:
        for index, (ours, theirs) in enumerate(pairs):
            poller.watch(ours.fileno(), str(index), 0, READ)
            if index % 2:
                theirs.send(b"x")
        assert sorted(poller.ready()) == sorted((str(index), READ) for index in range(1, 300, 2))
    finally:
        for ours, theirs in pairs:
            ours.close()
            theirs.close()
