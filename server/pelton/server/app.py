"""Wiring only: builds each stage and hands it to the next, starts the beat, and takes it all down again in order."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from random import Random, SystemRandom

from pelton.protocol.close_codes import RESTART
from pelton.server.beat import Beat, Observer
from pelton.server.clock import Clock, MonotonicClock
from pelton.server.config import Config
from pelton.server.metrics import Metrics
from pelton.server.receive.decoders import Decoders
from pelton.server.receive.listener import Listener, listen, new_session_id
from pelton.server.simulate.lobby import Lobby
from pelton.server.simulate.room import Room
from pelton.wire import WebSocket

__all__ = ["Server", "server_version"]

log = logging.getLogger(__name__)


def server_version() -> str:
    """The installed version of Pelton."""
    try:
        return version("pelton")
    except PackageNotFoundError:
        return "unknown"


class Server:
    """A game server in this process: `start`, then `stop`. Runs on the event loop that it is started on."""

    def __init__(
        self,
        config: Config,
        games: Mapping[str, type[Room]],
        clock: Clock | None = None,
        session_ids: Callable[[], str] = new_session_id,
    ) -> None:
        self._config = config
        clock = clock or MonotonicClock()
        seed = config.simulate.seed or SystemRandom().getrandbits(64)
        self.metrics = Metrics()
        self._lobby = Lobby(games, config.simulate, Random(seed))
        name = f"pelton/{server_version()}"
        self._listener = Listener(config, self._lobby, clock, self.metrics, Decoders(games), name, session_ids)
        self._beat = Beat(config, clock, self._listener, self._lobby, self.metrics)
        self._sock: socket.socket | None = None

    async def start(self) -> None:
        """Listen and turn. OSError if the address cannot be had."""
        server = self._config.server
        self._sock = listen(server.host, server.port, self._config.deliver.socket_send_buffer_bytes)
        self._address = self._sock.getsockname()
        await self._listener.start(self._sock)
        self._beat.start()

    def start_without_socket(self, observer: Observer | None = None) -> Callable[[], WebSocket | None]:
        """Turn, and listen nowhere: for a simulation.

        What is returned makes the server's WebSocket of one more connection, for the caller to attach to a channel;
        None if the server would not even answer any more. `observer` is told of every tick.
        """
        self._beat.observer = observer
        self._beat.start()
        return self._listener.admit

    @property
    def lobby(self) -> Lobby:
        """The rooms, for whoever looks on."""
        return self._lobby

    @property
    def url(self) -> str:
        """Where clients connect; with port 0 in the configuration, the port that was found."""
        host, port = self._address[:2]
        return f"ws://[{host}]:{port}/" if ":" in host else f"ws://{host}:{port}/"

    async def stop(self) -> None:
        """Stop accepting, end the rooms, tell the clients to come back later, close.

        Bounded by `shutdown_timeout_s`.
        """
        self._lobby.closing = True
        self._listener.stop()
        for opened in self._lobby:
            self._lobby.close(opened, "shutting_down")
        self._listener.close_all(RESTART.code, "the server is going down")
        try:
            async with asyncio.timeout(self._config.server.shutdown_timeout_s):
                await self._quiet()
        except TimeoutError:
            log.warning("some clients did not go by themselves; their connections are cut")
        self._beat.stop()
        self._listener.end()

    async def _quiet(self) -> None:
        """Wait until nobody is connected; asked at the end of each beat, which sees every change."""
        quiet = asyncio.Event()

        def look() -> None:
            if self._listener.quiet:
                quiet.set()

        self._beat.on_beat = look
        await quiet.wait()
