"""Where a client gets its bad network: `connect(url, dial=dial_through(parse("train"), Random(7)))`."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from pelton.netsim.conditions import Conditions
from pelton.netsim.uplink import Uplink

if TYPE_CHECKING:
    import ssl

    from pelton.netsim.line import Line
    from pelton.wire import WebSocket

    Dial: TypeAlias = Callable[[WebSocket, str, int, ssl.SSLContext | None], Awaitable[Line]]

__all__ = ["dial_through"]


def dial_through(
    conditions: Conditions,
    random: Random,
    *,
    shared: Uplink | None = None,
    now_s: Callable[[], float] = time.monotonic,
) -> Dial:
    """A way for `pelton.client.connect` to reach its server: real sockets, with these conditions in between.

    Every connection draws its fate from `random` anew. `shared` is a line that all who have it share for what they
    send, besides their own. `now_s` is another clock in seconds.
    """

    async def dial(websocket: WebSocket, host: str, port: int, tls: ssl.SSLContext | None) -> Line:
        from pelton.netsim.line import open_line  # sockets: not for those who only want the model

        return await open_line(websocket, (host, port), tls, (conditions, random, shared), now_s)

    return dial
