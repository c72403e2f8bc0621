"""Wiring only: builds each stage and hands it to the next, starts the beat, and takes it all down again in order."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from random import Random, SystemRandom

from pelton.protocol.close_codes import RESTART
from pelton.server.admin.api import Api
from pelton.server.admin.controls import Controls
from pelton.server.admin.guard import Guard
from pelton.server.admin.listener import AdminListener
from pelton.server.admin.pages import pages
from pelton.server.admin.process import process_usage
from pelton.server.admin.watched import Watched
from pelton.server.auth.identity import Authenticator
from pelton.server.auth.loading import load_authenticator
from pelton.server.beat import Beat, Observer
from pelton.server.clock import Clock, MonotonicClock
from pelton.server.config import Config
from pelton.server.loop import loop_name
from pelton.server.metrics import Metrics
from pelton.server.receive.decoders import Decoders
from pelton.server.receive.greeting import Greetings
from pelton.server.receive.listener import Listener, listen, new_session_id
from pelton.server.receive.tls import Certificate
from pelton.server.simulate.admission import Admission
from pelton.server.simulate.lobby import Lobby
from pelton.server.simulate.room import Room
from pelton.server.watchdog import Watchdog
from pelton.wire import WebSocket

__all__ = ["CannotListen", "Server", "server_version"]

log = logging.getLogger(__name__)


def server_version() -> str:
    """The installed version of Pelton."""
    try:
        return version("pelton")
    except PackageNotFoundError:
        return "unknown"


class CannotListen(OSError):
    """An address that cannot be had; says which settings name it."""

    def __init__(self, section: str, host: str, port: int, reason: OSError) -> None:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        hint = "; admin.port = 0 takes any free one, -1 turns it off" if section == "admin" else ""
        super().__init__(
            f"cannot listen on {where} (section {section}, host and port): {reason.strerror or reason}{hint}"
        )


class Server:
    """A game server in this process: `start`, then `stop`. Runs on the event loop that it is started on.

    `authenticator` stands in for the one that the configuration names; `wall_s` is the wall clock, by which tickets
    end. AuthError if the configuration names what cannot be had.
    TlsError if it is to speak TLS and its certificate cannot be used.
    """

    def __init__(
        self,
        config: Config,
        games: Mapping[str, type[Room]],
        clock: Clock | None = None,
        session_ids: Callable[[], str] = new_session_id,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
        authenticator: Authenticator | None = None,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._clock = clock = clock or MonotonicClock()
        seed = config.simulate.seed or SystemRandom().getrandbits(64)
        self.metrics = Metrics()
        self._random = Random(seed)
        self._announced = False
        admission = Admission(config.admission, Random(seed + 1), self.metrics)
        self._lobby = Lobby(
            games, config.simulate, Random(seed), admission, once_each=config.auth.connections_per_user == "newest"
        )
        judge = authenticator or load_authenticator(config.auth)
        greetings = Greetings(judge, config.auth, self.metrics, wall_s)
        name = f"pelton/{server_version()}"
        files = config.server.tls_certificate, config.server.tls_key
        self._certificate = Certificate(*files) if all(files) else None
        tls = self._certificate.current if self._certificate else None
        self._listener = Listener(
            config,
            self._lobby,
            clock,
            self.metrics,
            Decoders(games),
            name,
            session_ids,
            token_bytes,
            greetings,
            tls,
        )
        self._beat = Beat(config, clock, self._listener, self._lobby, self.metrics)
        self._beat.overseer.rss_bytes = lambda: process_usage().rss_bytes
        watched = self._beat.pulse, self.metrics, self._lobby.overload
        self._watchdog = Watchdog(config.watchdog, clock, *watched, recorder=self._beat.recorder)
        self._admin: AdminListener | None = None
        self.url = ""
        """Where clients connect; with port 0 in the configuration, the port that was found. Empty before the start."""
        self.on_drain: Callable[[], None] | None = None
        """Called when an admin wants the server drained and stopped, by whoever runs it."""
        self.admin_url: str | None = None
        """Where the admin port is, once started; None if it is turned off."""

    async def start(self) -> None:
        """Listen and turn. CannotListen if an address cannot be had; nothing is left open then."""
        server, admin = self._config.server, self._config.admin
        sock = self._listen("server", server.host, server.port)
        self.url = _url("wss" if self._certificate else "ws", sock)
        if admin.port >= 0:
            try:
                admin_sock = self._listen("admin", admin.host, admin.port)
            except CannotListen:
                sock.close()
                raise
            self.admin_url = _url("http", admin_sock)
            watched = self._watched()
            api = Api(watched, self._controls())
            self._admin = AdminListener(pages(watched), guard=Guard(admin.token, self._clock), api=api.page)
            await self._admin.start(admin_sock)
        await self._listener.start(sock)
        self._beat.recorder.start()
        self._beat.start()
        self._watchdog.start()

    @property
    def certificate(self) -> Certificate | None:
        """To be read again when it was renewed; None without TLS."""
        return self._certificate

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

    def _listen(self, section: str, host: str, port: int) -> socket.socket:
        try:
            return listen(host, port, self._config)
        except OSError as error:
            raise CannotListen(section, host, port, error) from error

    def _watched(self) -> Watched:
        return Watched(
            version=server_version(),
            loop=loop_name(asyncio.get_running_loop()),
            transport=self._config.server.transport,
            clock=self._clock,
            started_ns=self._clock.now_ns(),
            lobby=self._lobby,
            metrics=self.metrics,
            times=self._beat.times,
            usage=process_usage,
        )

    def _controls(self) -> Controls:
        beat = self._beat
        return Controls(
            recorder=beat.recorder,
            lane=beat.lane,
            round_trip_us=self._listener.round_trip_us,
            pause=beat.pause,
            unpause=beat.unpause,
            step=beat.step,
            drain=self._ask_to_drain,
        )

    def _ask_to_drain(self) -> bool:
        if self.on_drain is not None:
            self.on_drain()
        return self.on_drain is not None

    async def drain(self) -> None:
        """Give nobody a new seat, let rooms end by themselves, for no longer than `drain_timeout_s`; then `stop`."""
        seconds = self._config.server.drain_timeout_s
        self._lobby.closing = True
        self._announce(seconds)
        self._beat.drain(seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._wait_until(lambda: not self._lobby.players)
        except TimeoutError:
            left = {"players": self._lobby.players, "rooms": len(self._lobby)}
            log.warning("%d players in %d rooms are left; their rooms are ended", *left.values(), extra=left)
        await self.stop()

    async def stop(self) -> None:
        """Stop accepting, answer what has arrived, end the rooms, tell the clients to come back later, close.

        Bounded by `shutdown_timeout_s`.
        """
        self._lobby.closing = True
        self._listener.stop()
        self._announce(0)
        self._beat.finish()
        for opened in self._lobby:
            self._lobby.close(opened, "shutting_down")
        self._listener.close_all(RESTART.code, "the server is going down")
        try:
            async with asyncio.timeout(self._config.server.shutdown_timeout_s):
                await self._wait_until(lambda: self._listener.quiet)
        except TimeoutError:
            left = {"connections": self.metrics.connections}
            log.warning("some clients did not go by themselves; their connections are cut", extra=left)
        self._beat.stop()
        self._watchdog.stop()
        self._beat.recorder.stop()
        self._listener.end()
        await self._listener.greetings.stop()
        if self._admin is not None:  # last: /readyz says meanwhile that the server is going
            await self._admin.stop()

    def _announce(self, ends_in_s: float) -> None:
        """Tell every client once, and each another time to come back."""
        if not self._announced:
            self._announced = True
            about_s = self._config.server.retry_after_s
            self._listener.announce(ends_in_s, lambda: round(about_s * self._random.uniform(0.5, 1.5), 3))

    async def _wait_until(self, is_so: Callable[[], bool]) -> None:
        """Asked at the end of each beat, which sees every change."""
        event = asyncio.Event()

        def look() -> None:
            if is_so():
                event.set()

        self._beat.on_beat = look
        await event.wait()


def _url(scheme: str, sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"
