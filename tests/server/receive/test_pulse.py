"""Who is still there: silence, messages that do not end, and a process that stood still itself."""

from __future__ import annotations

import pytest

from pelton.protocol.close_codes import MESSAGE_TIMEOUT, UNRESPONSIVE
from pelton.server.clock import NS_PER_S
from pelton.server.metrics import Metrics
from pelton.server.receive.allowance import Allowance, Allowances
from pelton.server.receive.pulse import Pulse
from pelton.wire import WebSocket
from tests.server.fakes import settings
from tests.wire.fakes import CONT, PING, PONG, UPGRADE, Endpoint, frame, frames_in, new_websocket, request
from tests.wire.memory import MemoryChannel

PING_AFTER, SILENCE, MESSAGE = 5, 15, 5
"""In pulses, as the defaults have it."""


class Ward:
    """Connections and their pulse."""

    def __init__(self, *overrides: str) -> None:
        config = settings(*overrides).receive
        self.metrics = Metrics()
        self.allowances = Allowances(config, self.metrics, 0)
        self.pulse = Pulse(config, self.metrics)
        self.now_ns = 0
        self.pulse.beat(0)

    def connect(self, *, shaken: bool = True) -> tuple[WebSocket, Endpoint, MemoryChannel]:
        allowance = Allowance(self.allowances)
        websocket, endpoint = new_websocket(meter=allowance)
        allowance.websocket = websocket
        self.pulse.add(websocket, allowance)
        endpoint.on_closed = lambda: self.pulse.remove(websocket)
        channel = MemoryChannel()
        websocket.attach(channel)
        if shaken:
            websocket.feed(request(*UPGRADE))
        channel.taken = b""
        self.beat()  # from here on they know each other
        return websocket, endpoint, channel

    def beat(self, count: int = 1, *, seconds: float = 1.0) -> None:
        for _ in range(count):
            self.now_ns += round(seconds * NS_PER_S)
            self.allowances.begin(self.now_ns)
            if self.pulse.due_ns <= self.now_ns:
                self.pulse.beat(self.now_ns)


@pytest.fixture
def ward() -> Ward:
    return Ward()


# Silence.


def test_who_is_silent_is_pinged_now_and_then_and_closed_in_the_end(ward: Ward) -> None:
    _, endpoint, channel = ward.connect()
    ward.beat(PING_AFTER - 1)
    assert channel.taken == b""
    ward.beat()
    assert frames_in(channel.taken) == [(PING, b"")]
    ward.beat(SILENCE - PING_AFTER - 1)
    assert (frames_in(channel.taken), endpoint.closings) == ([(PING, b"")] * 2, [])
    ward.beat()
    assert endpoint.codes == [UNRESPONSIVE.code]
    assert (ward.metrics.pings_sent, ward.metrics.connections_silent, len(ward.pulse)) == (2, 1, 0)


@pytest.mark.parametrize(
    "sign", [frame(b"", PONG), frame(b"", PING), frame(b"hello"), frame(b"", fin=False)[:3]], ids=repr
)
def test_any_byte_is_a_sign_of_life(ward: Ward, sign: bytes) -> None:
    websocket, endpoint, _ = ward.connect()
    ward.beat(SILENCE - 1)
    websocket.feed(sign)
    ward.beat(MESSAGE - 1)
    assert endpoint.closings == []


def test_who_answers_pings_stays_for_ever(ward: Ward) -> None:
    websocket, endpoint, channel = ward.connect()
    for _ in range(1000):
        ward.beat()
        if channel.taken:
            websocket.feed(frame(b"", PONG))
            channel.taken = b""
    assert endpoint.closings == []
    assert ward.metrics.pings_sent == pytest.approx(1000 / PING_AFTER, abs=40)


@pytest.mark.parametrize("stall_s", [10, 25, 3600])
def test_a_process_that_stood_still_cuts_nobody(ward: Ward, stall_s: int) -> None:
    """F16: however long it was, it is one pulse for everybody."""
    _, endpoint, _ = ward.connect()
    ward.beat(SILENCE - 2)
    ward.beat(seconds=stall_s)
    assert endpoint.closings == []
    ward.beat()
    assert endpoint.codes == [UNRESPONSIVE.code]


