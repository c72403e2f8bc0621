"""A sweep that may not take all the time: it ends in the middle, and who was left comes first in the next."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.wire import Sweep
from pelton.wire.swept import VISITS_AT_ONCE
from tests.wire.fakes import UPGRADE, Endpoint, frame, new_websocket, request

COUNT = 5 * VISITS_AT_ONCE


class Crowd:
    """Many open connections of one sweep, each with a peer that can send."""

    def __init__(self, count: int) -> None:
        self.sweep = Sweep(512)
        self.peers: list[socket.socket] = []
        self.endpoints: list[Endpoint] = []
        for _ in range(count):
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            websocket, endpoint = new_websocket()
            self.sweep.add(ours, websocket)
            theirs.sendall(request(*UPGRADE))
            self.peers.append(theirs)
            self.endpoints.append(endpoint)
        self.sweep.sweep()
        assert all(endpoint.opened_count for endpoint in self.endpoints)

    def say(self, *numbers: int) -> None:
        for number in numbers:
            self.peers[number].sendall(frame(b"x"))

    @property
    def heard(self) -> list[int]:
        return [len(endpoint.messages) for endpoint in self.endpoints]

    def end(self) -> None:
        for endpoint in self.endpoints:
            endpoint.websocket.drop(1006, "over")
        for peer in self.peers:
            peer.close()
        self.sweep.close()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    crowd = Crowd(COUNT)
    yield crowd
    crowd.end()


def after(questions: int) -> Callable[[], bool]:
    """Over when it is asked for the so many'th time."""
    asked = 0

    def over() -> bool:
        nonlocal asked
        asked += 1
        return asked >= questions

    return over


def at_once() -> bool:
    return True


def test_a_sweep_without_an_end_visits_everybody(crowd: Crowd) -> None:
    crowd.say(*range(COUNT))
    assert (crowd.sweep.sweep(), crowd.heard) == (0, [1] * COUNT)


def test_a_sweep_whose_time_is_over_visits_a_few_all_the_same(crowd: Crowd) -> None:
    crowd.say(*range(COUNT))
    assert crowd.sweep.sweep(at_once) == COUNT - VISITS_AT_ONCE
    assert sum(crowd.heard) == VISITS_AT_ONCE


def test_it_is_asked_once_in_so_many_visits(crowd: Crowd) -> None:
    crowd.say(*range(COUNT))
    crowd.sweep.sweep(after(3))
    assert sum(crowd.heard) == 3 * VISITS_AT_ONCE


def test_who_was_left_is_first_in_turn_and_nobody_is_visited_twice_before_all_were_once(crowd: Crowd) -> None:
    """Though all of them always have something to say."""
    for round_ in range(20):
        crowd.say(*range(COUNT))
        crowd.sweep.sweep(at_once)
        turns = (round_ + 1) * VISITS_AT_ONCE
        visits = [min(heard, 1) for heard in crowd.heard]
        assert sum(visits) == min(turns, COUNT)


def test_who_was_left_and_is_paused_meanwhile_is_not_read(crowd: Crowd) -> None:
    crowd.say(*range(COUNT))
    crowd.sweep.sweep(at_once)
    late = [number for number, heard in enumerate(crowd.heard) if not heard]
    for number in late[::2]:
        crowd.endpoints[number].websocket.pause()
    crowd.sweep.sweep()
    assert all(not crowd.endpoints[number].websocket._tail for number in late[::2])
    assert [number for number, heard in enumerate(crowd.heard) if not heard] == late[::2]
    for number in late[::2]:
        crowd.endpoints[number].websocket.resume()
    crowd.sweep.sweep()
    assert crowd.heard == [1] * COUNT


def test_who_was_left_and_is_gone_meanwhile_harms_nobody(crowd: Crowd) -> None:
    crowd.say(*range(COUNT))
    crowd.sweep.sweep(at_once)
    late = [number for number, heard in enumerate(crowd.heard) if not heard]
    for number in late[::2]:
        crowd.endpoints[number].websocket.drop(4000, "gone")
    assert crowd.sweep.sweep() == 0
    assert [number for number, heard in enumerate(crowd.heard) if not heard] == late[::2]
    assert all(crowd.endpoints[number].codes == [4000] for number in late[::2])


def test_a_backlog_that_is_parsed_over_several_visits_ends_with_the_time_too(crowd: Crowd) -> None:
    for peer in crowd.peers:
        peer.sendall(frame(b"") * 80)  # more than one visit parses
    crowd.sweep.sweep()
    assert crowd.heard == [64] * COUNT
    assert crowd.sweep.sweep(at_once) == COUNT - VISITS_AT_ONCE
    while crowd.sweep.sweep(at_once):
        """In turn."""
    assert crowd.heard == [80] * COUNT


def test_who_always_has_a_backlog_does_not_keep_out_who_was_left(crowd: Crowd) -> None:
    busy = 2 * VISITS_AT_ONCE
    for number in range(busy):
        crowd.endpoints[number].websocket._slice_frames_max = 1
        crowd.peers[number].sendall(frame(b"") * 80)
    crowd.sweep.sweep()
    crowd.say(*range(busy, COUNT))
    for _ in range(COUNT // VISITS_AT_ONCE):
        crowd.sweep.sweep(at_once)
    assert crowd.heard[busy:] == [1] * (COUNT - busy)
    assert all(2 <= heard <= 4 for heard in crowd.heard[:busy]), "in turn with the others"


def test_nobody_is_visited_twice_in_a_sweep_though_he_was_left_and_is_ready(crowd: Crowd) -> None:
    for peer in crowd.peers:
        peer.sendall(frame(b"x" * 94) * 20)  # of which a slice holds five
    crowd.sweep.sweep(at_once)
    early = crowd.heard
    assert sorted(early) == [0] * (COUNT - VISITS_AT_ONCE) + [5] * VISITS_AT_ONCE
    crowd.sweep.sweep()
    assert crowd.heard == [heard + 5 for heard in early]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 39), max_size=40), max_size=12), st.integers(1, 3))
def test_everything_sent_is_read_however_often_the_time_is_over(rounds: list[list[int]], questions: int) -> None:
    crowd = Crowd(40)
    expected = [0] * 40
    for numbers in rounds:
        crowd.say(*numbers)
        for number in numbers:
            expected[number] += 1
        crowd.sweep.sweep(after(questions))
    for _ in range(4):
        crowd.sweep.sweep(after(questions))
    assert crowd.heard == expected
    crowd.end()
