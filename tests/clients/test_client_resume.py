"""A client whose connection is lost, against a real server: it comes back, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from random import Random
from ssl import SSLContext

import pytest

from pelton.client import Backoff, Client, Closed, Frame, Room, TooFast, connect
from pelton.client.dial import Line, dial_tcp
from pelton.protocol import Comeback, Resume
from pelton.protocol.close_codes import REPLACED
from pelton.server import Event, Played, Player, Tick
from pelton.server.app import Server
from pelton.wire import WebSocket
from tests.server.fakes import settings
from tests.server.games import Tally

LOST = 1006
AT_ONCE = Backoff(first_s=0.0)


class Said(Event):
    total: int


class Echo(Tally):
    """Tells each player, with an event, each total that he comes to; adds nothing twice."""

    tick_hz = 100
    events = Said

    def on_create(self) -> None:
        super().on_create()
        self.amounts: list[int] = []
        self.dropped = asyncio.Event()

    def on_drop(self, player: Player) -> None:
        self.told.append(f"drop {player.id}")
        self.dropped.set()

    def on_resume(self, player: Player) -> None:
        self.told.append(f"resume {player.id}")

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        for player, action in actions:
            amount: int = action.amount
            self.amounts.append(amount)
            self.scores[player.id].total += amount
            self.emit(Said(self.scores[player.id].total), to=player)


@asynccontextmanager
async def running(*overrides: str) -> AsyncGenerator[Server]:
    server = Server(
        settings("server.port=0", "receive.intake_interval_ms=1", "simulate.grace_s=5", *overrides), {"echo": Echo}
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def room_of(server: Server) -> Echo:
    (opened,) = server.lobby
    room = opened.ticker.room
    assert isinstance(room, Echo)
    return room


def cut(client: Client, code: int = LOST) -> None:
    """Break the connection, as a network does."""
    client._connection._websocket.drop(code, "cut by the test")  # no public way to break a network just so


async def played(room: Room, until: str | None = None) -> Frame:
    """Take frames until one has come after a resume."""
    async for frame in room:
        if frame.resumed is not None or until == "any":
            return frame
    raise AssertionError(f"the room ended: {room.left_reason}")


async def to_its_end(room: Room) -> None:
    async for _ in room:
        """Whatever comes."""


async def test_the_same_iteration_goes_on_in_the_same_seat() -> None:
    async with running() as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        story: list[str] = []
        room.on_drop = lambda: story.append("drop")
        room.on_resume = lambda: story.append("resume")
        await played(room, "any")
        player_id, session_id = room.player_id, client.session_id
        cut(client)
        assert not room.connected
        frame = await played(room)
        assert frame.resumed is not None
        assert (frame.is_keyframe, frame.resumed.sent_again, frame.resumed.events_lost) == (False, 0, 0)
        assert (room.connected, room.player_id, client.room, story) == (True, player_id, room, ["drop", "resume"])
        assert client.session_id != session_id
        assert server.metrics.resumes == 1
        assert [row.id for row in room.state.scores] == [player_id]


async def test_nothing_that_follows_is_delivered_before_on_resume() -> None:
    async with running() as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        arrived: list[int] = []
        room.on_resume = lambda: arrived.append(room.received_tick)
        before = room.received_tick
        cut(client)
        frame = await played(room)
        assert arrived == [before]
        assert frame.tick > before


async def test_who_leaves_meanwhile_has_left_when_he_is_back() -> None:
    async with running() as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        cut(client)
        await room.leave()
        await to_its_end(room)
        assert room.left_reason == "you_left"
        assert client.room is None
        assert server.lobby.players == 0


async def test_actions_of_the_meantime_are_sent_in_the_end() -> None:
    async with running() as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        cut(client)
        for amount in (1, 2, 3):
            await room.act("add", amount=amount)
        frame = await played(room)
        assert frame.resumed is not None
        assert frame.resumed.sent_again == 3
        while room.unanswered:
            await played(room, "any")
        assert room_of(server).amounts == [1, 2, 3]


async def test_so_many_actions_wait_for_a_lost_connection_and_no_more() -> None:
    async with running() as server, connect(server.url, comeback=Backoff(first_s=60)) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        cut(client)
        for _ in range(64):
            await room.act("add", amount=1)
        with pytest.raises(TooFast, match="the connection is lost, and 64 actions wait"):
            await room.act("add", amount=1)


@pytest.mark.parametrize("seed", range(6))
async def test_every_action_counts_once_and_every_event_comes_once(seed: int) -> None:
    """Connections are cut at any moment, by either side, while actions and their answers are under way."""
    random = Random(seed)
    totals: list[int] = []
    acted = 0
    async with running() as server, connect(server.url, comeback=AT_ONCE, random=Random(seed)) as client:
        room = await client.join_or_create("echo")
        cuts = 0
        async for frame in room:
            assert not frame.refused
            totals += [event.fields["total"] for event in frame.events]
            if acted < 150:
                for _ in range(random.randrange(3)):
                    await room.act("add", amount=1)
                    acted += 1
            elif not room.unanswered:
                break
            if cuts < 12 and room.connected and random.random() < 0.3:
                cuts += 1
                if random.random() < 0.5:
                    cut(client)
                else:
                    for connection in list(server._listener._connections):
                        connection.websocket.drop(LOST, "cut by the test")
        assert (room_of(server).amounts, totals) == ([1] * acted, list(range(1, acted + 1)))
        assert server.metrics.resumes >= cuts / 2
        assert room.state.scores[room.player_id].total == acted


async def test_a_seat_that_is_gone_ends_the_room_with_what_ended_the_connection() -> None:
    async with running() as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        token = room.token
        room.token = bytes(16)
        assert token != room.token
        cut(client)
        with pytest.raises(Closed) as ended:
            await played(room)
        assert (ended.value.code, room.left_reason, client.room) == (LOST, "closed", None)
        assert server.metrics.resumes_refused == 1


async def test_a_server_that_is_gone_is_tried_until_the_grace_is_over() -> None:
    tries = 0

    async def dial(websocket: WebSocket, host: str, port: int, tls: SSLContext | None) -> Line:
        nonlocal tries
        tries += 1
        if tries > 1:
            raise ConnectionRefusedError
        return await dial_tcp(websocket, host, port, tls)

    backoff = Backoff(first_s=0.01, most_s=0.05)
    async with running("simulate.grace_s=0.3") as server, connect(server.url, comeback=backoff, dial=dial) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        cut(client)
        with pytest.raises(Closed):
            await to_its_end(room)
        assert tries > 3


async def test_without_a_comeback_the_room_ends_with_its_connection() -> None:
    async with running() as server, connect(server.url, comeback=None) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        cut(client)
        with pytest.raises(Closed) as ended:
            await played(room)
        assert ended.value.comeback is Comeback.YES


async def test_a_code_that_says_no_is_not_tried_again() -> None:
    async with running() as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        client._connection._websocket.push(b"\xc1")
        with pytest.raises(Closed) as ended:
            await played(room)
        assert (ended.value.code, server.metrics.connections_total) == (4400, 1)


async def test_who_is_replaced_elsewhere_does_not_fight_for_his_seat() -> None:
    async with running() as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        async with connect(server.url, comeback=AT_ONCE) as thief:
            await thief._connection.send(Resume(room.room_id, room.player_id, room.token, 0))
            with pytest.raises(Closed) as ended:
                await to_its_end(room)
            assert ended.value.code == REPLACED.code


async def test_who_takes_no_frames_for_long_loses_his_connection_and_comes_back_when_he_does() -> None:
    limits = "deliver.slow_after_s=0.1", "deliver.ack_lag_max_s=0.3", "receive.close_timeout_s=0.1"
    async with running(*limits) as server, connect(server.url, comeback=AT_ONCE) as client:
        room = await client.join_or_create("echo")
        await room_of(server).dropped.wait()
        assert (await played(room)).resumed is not None


async def test_the_client_can_be_closed_while_it_tries_to_come_back() -> None:
    async with running() as server:
        async with connect(server.url, comeback=Backoff(first_s=60)) as client:
            room = await client.join_or_create("echo")
            await played(room, "any")
            cut(client)
        assert room.left_reason == "closed"
        assert not [task for task in asyncio.all_tasks() if "resume" in task.get_name()]


async def test_who_is_told_that_the_network_is_back_does_not_wait() -> None:
    async with running() as server, connect(server.url, comeback=Backoff(first_s=600)) as client:
        room = await client.join_or_create("echo")
        await played(room, "any")
        cut(client)
        await asyncio.sleep(0)
        client.retry_now()
        assert (await played(room)).resumed is not None
