"""What anybody would write: the `websockets` asyncio server, `async for`, msgpack and `broadcast`.

bench_room.py compares Pelton with it, so it is not slowed down either: uvloop where there is one,
the state packed once a tick. Same rules and same bytes as floor.c and bench_game.py.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from typing import cast

import msgpack  # type: ignore[import-untyped]  # the package ships no types
from websockets.asyncio.server import ServerConnection, broadcast, serve

try:
    from uvloop import run
except ImportError:
    from asyncio import run  # type: ignore[assignment]  # takes the same coroutine

WORLD = 40000
STEP_MAX = 1000
SEQ_FIRST = 100_000


class Game:
    """All players and where they are."""

    def __init__(self, tick_hz: float) -> None:
        self.tick_s = 1 / tick_hz
        self.ids = itertools.count(1)
        self.players: dict[ServerConnection, list[int]] = {}

    async def play(self, connection: ServerConnection) -> None:
        """One player, from connecting to leaving."""
        player = self.players[connection] = [next(self.ids), WORLD // 2, WORLD // 2, SEQ_FIRST]
        try:
            async for message in connection:
                _act, _seq, (_move, dx, dy) = msgpack.unpackb(message)
                player[1] = max(0, min(WORLD, player[1] + max(-STEP_MAX, min(STEP_MAX, dx))))
                player[2] = max(0, min(WORLD, player[2] + max(-STEP_MAX, min(STEP_MAX, dy))))
                player[3] += 1
        finally:
            del self.players[connection]

    async def tick(self) -> None:
        """Tell everybody about everybody, `tick_hz` times a second."""
        clock = asyncio.get_running_loop().time
        began = clock()
        for tick in itertools.count(1):
            await asyncio.sleep(began + tick * self.tick_s - clock())
            columns = map(list, zip(*self.players.values(), strict=True))
            state = [20, 0, [], tick, tick - 1, [[[], *columns]], None]
            broadcast(self.players, cast("bytes", msgpack.packb(state)))


async def main(port: int, tick_hz: float) -> None:
    """Serve until ended from outside."""
    game = Game(tick_hz)
    async with serve(game.play, "127.0.0.1", port) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}/", flush=True)
        await game.tick()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--hz", type=float, default=20)
    arguments = parser.parse_args()
    run(main(arguments.port, arguments.hz))
