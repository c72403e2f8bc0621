"""A fault of ours in one connection: it is logged, that connection ends, and all others go on."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from pelton.wire import Phase, Sweep
from tests.wire.fakes import UPGRADE, Endpoint, closing_in, frame, new_websocket, request
from tests.wire.links import KINDS, Options, linked, tcp_pair

# The edge that catches is the channel's; the one in memory has none.
on_each_real_channel = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "memory"])


def fail(*_: object) -> None:
    raise LookupError("a fault of the endpoint")


@on_each_real_channel
@pytest.mark.parametrize("where", ["on_message", "on_opened", "on_drained"])
async def test_a_fault_of_the_endpoint_ends_its_connection_and_is_logged(
    kind: str, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with linked(kind, Options(open=where != "on_opened", send_buffer=4096)) as link:
        setattr(link.endpoint, where, fail)
        link.reads = where != "on_drained"
        await link.settle()
        if where == "on_drained":
            while link.websocket.send(b"x" * 1000):
                pass
        link.reads = True
        await link.say(request(*UPGRADE) if where == "on_opened" else frame(b"one") + frame(b"two"))
        assert link.endpoint.codes == [4500]
        if where == "on_message":
            assert link.endpoint.messages == [b"one"]
        assert link.ended
        assert_logged(caplog, "a fault of the endpoint")


@on_each_real_channel
async def test_the_peer_is_told_of_a_fault_by_its_code_alone(kind: str) -> None:
    """4500 is in the specification: the client may come back. An end without a code looks like a broken network."""
    async with linked(kind) as link:
        link.endpoint.on_message = fail
        await link.say(frame(b"one"))
        code, reason = closing_in(link.received)
        assert code == 4500
        assert "fault of the endpoint" not in reason


@on_each_real_channel
async def test_an_endpoint_that_fails_over_its_end_too_is_gone_all_the_same(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with linked(kind) as link:
        link.endpoint.on_message = fail
        link.endpoint.on_closed = fail
        await link.say(frame(b"one"))
        assert (link.endpoint.codes, link.websocket.phase) == ([4500], Phase.CLOSED)
        assert_logged(caplog, "a fault of the endpoint")


def assert_logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """One error, with its traceback, from the wire itself."""
    records = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert {record.name.rpartition(".")[0] for record in records} == {"pelton.wire"}
    assert records[0].exc_info is not None
    assert text in str(records[0].exc_info[1])


class Crowd:
    """Many connections on one sweep, each with a raw peer."""

    def __init__(self, count: int, slice_bytes: int = 4096) -> None:
        self.sweep = Sweep(slice_bytes)
        self.endpoints: list[Endpoint] = []
        self.peers: list[socket.socket] = []
        for _ in range(count):
            ours, theirs = socket.socketpair()
            for sock in (ours, theirs):
                sock.setblocking(False)
            websocket, endpoint = new_websocket()
            self.sweep.add(ours, websocket)
            self.endpoints.append(endpoint)
            self.peers.append(theirs)
        self.all_say(request(*UPGRADE))
        self.sweep.sweep()
        assert all(peer.recv(4096).startswith(b"HTTP/1.1 101 ") for peer in self.peers)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        for endpoint, peer in zip(self.endpoints, self.peers, strict=True):
            endpoint.on_closed = lambda: None
            endpoint.websocket.drop(1006, "the test is over")
            peer.close()
        self.sweep.close()

    def all_say(self, data: bytes) -> None:
        for peer in self.peers:
            peer.send(data)

    @property
    def messages(self) -> list[list[bytes]]:
        return [endpoint.messages for endpoint in self.endpoints]


@pytest.mark.parametrize("also_over_its_end", [False, True])
def test_all_others_in_the_same_sweep_are_served(also_over_its_end: bool) -> None:
    with Crowd(5) as crowd:
        crowd.endpoints[2].on_message = fail
        crowd.endpoints[2].on_closed = fail if also_over_its_end else lambda: None
        crowd.all_say(frame(b"hello"))
        crowd.sweep.sweep()
        assert crowd.messages == [[b"hello"]] * 5
        assert [endpoint.codes for endpoint in crowd.endpoints] == [[], [], [4500], [], []]


@pytest.mark.parametrize("how", ["close", "drop"])
@pytest.mark.parametrize("culprit", range(4))
def test_one_callback_may_end_others_that_are_ready_in_the_same_sweep(how: str, culprit: int) -> None:
    with Crowd(4) as crowd:

        def end_the_others(_: bytes) -> None:
            for index, endpoint in enumerate(crowd.endpoints):
                if index != culprit:
                    getattr(endpoint.websocket, how)(4000, "all out")

        crowd.endpoints[culprit].on_message = end_the_others
        crowd.all_say(frame(b"a") + frame(b"b"))
        for _ in range(3):
            crowd.sweep.sweep()
        for index, endpoint in enumerate(crowd.endpoints):
            assert endpoint.codes == ([] if index == culprit else [4000])
        assert crowd.endpoints[culprit].messages == [b"a", b"b"]


def test_one_callback_may_pause_others_that_are_ready_in_the_same_sweep() -> None:
    with Crowd(4) as crowd:

        def pause_all(_: bytes) -> None:
            for endpoint in crowd.endpoints:
                endpoint.websocket.pause()

        for endpoint in crowd.endpoints:
            endpoint.on_message = pause_all
        crowd.all_say(frame(b"a") + frame(b"b"))
        for _ in range(3):
            crowd.sweep.sweep()
        assert sum(map(len, crowd.messages)) == 1
        assert len(crowd.sweep) == 0
        for endpoint in crowd.endpoints:
            endpoint.on_message = lambda _: None
            endpoint.websocket.resume()
        for _ in range(3):
            crowd.sweep.sweep()
        assert crowd.messages == [[b"a", b"b"]] * 4


def test_a_descriptor_that_is_used_again_within_a_sweep_belongs_to_the_new_connection() -> None:
    with Crowd(3) as crowd:
        fresh: list[Endpoint] = []

        def replace(_: bytes) -> None:
            crowd.endpoints[2].websocket.drop(4000, "make room")
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            websocket, endpoint = new_websocket()
            crowd.sweep.add(ours, websocket)
            crowd.endpoints.append(endpoint)
            crowd.peers.append(theirs)
            fresh.append(endpoint)

        crowd.endpoints[0].on_message = replace
        crowd.all_say(frame(b"x"))
        crowd.sweep.sweep()
        crowd.peers[-1].send(request(*UPGRADE))
        crowd.sweep.sweep()
        assert [endpoint.opened_count for endpoint in fresh] == [1]
        assert (crowd.endpoints[2].codes, crowd.endpoints[2].messages) in (([4000], []), ([4000], [b"x"]))
        assert crowd.endpoints[1].messages == [b"x"]


def test_a_broken_connection_is_reported_by_the_next_sweep_not_by_the_send() -> None:
    """Whoever sends may be in the middle of a round over all players."""
    with Crowd(2) as crowd:
        crowd.peers[0].close()
        endpoint = crowd.endpoints[0]
        for _ in range(3):
            endpoint.websocket.send(b"x")
        assert endpoint.codes == []
        crowd.sweep.sweep()
        assert (endpoint.codes, endpoint.websocket.gone, len(crowd.sweep)) == ([1006], True, 1)


def test_each_ready_socket_is_read_once_a_sweep_and_one_slice_at_most() -> None:
    with Crowd(3, slice_bytes=512) as crowd:
        crowd.peers[0].send(frame(b"x" * 94) * 50)
        crowd.peers[1].send(frame(b"y"))
        crowd.sweep.sweep()
        assert [len(messages) for messages in crowd.messages] == [5, 1, 0]
        crowd.sweep.sweep()
        assert [len(messages) for messages in crowd.messages] == [10, 1, 0]


def test_a_paused_socket_is_not_watched_and_an_ended_one_neither() -> None:
    with Crowd(3) as crowd:
        crowd.endpoints[0].websocket.pause()
        crowd.endpoints[1].websocket.drop(4000, "")
        assert len(crowd.sweep) == 1
        crowd.endpoints[0].websocket.resume()
        assert len(crowd.sweep) == 2


async def test_a_peer_that_reset_before_it_was_taken_in_is_a_lost_connection() -> None:
    """Between `accept` and here anything may happen; such a socket has no peer's address any more."""
    ours, theirs = tcp_pair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    theirs.close()
    ours.setblocking(False)
    websocket, endpoint = new_websocket()
    sweep = Sweep(4096)
    try:
        await asyncio.sleep(0)
        sweep.add(ours, websocket)
        sweep.sweep()
        assert (endpoint.codes, websocket.phase, websocket.gone) == ([1006], Phase.CLOSED, True)
    finally:
        ours.close()
        sweep.close()


async def test_the_peers_address_is_known_for_the_log() -> None:
    for kind in ("swept", "transport"):
        async with linked(kind, Options(tcp=True)) as link:
            assert link.websocket.peer.startswith("127.0.0.1:")
        async with linked(kind) as link:
            assert link.websocket.peer == "local"
