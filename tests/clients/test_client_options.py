"""How a client keeps the state is its own affair: on numpy or not, alone or shared with others of its process."""

from __future__ import annotations

import pytest

from pelton.client import SharedParts, connect
from pelton.protocol.plain import SharedFrames, decode_server
from tests.clients.fake_server import SHIPS, FakeServer, Line
from tests.clients.wire import entered, part


async def script(line: Line) -> None:
    await line.seat()
    line.frame(1, 0, part(whole=True, entered=entered(SHIPS, {1: (4, "Ada")})))
    line.frame(2, 1, part(changed=[1, b"\x01", b"\x05", None]))
    line.say(19, "room_closed")
    await line.goodbye()
    line.close()


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("is_shared", [False, True])
async def test_the_state_is_the_same_however_it_is_kept(light: bool, is_shared: bool) -> None:
    decode, parts = (SharedFrames(), SharedParts()) if is_shared else (decode_server, None)
    async with FakeServer(script) as url:
        for _ in range(2):
            async with connect(url, light=light, decode=decode, parts=parts) as client:
                room = await client.join_or_create("arena")
                assert [(room.state.ships[1].x, room.state.ships[1].name) async for _ in room] == [
                    (2, "Ada"),
                    (2.5, "Ada"),
                ]
                assert isinstance(room.state.ships.column("x"), list) == light


async def test_a_ping_teaches_the_clock_of_the_client_and_of_its_room() -> None:
    async def answers(line: Line) -> None:
        await line.seat()
        _, nonce = await line.hear()
        line.say(21, nonce, 5_000_000)
        await line.goodbye()
        line.close()

    async with FakeServer(answers) as url, connect(url) as client:
        room = await client.join_or_create("arena")
        assert room.clock.server is client.clock
        assert client.clock.offset_s is None
        assert await client.ping() == client.clock.round_trip_s
