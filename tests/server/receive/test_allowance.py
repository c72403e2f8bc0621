"""The token bucket of a connection: what it lets through, whom it holds, and whom it closes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from pelton.protocol.close_codes import RATE_LIMITED
from pelton.server.clock import NS_PER_S
from pelton.server.metrics import Metrics
from pelton.server.receive.allowance import Allowance, Allowances
from pelton.wire import WebSocket
from tests.server.fakes import settings
from tests.wire.fakes import PING, UPGRADE, frame, new_websocket, request
from tests.wire.memory import MemoryChannel

RATE, BURST = 120, 240
LOOK_S = 0.05
FLOOD_LOOKS = round(2.5 / LOOK_S)


class Client:
    """A connection with all it sends waiting in a kernel without bounds."""

    def __init__(self, allowances: Allowances) -> None:
        self.allowance = Allowance(allowances)
        self.websocket: WebSocket
        self.websocket, self.endpoint = new_websocket(meter=self.allowance)
        self.allowance.websocket = self.websocket
        self.channel = MemoryChannel()
        self.websocket.attach(self.channel)
        self.websocket.feed(request(*UPGRADE))
        self.waiting = 0
        """Frames in the kernel."""
        self.sends = frame(b"")
        self.a_look = 100
        """Of them, how many are in what one look reads."""

    def read(self) -> None:
        """As a sweep does: what was held back, then a slice of what waits."""
        if self.channel.wants_again:
            self.channel.wants_again = False
            self.websocket.feed(b"")
        if not self.channel.paused and self.waiting:
            taken = min(self.waiting, self.a_look)
            self.waiting -= taken
            self.websocket.feed(self.sends * taken)


class Server:
    """Looks at its clients every twentieth of a second."""

    def __init__(self, *overrides: str) -> None:
        self.metrics = Metrics()
        self.now_ns = 0
        self.allowances = Allowances(settings(*overrides).receive, self.metrics, 0)
        self.clients: list[Client] = []

    def client(self) -> Client:
        self.clients.append(Client(self.allowances))
        return self.clients[-1]

    def look(self, count: int = 1, *, seconds: float = LOOK_S, judge: bool = True) -> None:
        for _ in range(count):
            self.now_ns += round(seconds * NS_PER_S)
            step_ns = self.allowances.begin(self.now_ns)
            for client in self.clients:
                client.read()
            self.allowances.refill(step_ns, judge=judge)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.mark.parametrize("hz", [1, 20, 30, 60, 62])
def test_who_acts_as_often_as_games_do_never_notices(server: Server, hz: int) -> None:
    client = server.client()
    sent = 0
    for look in range(1, 20 * 60 * 5):
        due = int(look * LOOK_S * hz)
        client.waiting += due - sent
        sent = due
        server.look()
        assert (client.websocket.held, client.waiting) == (False, 0)
    assert (len(client.endpoint.messages), server.metrics.reads_held) == (sent, 0)


def test_what_is_sent_too_fast_is_read_at_the_rate_and_nothing_is_lost(server: Server) -> None:
    client = server.client()
    client.waiting = 400
    server.look(20)
    assert BURST + RATE * 0.8 <= len(client.endpoint.messages) <= BURST + RATE
    server.look(20)
    assert (len(client.endpoint.messages), client.endpoint.closings) == (400, [])
    assert server.metrics.reads_held > 0


def test_looks_that_follow_soon_lose_no_part_of_a_frame(server: Server) -> None:
    client = server.client()
    client.waiting = 400
    server.look(200, seconds=0.005)
    assert BURST + RATE - 2 <= len(client.endpoint.messages) <= BURST + RATE


@pytest.mark.parametrize("rest_s", [60, 3600])
def test_a_rest_earns_no_more_than_a_burst(server: Server, rest_s: int) -> None:
    client = server.client()
    for _ in range(3):
        client.waiting += 10_000
        before = len(client.endpoint.messages)
        server.look(1, seconds=rest_s)
        server.look(40, seconds=0)
        assert BURST * 3 / 4 <= len(client.endpoint.messages) - before <= BURST
        client.waiting = 0
        server.look(40, seconds=1)


pauses = st.lists(st.tuples(st.integers(0, 3_000_000_000), st.integers(0, 700)), max_size=40)


@settings_of_hypothesis(max_examples=300, deadline=None)
@example([(53_211, 0), (2_965_290, 700), (3_077_002, 700)], 331, 500)
@given(pauses, st.integers(1, 500), st.integers(4, 500))
def test_never_more_than_a_burst_and_what_the_time_earned(story: list[tuple[int, int]], rate: int, burst: int) -> None:
    """In no stretch of time: not since the beginning, and not since any other moment."""
    allowances = Allowances(
        settings(f"receive.frames_per_second_max={rate}", f"receive.frames_burst_max={burst}").receive, Metrics(), 0
    )
    allowance = Allowance(allowances)
    allowance.websocket, _ = new_websocket()
    credit, passed = allowance.spent(), 0
    moments = [(0, 0)]
    now_ns = 0
    for wait_ns, wanted in story:
        now_ns += wait_ns
        allowances.begin(now_ns)
        for _ in range(wanted):
            if not credit:
                credit = allowance.spent()
            if not credit:
                break
            credit -= 1
            passed += 1
        for then_ns, before in moments:
            assert passed - before <= burst + (now_ns - then_ns) * rate / NS_PER_S + 1e-6
        moments.append((now_ns, passed))


def test_frames_of_every_kind_are_counted(server: Server) -> None:
    client = server.client()
    client.websocket.feed(frame(b"p", PING) * 10)
    client.websocket.feed(frame(b"p", 0xA) * 10)
    client.websocket.feed(frame(b"", fin=False) + frame(b"", 0x0))
    assert client.allowance.used == 22


def test_a_flood_is_closed_when_it_has_gone_on_for_long_enough(server: Server) -> None:
    client, neighbour = server.client(), server.client()
    looks = 0
    while not client.endpoint.closings:
        client.waiting += 2500
        neighbour.waiting += 1
        server.look()
        looks += 1
    ((code, reason),) = client.endpoint.closings
    assert (code, "rate_limited: more than 120 frames" in reason) == (RATE_LIMITED.code, True)
    assert FLOOD_LOOKS < looks <= FLOOD_LOOKS + 10
    assert server.metrics.floods_closed == 1
    assert len(neighbour.endpoint.messages) == looks
    server.look(10)
    assert server.allowances.short == {}


def test_a_flood_of_pings_has_a_fifth_of_the_time(server: Server) -> None:
    ping, act = server.client(), server.client()
    ping.sends = frame(b"", PING)
    ping.waiting = act.waiting = 1_000_000
    server.look(FLOOD_LOOKS // 5 + 8)
    assert [code for code, _ in ping.endpoint.closings] == [RATE_LIMITED.code]
    assert act.endpoint.closings == []


def test_long_pings_are_closed_within_a_second_although_few_are_in_a_slice(server: Server) -> None:
    client = server.client()
    client.sends, client.a_look = frame(b"x" * 125, PING), 15
    client.waiting = 1_000_000
    server.look(round(1 / LOOK_S))
    assert [code for code, _ in client.endpoint.closings] == [RATE_LIMITED.code]


def test_who_pings_as_often_as_libraries_do_never_notices(server: Server) -> None:
    client = server.client()
    client.sends = frame(b"", PING)
    for look in range(1, 20 * 60):
        client.waiting += look % 4 == 0  # five times a second
        server.look()
        assert (client.websocket.held, client.waiting) == (False, 0)
    assert server.metrics.reads_held == 0


def test_pings_among_actions_do_not_make_a_client_a_flood_of_pings(server: Server) -> None:
    client = server.client()
    client.sends = frame(b"", PING) + frame(b"") + frame(b"")
    client.waiting = 1_000_000
    server.look(FLOOD_LOOKS - 2)
    assert client.endpoint.closings == []


def test_a_flood_with_breaks_is_slowed_down_and_not_closed(server: Server) -> None:
    client = server.client()
    for _ in range(20):
        client.waiting = 400  # more than a burst: it is held, and then all is read
        server.look(FLOOD_LOOKS)
        assert client.waiting == 0
        server.look(FLOOD_LOOKS)
    assert (client.endpoint.closings, len(client.endpoint.messages)) == ([], 8000)


def test_after_a_stall_of_the_process_everybody_may_catch_up_for_as_long(server: Server) -> None:
    """F16: 10 s of a game that acts 60 times a second have piled up."""
    client = server.client()
    client.waiting = 600
    server.look(1, seconds=10)
    for _ in range(200):
        client.waiting += 3
        server.look()
    assert (client.endpoint.closings, client.waiting) == ([], 0)


def test_a_stall_does_not_count_against_who_is_held_when_it_begins(server: Server) -> None:
    client = server.client()
    client.waiting = 10**6
    server.look(FLOOD_LOOKS - 10)
    before_ns = client.allowance.short_ns
    server.look(1, seconds=20)
    assert (client.endpoint.closings, client.allowance.short_ns) == ([], before_ns)


def test_a_look_that_is_late_counts_no_more_than_looks_usually_do(server: Server) -> None:
    client = server.client()
    client.waiting = 10**6
    server.look(30)
    before_ns = client.allowance.short_ns
    server.look(seconds=0.9)
    assert client.allowance.short_ns - before_ns <= 2 * LOOK_S * NS_PER_S


def test_a_flood_after_a_stall_is_closed_all_the_same(server: Server) -> None:
    client = server.client()
    server.look(1, seconds=10)
    for _ in range(round(10 / LOOK_S) + 2 * FLOOD_LOOKS):
        client.waiting += 2500
        server.look()
    assert [code for code, _ in client.endpoint.closings] == [RATE_LIMITED.code]


def test_nobody_is_taken_for_content_by_a_look_that_did_not_reach_him(server: Server) -> None:
    client = server.client()
    client.waiting = 10**6
    server.look(30)
    earned = client.allowance.short_ns
    assert earned
    server.look(judge=False)
    assert client.allowance.short_ns == earned
    server.look(FLOOD_LOOKS)
    assert client.endpoint.closings


def test_an_inbox_that_fills_up_once_is_no_flood(server: Server) -> None:
    """A slow room may take long to empty it."""
    client = server.client()
    client.websocket.pause()
    client.allowance.full()
    server.look(10 * FLOOD_LOOKS)
    assert client.endpoint.closings == []
    client.websocket.resume()
    server.look()
    assert (server.allowances.short, client.websocket.held) == ({}, False)


def test_an_inbox_that_fills_up_again_and_again_is_one(server: Server) -> None:
    client = server.client()
    for _ in range(FLOOD_LOOKS):
        client.websocket.pause()
        client.allowance.full()
        server.look(2)
        if client.endpoint.closings:
            break
        client.websocket.resume()
    assert [code for code, _ in client.endpoint.closings] == [RATE_LIMITED.code]


def test_who_goes_while_he_is_held_is_forgotten(server: Server) -> None:
    client = server.client()
    client.waiting = 10_000
    server.look(10)
    client.websocket.drop(1006, "gone")
    server.look()
    assert server.allowances.short == {}


def test_a_slice_that_is_cut_is_counted(server: Server) -> None:
    client = server.client()
    client.websocket.feed(frame(b"") * 65)
    assert server.metrics.slices_cut == 1
