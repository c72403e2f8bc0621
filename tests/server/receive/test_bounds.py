"""The bounds of the input on real sockets and on the beat: looks that end in time, floods, silence, and the counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

from pelton.protocol.close_codes import MESSAGE_TIMEOUT, RATE_LIMITED, UNRESPONSIVE
from pelton.server.clock import ManualClock
from pelton.wire.swept import VISITS_AT_ONCE
from tests.server.peer import Peer
from tests.server.wheel import TRANSPORTS, Wheel
from tests.wire.fakes import PING, PONG, frame

PLAYERS = 2 * VISITS_AT_ONCE + 3


class Hurrying(ManualClock):
    """A clock on which asking for the time takes a millisecond."""

    def now_ns(self) -> int:
        self.advance(0.001)
        return super().now_ns()


@pytest.fixture(params=TRANSPORTS)
async def wheel(request: pytest.FixtureRequest) -> AsyncIterator[Wheel]:
    async with Wheel(f"server.transport={request.param}") as wheel:
        yield wheel


async def test_a_look_ends_when_its_time_is_over_and_everybody_has_his_turn() -> None:
    async with Wheel("receive.intake_budget_ms=1") as wheel:
        with ExitStack() as stack:
            peers = [stack.enter_context(Peer(wheel.port)) for _ in range(PLAYERS)]
            for peer in peers:
                await peer.greet()
            assert wheel.metrics.intakes_cut == 0
            wheel.beat.stop()
            wheel.listener._clock = Hurrying(wheel.clock.now_ns())
            for peer in peers:
                await peer.say(5, 1)
            now_ns = wheel.clock.now_ns()
            wheel.listener.look(now_ns)
            assert (wheel.metrics.intakes_cut, wheel.listener.waiting) == (1, True)
            wheel.listener.look(now_ns)
            assert wheel.metrics.intakes_cut == 2
            wheel.listener.look(now_ns)
            assert wheel.metrics.intakes_cut == 2
            for peer in peers:
                assert (await peer.hear())[:2] == [21, 1]


async def test_a_flood_is_held_and_then_closed(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.join()
        await peer.send(frame(b"", PONG) * 500)
        await wheel.turned(20)
        assert wheel.metrics.reads_held == 1
        for _ in range(60):
            if not wheel.metrics.floods_closed:
                await peer.send(frame(b"", PONG) * 20)
            await wheel.pass_time(0.05)
        assert (await peer.closed())[0] == RATE_LIMITED.code
        assert wheel.metrics.floods_closed == 1


async def test_a_flood_of_actions_is_closed_though_the_room_takes_as_many_as_it_can(wheel: Wheel) -> None:
    """The room takes 80 a second, so there is always credit: it is the inbox that is always full."""
    with Peer(wheel.port) as peer:
        await peer.join("tally")
        await wheel.ticks(2)
        seq = 0
        while not wheel.metrics.floods_closed:
            for _ in range(20):
                seq += 1
                await peer.say(4, seq, ["add", 1])
            await wheel.ticks()
            assert seq < 20 * 20 * 10, "not within 10 s"
        assert (await peer.closed())[0] == RATE_LIMITED.code
        assert wheel.metrics.turns_deferred


async def test_who_is_silent_is_pinged_and_then_closed(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer, Peer(wheel.port) as lively:
        await peer.greet()
        await lively.greet()
        for _ in range(17):
            await lively.send(frame(b"", PONG))
            await wheel.turned(2)
            await wheel.pass_time(1)
        assert await peer.next_frame() == (PING, b"")
        assert (await peer.closed())[0] == UNRESPONSIVE.code
        assert (wheel.metrics.connections_silent, wheel.metrics.connections) == (1, 1)


async def test_a_message_that_does_not_end_is_closed(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.greet()
        await peer.send(frame(b"half", fin=False))
        for _ in range(8):
            await wheel.turned(2)
            await wheel.pass_time(1)
        assert (await peer.closed())[0] == MESSAGE_TIMEOUT.code


async def test_who_is_gone_is_not_felt_any_more(wheel: Wheel) -> None:
    with Peer(wheel.port) as peer:
        await peer.greet()
        assert len(wheel.listener.pulse) == 1
    while wheel.metrics.connections:
        await wheel.turned()
    assert len(wheel.listener.pulse) == 0


async def test_each_inbox_has_one_waker_at_most_and_idle_ones_are_not_polled(wheel: Wheel) -> None:
    with Peer(wheel.port) as first, Peer(wheel.port) as second:
        for peer in (first, second):
            await peer.join("tally")
        while wheel.lobby.players < 2:
            await wheel.turned()
        await wheel.ticks(2)
        assert wheel.lobby.polls == (2, 2), "each was asked once, when it came"
        await wheel.ticks(50)
        assert wheel.lobby.polls == (2, 2)
        for opened in wheel.lobby:
            wheel.lobby.close(opened, "room_closed")
        assert wheel.lobby.polls == (0, 2), "what was counted stays counted"
