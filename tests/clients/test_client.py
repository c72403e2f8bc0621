"""The client against a real server: seats, actions, frames and farewells, on both of its transports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from pelton.client import CannotConnect, Client, ClientError, Closed, Frame, JoinRejected, NotSeated, connect
from pelton.client import Room as ClientRoom
from pelton.client.replica.blocks import IdsCache, read_block
from pelton.protocol import Comeback
from pelton.server import Played, Room, Row, Str, Table, Tick
from pelton.server.app import Server
from tests.server.fakes import settings
from tests.server.games import GAMES, Tally
from tests.server.wheel import TRANSPORTS


class Quick(Tally):
    """A Tally that does not keep a test waiting."""

    tick_hz = 240


class Line(Row):
    text = Str(1000)


class Torrent(Room):
    """Its state is large and changes with every tick: nobody can be sent it for long without reading."""

    tick_hz = 240
    lines = Table(Line)

    def on_create(self) -> None:
        for number in range(20):
            self.lines.add(number)

    def on_tick(self, tick: Tick, actions: Iterable[Played]) -> None:
        text = f"{tick.number:04x}" * 250
        for line in self.lines:
            line.text = text


def new_server(*overrides: str) -> Server:
    games = {**GAMES, "quick": Quick, "torrent": Torrent}
    return Server(settings("server.port=0", "receive.intake_interval_ms=1", *overrides), games)


@asynccontextmanager
async def running(*overrides: str) -> AsyncGenerator[Server]:
    server = new_server(*overrides)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return f"server.transport={request.param}"


@pytest.fixture
async def server(transport: str) -> AsyncIterator[Server]:
    async with running(transport, "deliver.digest_interval_ticks=1") as server:
        yield server


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with connect(server.url, name="test") as client:
        yield client


# Seats.


async def test_who_connects_knows_the_server_and_his_own_name(client: Client) -> None:
    assert client.server.startswith("pelton/")
    assert client.session_id
    assert client.room is None
    assert await client.ping() >= 0


async def test_two_clients_meet_in_one_room(server: Server, client: Client) -> None:
    room = await client.join_or_create("quick", name="Ada")
    async with connect(server.url) as other:
        theirs = await other.join_or_create("quick")
        assert (theirs.room_id, room.room_id) == (room.room_id, theirs.room_id)
        assert theirs.player_id != room.player_id
        await theirs.act("shout", text="hello")
        async for _ in room:
            row = room.state.scores.get(theirs.player_id)
            if row is not None and row.words == "hello":
                break


async def test_a_room_of_ones_own_and_one_by_its_id(server: Server, client: Client) -> None:
    await client.join_or_create("quick")
    async with connect(server.url) as second, connect(server.url) as third:
        own = await second.create("quick")
        same = await third.join(own.room_id)
        assert own.room_id == same.room_id
        assert client.room is not None
        assert own.room_id != client.room.room_id
        assert (own.game, own.tick_hz) == ("quick", 240)
        assert own.actions == {"add": ("amount",), "shout": ("text",)}


async def test_a_rejected_join_has_a_reason_and_the_next_one_may_work(server: Server, client: Client) -> None:
    async with connect(server.url) as other:
        solo = await other.create("solo")
        for join, reason in (
            (client.join_or_create("chess"), "unknown_game"),
            (client.join("nowhere"), "no_such_room"),
            (client.join(solo.room_id), "room_full"),
            (client.create("still_born"), "room_error"),
        ):
            with pytest.raises(JoinRejected, match=reason) as caught:
                await join
            assert caught.value.reason == reason
    room = await client.join_or_create("quick")
    assert client.room is room


async def test_a_second_seat_is_refused_without_asking(client: Client) -> None:
    room = await client.join_or_create("quick")
    with pytest.raises(ClientError, match=f"has a seat in room {room.room_id} already; leave it first"):
        await client.join_or_create("quick")
    assert await client.ping() >= 0


async def test_who_left_may_join_again(client: Client) -> None:
    first = await client.join_or_create("quick")
    await first.act("add", amount=3)
    await first.leave()
    async for _ in first:
        """It ends by itself."""
    assert (first.left_reason, client.room) == ("you_left", None)
    second = await client.join_or_create("quick")
    assert second.player_id != first.player_id
    assert await second.act("add", amount=1) == 1
    async for frame in second:
        if frame.taken:
            assert second.state.scores[second.player_id].total == 1
            break
    with pytest.raises(NotSeated):
        await first.act("add", amount=1)


# Actions and frames.


async def test_an_action_changes_the_state_and_is_said_to_be_taken(client: Client) -> None:
    room = await client.join_or_create("quick")
    numbers = {await room.act("add", amount=amount) for amount in (1, 2, 3)}
    taken: set[int] = set()
    async for frame in room:
        assert frame.refused == []
        assert all(seconds >= 0 for _, seconds in frame.taken)
        taken |= {seq for seq, _ in frame.taken}
        if taken == numbers:
            break
    assert (room.state.scores[room.player_id].total, room.unanswered) == (6, {})


async def test_an_action_that_the_game_finds_wrong_is_refused(client: Client) -> None:
    room = await client.join_or_create("quick")
    wrong = await room.act("add", amount=101)
    right = await room.act("add", amount=100)
    refused: list[tuple[int, str]] = []
    async for frame in room:
        refused += frame.refused
        if any(seq == right for seq, _ in frame.taken):
            break
    assert refused == [(wrong, "invalid")]
    assert room.state.scores[room.player_id].total == 100


async def test_every_frame_fits_and_has_the_servers_digest(client: Client) -> None:
    """The server was told to send a digest with every tick; a mismatch would raise."""
    room = await client.join_or_create("quick")
    ticks: list[int] = []
    async for frame in room:
        await room.act("add", amount=1)
        assert frame.is_keyframe == (not ticks)
        ticks.append(frame.tick)
        if len(ticks) == 60:
            break
    assert ticks == list(range(ticks[0], ticks[0] + 60))


async def test_a_replica_that_went_wrong_is_put_right_and_says_what_was_wrong(client: Client) -> None:
    room = await client.join_or_create("quick")
    await first(room, lambda frame: frame.is_checked)
    tamper(room.state["scores"], [1, bytes([room.player_id]), bytes(4), ["wrong"]])
    assert room.state.scores[room.player_id].words == "wrong"
    [divergence] = (await first(room, lambda frame: bool(frame.divergences))).divergences
    assert divergence.table == "scores"
    assert [(path, mine) for path, mine, _ in divergence.paths] == [(f"scores[{room.player_id}].words", "wrong")]
    assert 0 < divergence.agreed_tick < divergence.tick
    assert room.state.scores[room.player_id].words == ""
    await first(room, lambda frame: frame.is_checked)


async def first(room: ClientRoom, wanted: Callable[[Frame], bool]) -> Frame:
    """Take frames up to the first that is wanted."""
    async for frame in room:
        if wanted(frame):
            return frame
    raise AssertionError("the room ended before")


def tamper(table: Any, block: list[Any]) -> None:
    """Write rows into a replica that no frame brought."""
    table._rows.enter(read_block(block, table._shape, IdsCache(), entered=True))


async def test_who_does_not_iterate_is_skipped_and_gets_what_he_missed_in_one_frame(transport: str) -> None:
    """The server does not queue for him: it skips him, and then sends what changed since, merged."""
    ticks, keyframes = await read_after_a_pause(transport, "deliver.history_ticks=100000")
    assert keyframes == [ticks[0]]


async def test_who_does_not_iterate_for_longer_than_the_history_goes_on_with_a_keyframe(transport: str) -> None:
    ticks, keyframes = await read_after_a_pause(transport, "deliver.history_ticks=5")
    long = [tick for before, tick in pairwise(ticks) if tick > before + 6]
    assert long
    assert set(long) <= set(keyframes)


async def read_after_a_pause(*overrides: str) -> tuple[list[int], list[int]]:
    """Do not iterate until ticks were skipped, then read on: the ticks of all frames, and of the keyframes."""
    digests = "deliver.digest_interval_ticks=1"
    async with running(digests, *overrides) as server, connect(server.url) as client, connect(server.url) as witness:
        room = await client.join_or_create("torrent")
        seat = await witness.join_or_create("torrent")
        async for _ in seat:
            if server.metrics.frames_skipped >= 30:
                break
        ticks, keyframes = await read_on(room, 30)
    assert max(tick - before for before, tick in pairwise(ticks)) >= 10
    assert {line.text for line in room.state.lines} == {f"{ticks[-1]:04x}" * 250}
    return ticks, keyframes


async def read_on(room: ClientRoom, count: int) -> tuple[list[int], list[int]]:
    """Read over the first gap and so many frames more: the ticks of all, and of the keyframes."""
    ticks: list[int] = []
    keyframes: list[int] = []
    has_gap = False
    async for frame in room:
        has_gap |= bool(ticks) and frame.tick != ticks[-1] + 1
        ticks.append(frame.tick)
        if frame.is_keyframe:
            keyframes.append(frame.tick)
        count -= has_gap
        if not count:
            break
    return ticks, keyframes


# The end.


async def test_leaving_the_block_says_goodbye_and_frees_the_seat(server: Server) -> None:
    async with connect(server.url) as client:
        room = await client.join_or_create("quick")
        await anext(aiter(room))
        assert server.metrics.connections == 1
    assert room.left_reason == "closed"
    async with connect(server.url) as witness:
        theirs = await witness.join(room.room_id)
        async for _ in theirs:
            if [row.id for row in theirs.state.scores] == [theirs.player_id]:
                break


async def test_an_exception_in_the_block_comes_through(server: Server) -> None:
    async def fail() -> None:
        async with connect(server.url) as client:
            await client.join_or_create("quick")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with connect(server.url) as client:
        await client.ping()


async def test_a_room_that_ends_is_not_the_end_of_the_connection(client: Client) -> None:
    room = await client.join_or_create("one_shot")
    assert [frame.tick async for frame in room] == [1, 2]
    assert room.left_reason == "room_closed"
    assert (await client.join_or_create("quick")).left_reason is None


async def test_a_room_that_fails_is_not_the_end_of_the_connection(client: Client) -> None:
    room = await client.join_or_create("fragile")
    await room.act("shout", text="crash")
    async for _ in room:
        """Until the room is gone."""
    assert room.left_reason == "room_error"
    assert await client.ping() >= 0


async def test_a_server_that_stops_tells_its_players_to_come_back(transport: str) -> None:
    server = new_server(transport)
    await server.start()
    async with connect(server.url) as client:
        room = await client.join_or_create("quick")
        stopping = asyncio.ensure_future(server.stop())
        async for _ in room:
            """Until the seat is gone."""
        assert room.left_reason == "shutting_down"
        with pytest.raises(Closed) as caught:
            await pinging(client)
        assert (caught.value.code, caught.value.comeback) == (1012, Comeback.YES)
        await stopping


async def pinging(client: Client) -> None:
    """Until it fails."""
    while True:
        await client.ping()


async def test_an_action_after_the_connection_ended_says_so(transport: str) -> None:
    """`act`: NotSeated if the seat is gone, Closed if the connection is."""
    async with running(transport) as server, connect(server.url) as client:
        room = await client.join_or_create("quick")
        await client.close()
        with pytest.raises(Closed):
            await room.act("add", amount=1)


async def test_a_server_that_is_full_cannot_be_connected_to(transport: str) -> None:
    async with running(transport, "server.connections_max=1") as server, connect(server.url) as client:
        with pytest.raises(CannotConnect, match="the server is full; come back later"):
            async with connect(server.url):
                raise AssertionError("let in")
        assert await client.ping() >= 0
