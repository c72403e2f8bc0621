"""The pulse: once a second, over all connections, who is still there.

Time is counted in pulses and not by the clock, and a pulse comes after the sockets were read: a process that stood
still for a minute has missed one pulse, like everybody, and cuts nobody who was well all the while. Who is silent is
sent a WebSocket ping, which every client answers by itself; so a whole frame, of whatever kind, is the sign of life.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pelton.protocol.close_codes import MESSAGE_TIMEOUT, UNRESPONSIVE, CloseCode
from pelton.server.clock import NS_PER_S
from pelton.server.config import ReceiveConfig
from pelton.server.metrics import Metrics
from pelton.server.receive.allowance import Allowance
from pelton.wire import Phase, WebSocket

__all__ = ["Pulse"]

PULSE_NS = NS_PER_S

_OPEN = Phase.OPEN


class Pulse:
    """Judges who has not been heard for too long, and messages that do not come to an end.

    `judges` are called at the end of each pulse with its time: whoever else has something to judge once a second.
    """

    def __init__(self, config: ReceiveConfig, metrics: Metrics) -> None:
        self._silences_max = _pulses(config.silence_timeout_s)
        self._ping_after = _pulses(config.ping_after_s)
        self._waits_max = _pulses(config.message_timeout_s)
        self._metrics = metrics
        self._vitals: dict[WebSocket, _Vital] = {}
        self.due_ns = 0
        """When the next one is; the first look sets it going."""
        self.judges: list[Callable[[int], None]] = []

    def __len__(self) -> int:
        """Connections that are felt."""
        return len(self._vitals)

    def add(self, websocket: WebSocket, allowance: Allowance) -> None:
        """Somebody has connected."""
        self._vitals[websocket] = _Vital(allowance)

    def remove(self, websocket: WebSocket) -> None:
        """Somebody is gone."""
        self._vitals.pop(websocket, None)

    def beat(self, now_ns: int) -> None:
        """One pulse. The next is due a second from now, however late this one is."""
        self.due_ns = now_ns + PULSE_NS
        for websocket, vital in list(self._vitals.items()):
            # A connection that shakes hands has a deadline of its own; of one that is held we do not read what it says.
            if websocket.phase is _OPEN and not websocket.held:
                self._judge(websocket, vital)
        for judge in self.judges:
            judge(now_ns)

    def _judge(self, websocket: WebSocket, vital: _Vital) -> None:
        used, part = vital.allowance.used, websocket.unfinished
        if used != vital.used:
            vital.silences = 0
            # Other frames may come between the fragments of a message: it is still the same one if the list is.
            vital.waits = vital.waits + 1 if part is not None and part is vital.part else 0
        else:
            # No frame ended, so what is not finished now is what was not finished before, whether it grew or not.
            vital.silences = vital.silences + 1 if part is vital.part else 0
            vital.waits = vital.waits + 1 if part is not None and vital.part is not None else 0
        vital.used, vital.part = used, part
        if vital.waits >= self._waits_max:
            self._metrics.messages_unfinished += 1
            _end(websocket, MESSAGE_TIMEOUT, "a message was begun and not ended in time")
        elif vital.silences >= self._silences_max:
            self._metrics.connections_silent += 1
            _end(websocket, UNRESPONSIVE, "nothing was heard, though we asked")
        elif vital.silences and vital.silences % self._ping_after == 0:
            self._metrics.pings_sent += websocket.ping()


class _Vital:
    """What was seen of a connection at the last pulse."""

    __slots__ = ("allowance", "part", "silences", "used", "waits")

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.used = -1  # so that the first pulse, which may come at once, finds that it was heard
        self.part: list[bytes] | bytes | None = None
        self.silences = 0
        """Pulses in a row without a byte."""
        self.waits = 0
        """Pulses in a row at which one and the same message was begun and not ended."""


def _pulses(seconds: float) -> int:
    """So many pulses in a row make at least so much time."""
    return max(math.ceil(seconds * NS_PER_S / PULSE_NS), 1)


def _end(websocket: WebSocket, row: CloseCode, reason: str) -> None:
    """Close, or end without a word somebody to whom nothing can be written."""
    text = f"{row.name}: {reason}"
    if websocket.busy:
        websocket.drop(row.code, text)
    else:
        websocket.close(row.code, text)
