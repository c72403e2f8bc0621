"""Who comes back after losing the connection, and when."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.client import CannotConnect, ClientError, Closed, JoinRejected, NotSeated, ServerFault
from pelton.protocol import Comeback
from pelton.swarm.comeback import FIRST_S, LONGEST_S, may_return, pause_s, told_s


@pytest.mark.parametrize(
    ("error", "comeback"),
    [
        (Closed(1006, ""), Comeback.YES),
        (Closed(1013, "full"), Comeback.LATER),
        (Closed(4400, "bad"), Comeback.NO),
        (CannotConnect("ws://x/", "refused"), Comeback.YES),
        (JoinRejected("room_full", ""), Comeback.LATER),
        (JoinRejected("unknown_game", ""), Comeback.NO),
        (NotSeated("r", "shutting_down"), Comeback.YES),
        (ServerFault("nonsense"), Comeback.NO),
    ],
)
def test_a_bot_comes_back_where_a_client_may(error: ClientError, comeback: Comeback) -> None:
    assert may_return(error) is comeback


@given(st.integers(0, 50), st.integers(0))
def test_pauses_are_anything_up_to_a_bound_that_doubles(tries: int, seed: int) -> None:
    bound_s = min(LONGEST_S, FIRST_S * 2**tries)
    assert 0 <= pause_s(tries, Comeback.YES, Random(seed)) <= bound_s
    assert pause_s(tries, Comeback.LATER, Random(seed)) == 4 * pause_s(tries, Comeback.YES, Random(seed))


def test_a_bot_waits_as_long_as_the_server_asks() -> None:
    assert told_s(JoinRejected("busy", "", 2.5)) == 2.5
    assert told_s(JoinRejected("busy", "")) == told_s(Closed(1013, "full")) == 0