def test_looks_between_pulses_do_not_count(ward: Ward) -> None:
    _, endpoint, _ = ward.connect()
    ward.beat(20 * (SILENCE - 1), seconds=0.05)
    assert endpoint.closings == []


def test_somebody_to_whom_nothing_can_be_written_is_ended_without_a_word(ward: Ward) -> None:
    websocket, endpoint, channel = ward.connect()
    channel.room = 1
    websocket.send(b"x" * 100)
    ward.beat(SILENCE)
    assert (endpoint.codes, channel.aborted, channel.taken) == ([UNRESPONSIVE.code], True, b"\x82")
    assert ward.metrics.pings_sent == 0


def test_who_is_not_read_is_not_blamed_for_silence(ward: Ward) -> None:
    websocket, endpoint, _ = ward.connect()
    websocket.pause()
    ward.beat(10 * SILENCE)
    assert endpoint.closings == []
    websocket.resume()
    ward.beat(SILENCE)
    assert endpoint.codes == [UNRESPONSIVE.code]


def test_a_handshake_has_a_deadline_of_its_own(ward: Ward) -> None:
    _, endpoint, _ = ward.connect(shaken=False)
    ward.beat(10 * SILENCE)
    assert endpoint.closings == []


# Messages that do not end.


def test_a_message_in_fragments_must_come_whole_in_time(ward: Ward) -> None:
    websocket, endpoint, _ = ward.connect()
    websocket.feed(frame(b"", fin=False))
    ward.beat()
    for _ in range(MESSAGE - 1):
        assert endpoint.closings == []
        websocket.feed(frame(b"", CONT, fin=False) + frame(b"", PING))  # ever more of it, and a sign of life
        ward.beat()
    assert endpoint.closings == []
    ward.beat()
    assert (endpoint.codes, ward.metrics.messages_unfinished) == ([MESSAGE_TIMEOUT.code], 1)


def test_a_frame_must_come_whole_in_time_also_if_it_comes_byte_by_byte(ward: Ward) -> None:
    websocket, endpoint, _ = ward.connect()
    data = frame(b"x" * 100)
    for position in range(MESSAGE + 1):
        assert endpoint.closings == []
        websocket.feed(data[position : position + 1])
        ward.beat()
    assert endpoint.codes == [MESSAGE_TIMEOUT.code]


def test_messages_that_end_in_time_may_follow_each_other_without_a_gap(ward: Ward) -> None:
    """At every pulse one of them is under way, never the same."""
    websocket, endpoint, _ = ward.connect()
    data = frame(b"a", fin=False) + frame(b"b", CONT)
    cut = len(frame(b"a", fin=False)) + 2
    websocket.feed(data[:cut])
    for _ in range(10 * MESSAGE):
        ward.beat()
        websocket.feed(data[cut:] + data[:cut])
    assert (endpoint.closings, len(endpoint.messages)) == ([], 10 * MESSAGE)


def test_a_slow_line_may_take_its_time_within_the_limit(ward: Ward) -> None:
    websocket, endpoint, _ = ward.connect()
    for _ in range(5):
        data = frame(b"x" * 400)
        for position in range(0, len(data), 102):
            websocket.feed(data[position : position + 102])
            ward.beat()
    assert (endpoint.closings, len(endpoint.messages)) == ([], 5)


# Others who judge.


def test_others_judge_with_every_pulse(ward: Ward) -> None:
    times: list[int] = []
    ward.pulse.judges.append(times.append)
    ward.beat(3)
    ward.beat(10, seconds=0.01)
    assert times == [NS_PER_S, 2 * NS_PER_S, 3 * NS_PER_S]


def test_the_times_are_those_of_the_settings() -> None:
    ward = Ward("receive.ping_after_s=1", "receive.silence_timeout_s=2.5", "receive.message_timeout_s=1")
    _, endpoint, channel = ward.connect()
    ward.beat()
    assert frames_in(channel.taken) == [(PING, b"")]
    ward.beat()
    assert endpoint.closings == []
    ward.beat()
    assert endpoint.codes == [UNRESPONSIVE.code], "never sooner than it says"
