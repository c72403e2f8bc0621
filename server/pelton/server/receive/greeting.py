"""From hello to welcome: asks the authenticator who it is. Until it has answered, nothing is made and nothing is read.

An authenticator that answers at once costs no task. One that has to wait has a task for each hello, of which there are
at most `auth.pending_max`, each with `auth.timeout_s`; ticks wait for none. Why somebody was refused goes to the log;
he is told the same whatever it was, and his ticket is written nowhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pelton.protocol import Hello
from pelton.protocol.close_codes import FULL, HELLO_TIMEOUT, SERVER_ERROR, UNAUTHORIZED, CloseCode
from pelton.server.auth.identity import Authenticator, Credentials, Identity, Refused
from pelton.server.clock import NS_PER_S
from pelton.server.config import AuthConfig
from pelton.server.metrics import Metrics

if TYPE_CHECKING:
    from pelton.server.receive.connection import Connection

__all__ = ["Greetings"]

log = logging.getLogger(__name__)

LOOK_INTERVAL_NS = NS_PER_S


class Greetings:
    """Judges everybody who says hello. `wall_s` is the wall clock, in seconds since 1970, by which tickets end."""

    def __init__(
        self, authenticator: Authenticator, config: AuthConfig, metrics: Metrics, wall_s: Callable[[], float]
    ) -> None:
        self._authenticator = authenticator
        self._config = config
        self._metrics = metrics
        self._wall_s = wall_s
        self._pending: dict[Connection, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        """Those that have not ended yet, also of connections that are over: `stop` waits for them."""
        self._newest: dict[str, Connection] = {}
        """Of each user who is connected; only if he may be so once."""
        self._ending: dict[Connection, float] = {}
        """Who is in for a while only: until when. As many as connections, at most."""
        self.due_ns = 0
        """When to look next for those whose time is over."""

    def hello(self, connection: Connection, hello: Hello) -> None:
        """Judge it, now or later; the connection is told by `greet` or closed."""
        credentials = Credentials(hello.ticket, connection.caller.address, connection.websocket.origin)
        try:
            answer = self._authenticator.authenticate(credentials, self._wall_s())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the edge: it may be somebody else's code
            self._turn_away(connection, error)
            return
        if isinstance(answer, Awaitable):
            self._begin(connection, answer)
        else:
            self._let_in(connection, answer)

    def forget(self, connection: Connection) -> None:
        """It is over; nobody waits for the answer any more."""
        self._ending.pop(connection, None)
        if self._newest.get(connection.identity.user_id) is connection:
            del self._newest[connection.identity.user_id]
        task = self._pending.pop(connection, None)
        if task is not None:
            self._metrics.greetings_pending = len(self._pending)
            task.cancel()

    def look(self, now_ns: int) -> None:
        """Close those whose tickets have ended. Walks all that can end, once a second."""
        self.due_ns = now_ns + LOOK_INTERVAL_NS
        if not self._ending:
            return
        now_s = self._wall_s()
        for connection in [connection for connection, until_s in self._ending.items() if until_s <= now_s]:
            self._metrics.tickets_expired += 1
            connection.turn_away(UNAUTHORIZED, "unauthorized: the time of this ticket is over")

    async def stop(self) -> None:
        """Give up what is under way, and see it end."""
        for connection in list(self._pending):
            self.forget(connection)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, connection: Connection, answer: Awaitable[Identity]) -> None:
        if len(self._pending) >= self._config.pending_max:
            _discard(answer)
            self._metrics.connections_refused += 1
            connection.turn_away(FULL, "too many wait to be let in; come back later")
            return
        connection.websocket.pause()  # what it sends meanwhile waits in the kernel
        task = asyncio.get_running_loop().create_task(self._wait(connection, answer), name="authenticate")
        task.add_done_callback(lambda _: self._ended(task, answer))
        self._tasks.add(task)
        self._pending[connection] = task
        self._metrics.greetings_pending = len(self._pending)

    async def _wait(self, connection: Connection, answer: Awaitable[Identity]) -> None:
        """One pending hello, to its end. Raises nothing: what comes out of the authenticator ends that connection."""
        limit = asyncio.timeout(self._config.timeout_s)
        try:
            async with limit:
                identity = await answer
        except asyncio.CancelledError as error:
            if connection not in self._pending:
                raise  # by us
            self._is_answered(connection)
            self._turn_away(connection, error)
        except BaseException as error:
            self._is_answered(connection)
            if isinstance(error, TimeoutError) and limit.expired():
                self._metrics.greetings_late += 1
                connection.turn_away(HELLO_TIMEOUT, "hello_timeout: who you are was not found out in time")
            else:
                self._turn_away(connection, error)
            if isinstance(error, KeyboardInterrupt):
                raise
        else:
            self._is_answered(connection)
            self._let_in(connection, identity)

    def _ended(self, task: asyncio.Task[None], answer: Awaitable[Identity]) -> None:
        self._tasks.discard(task)
        _discard(answer)  # nobody has awaited it if it was given up at once

    def _is_answered(self, connection: Connection) -> None:
        self._pending.pop(connection, None)
        self._metrics.greetings_pending = len(self._pending)
        connection.websocket.resume()

    def _let_in(self, connection: Connection, identity: object) -> None:
        if not isinstance(identity, Identity):
            self._turn_away(connection, TypeError(f"it answered a {type(identity).__name__}, not an Identity"))
            return
        if identity.expires_at is not None:
            if identity.expires_at <= self._wall_s():
                self._turn_away(connection, Refused("expired"))
                return
            if self._config.close_at_expiry == "on":
                self._ending[connection] = identity.expires_at
        connection.greet(identity)
        if identity.user_id and self._config.connections_per_user == "newest":
            before = self._newest.get(identity.user_id)
            self._newest[identity.user_id] = connection
            if before is not None:
                self._metrics.users_replaced += 1
                before.supersede()

    def _turn_away(self, connection: Connection, error: BaseException) -> None:
        where = {"session_id": connection.session_id, "peer": connection.websocket.peer}
        if isinstance(error, Refused):
            self._metrics.tickets_refused += 1
            log.warning("nobody is let in with this ticket: %s", error.reason, extra={**where, "reason": error.reason})
            row: CloseCode = UNAUTHORIZED
            connection.turn_away(row, "unauthorized: the ticket is not good")
            return
        # Not its text, and no traceback: both may have the ticket in them.
        log.error("the authenticator raised %s %s", type(error).__name__, _place(error), extra=where)
        connection.turn_away(SERVER_ERROR, "server error")


def _place(error: BaseException) -> str:
    """The file and line that it comes from."""
    trace = error.__traceback__
    if trace is None:
        return f"({error})" if isinstance(error, TypeError) else "from nowhere"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"in {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}"


def _discard(answer: Awaitable[Identity]) -> None:
    """A coroutine that nobody will await has to be told so."""
    close = getattr(answer, "close", None)
    if close is not None:
        close()
