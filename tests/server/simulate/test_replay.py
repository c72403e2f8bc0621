"""A room is a function of its seed and its actions: the same again gives the same states, to the last bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pelton.games.arena import Arena, Rename, Shoot, Steer
from pelton.server import Action
from pelton.server.deliver.blocks import digest_of
from pelton.server.deliver.fanout import Fanout
from pelton.server.metrics import Metrics
from pelton.server.simulate.seat import Seat
from tests.server.fakes import new_room, new_seat, new_ticker, offer, session_of
from tests.server.fakes import settings as server_settings

ROOT = Path(__file__).parents[3]

ACTIONS = st.one_of(
    st.builds(Steer, st.floats(-1, 1), st.floats(0, 1)),
    st.builds(Shoot),
    st.builds(Rename, st.sampled_from(["Ada", "Bob"])),
)
PLAYERS = st.integers(1, 4)
EVENTS = st.one_of(
    st.tuples(st.just("join"), PLAYERS, st.none()),
    st.tuples(st.just("leave"), PLAYERS, st.none()),
    st.tuples(st.just("act"), PLAYERS, ACTIONS),
    st.tuples(st.just("tick"), st.just(0), st.none()),
)
Event = tuple[str, int, Action | None]


class Recording:
    """An arena and what happened in it: of every tick the frames, as bytes, and the digests of what was there then."""

    def __init__(self, seed: int) -> None:
        self.ticks: list[tuple[bytes, list[int]]] = []
        self._ticker = new_ticker(new_room(Arena, seed))
        self._seats: dict[int, Seat] = {}
        self._ids = 0
        self._fanout = Fanout(server_settings().deliver, Metrics())

    def apply(self, kind: str, player: int, action: Action | None) -> None:
        seat = self._seats.get(player)
        if kind == "tick":
            self._fanout.deliver(self._ticker, self._ticker.step(), 0)
            sessions = [session_of(seat) for seat in self._ticker.seats]
            frames = b"".join(session.bodies[-1] for session in sessions)
            tables = self._ticker.tables
            digests = [digest_of(table.cells, table.slots_of(sorted(table.ids.tolist()))) for table in tables]
            self.ticks.append((frames, digests))
        elif kind == "join" and seat is None:
            self._ids += 1
            self._seats[player] = new_seat(self._ids)
            self._ticker.request(self._seats[player])
        elif kind == "leave" and seat is not None:
            self._ticker.release(self._seats.pop(player))
        elif kind == "act" and seat is not None and action is not None and len(seat.inbox) < seat.inbox.hard:
            offer(seat, seat.inbox.accepted + 1, action)


def play(events: list[Event], seed: int) -> list[tuple[bytes, list[int]]]:
    recording = Recording(seed)
    for event in [*events, ("tick", 0, None)]:
        recording.apply(*event)
    return recording.ticks


def battle(seed: int, ticks: int) -> list[Event]:
    """Four ships that turn, fly and shoot all the time."""
    dice = Random(seed)
    events: list[Event] = [("join", player, None) for player in range(1, 5)]
    for _ in range(ticks):
        events += [("act", player, Steer(dice.uniform(-1, 1), dice.random())) for player in range(1, 5)]
        events += [("act", player, Shoot()) for player in range(1, 5)]
        events.append(("tick", 0, None))
    return events


@settings(max_examples=50)
@given(st.lists(EVENTS, max_size=60), st.integers(0, 2**64))
def test_the_same_seed_and_actions_make_the_same_states(events: list[Event], seed: int) -> None:
    assert play(events, seed) == play(events, seed)


def test_another_seed_makes_other_states() -> None:
    events = battle(1, 3)
    assert play(events, 1) != play(events, 2)


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_states_do_not_depend_on_the_hashes_of_the_process(hash_seed: str) -> None:
    """Python draws the hashes of strings anew in every process; a set of them would come out in another order."""
    expected = [digests for _, digests in play(battle(7, 60), 7)]
    script = (
        "from tests.server.simulate.test_replay import *; print([digests for _, digests in play(battle(7, 60), 7)])"
    )
    environ = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
    }
    again = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == str(expected)
