"""Who is refused at the door gets a short answer, and holds nothing of ours for long."""

from __future__ import annotations

import socket

from pelton.server.clock import NS_PER_S
from pelton.server.receive.turned_away import ANSWERED_AT_ONCE_MAX, TurnedAway

ANSWER = b"HTTP/1.1 429 Too Many Requests\r\n\r\n"


def pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    return ours, theirs


def test_the_answer_and_the_end_come_at_once_and_the_socket_goes_later() -> None:
    away = TurnedAway(2.0, ANSWER)
    ours, theirs = pair()
    with theirs:
        away.socket(ours, 0)
        assert (theirs.recv(1000), theirs.recv(1000)) == (ANSWER, b"")
        theirs.send(b"GET / HTTP/1.1\r\n\r\n")  # nobody reads it, and nobody resets it
        away.look(2 * NS_PER_S - 1)
        assert (len(away), ours.fileno() >= 0) == (1, True)
        away.look(2 * NS_PER_S)
        assert (len(away), ours.fileno()) == (0, -1)


def test_of_a_flood_most_are_just_ended() -> None:
    away = TurnedAway(2.0, ANSWER)
    pairs = [pair() for _ in range(ANSWERED_AT_ONCE_MAX + 3)]
    for ours, _ in pairs:
        away.socket(ours, 0)
    assert len(away) == ANSWERED_AT_ONCE_MAX
    assert [ours.fileno() for ours, _ in pairs[-3:]] == [-1] * 3
    assert [theirs.recv(1000) for _, theirs in pairs[-3:]] == [b""] * 3
    away.look(2 * NS_PER_S)
    assert {ours.fileno() for ours, _ in pairs} == {-1}
    for _, theirs in pairs:
        theirs.close()


def test_without_an_answer_all_are_just_ended() -> None:
    away = TurnedAway(2.0, b"")
    ours, theirs = pair()
    with theirs:
        away.socket(ours, 0)
        assert (len(away), theirs.recv(1000)) == (0, b"")


def test_who_is_gone_already_is_no_fault() -> None:
    away = TurnedAway(2.0, ANSWER)
    ours, theirs = pair()
    theirs.close()
    away.socket(ours, 0)
    assert (len(away), ours.fileno()) == (0, -1)
