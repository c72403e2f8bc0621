"""One WebSocket, either side, over any channel: bytes in, whole binary messages out, and no buffer that could grow.

The common frame (one whole binary message) takes a short path; everything else goes, a whole frame at a time,
through websockets' sans-I/O protocol, which knows RFC 6455. What the system does not take at once is one
bounded remainder; while there is one, `send` takes nothing. Reads no clock and owns no timer: whoever opened it
ends a connection that lingers.
"""

from __future__ import annotations

import enum
import logging
from typing import TypeAlias

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.protocol import Protocol as Rfc6455

from pelton.wire.frames import FIN_BINARY, MASKED, Masks, apply_mask, binary_frame, extent, masked_frame, whole_head
from pelton.wire.handshake import (
    HEAD_BYTES_MAX,
    ClientHandshake,
    HandshakeRefused,
    Page,
    Refused,
    ServerHandshake,
    split_head,
)
from pelton.wire.seam import Channel, Endpoint

__all__ = ["FRAGMENTS_MAX", "Phase", "WebSocket"]

log = logging.getLogger(__name__)

LOST, TEXT_FRAME, TOO_BIG, SERVER_ERROR, SLOW_CONSUMER = 1006, 1003, 1009, 4500, 4503
REASON_BYTES_MAX = 123
SHORT_MAX = 125  # a payload whose length fits into the second byte
MASKED_HEAD = 6  # what stands before such a payload from a client
FRAGMENTS_MAX = 64
"""The most frames one message may come in."""

Handshake: TypeAlias = ServerHandshake | ClientHandshake


class Phase(enum.Enum):
    """How far a WebSocket has come."""

    HANDSHAKE = "handshake"
    OPEN = "open"
    CLOSED = "closed"
    """No message passes any more; the channel may still carry the goodbye."""


# An attribute of an enum costs ten times a module's name (Python 3.11), on every message both ways.
_HANDSHAKE, _OPEN, _CLOSED = Phase.HANDSHAKE, Phase.OPEN, Phase.CLOSED


class WebSocket:
    """A connection that speaks whole binary messages of at most `message_bytes_max` bytes each way it reads.

    `backlog_bytes_max` bounds what waits for the system to take it, besides one message that was taken in part.
    """

    __slots__ = (
        "_backlog_bytes_max",
        "_channel",
        "_endpoint",
        "_finishing",
        "_fragments",
        "_handshake",
        "_mask_bit",
        "_masks",
        "_max",
        "_paused",
        "_protocol",
        "_short_end",
        "_tail",
        "_unsent",
        "congested",
        "gone",
        "phase",
    )

    def __init__(
        self, handshake: Handshake, endpoint: Endpoint, message_bytes_max: int, backlog_bytes_max: int
    ) -> None:
        self.phase = _HANDSHAKE
        self.gone = False
        """Whether the channel is ended as well; until then the goodbye may still be under way."""
        self.congested = False
        """Set by a channel that holds a message itself: nothing more is sent until it says otherwise."""
        self._handshake = handshake
        self._endpoint = endpoint
        self._max = message_bytes_max
        self._short_end = MASKED_HEAD + min(message_bytes_max, SHORT_MAX)
        self._backlog_bytes_max = backlog_bytes_max
        self._masks = Masks() if isinstance(handshake, ClientHandshake) else None
        self._mask_bit = 0 if self._masks else MASKED
        self._protocol: Rfc6455
        self._channel: Channel = _NoChannel()
        self._tail = b""
        self._unsent = b""
        self._fragments: list[bytes] | None = None
        self._paused = False
        self._finishing = False

    def attach(self, channel: Channel) -> None:
        """Begin on this channel. A client sends its request at once."""
        self._channel = channel
        if self.gone:
            channel.abort()  # ended before it began
            return
        if isinstance(self._handshake, ClientHandshake):
            self._write(self._handshake.request())

    @property
    def peer(self) -> str:
        """Address of the other side, for logs."""
        return self._channel.peer

    @property
    def busy(self) -> bool:
        """Whether something still waits for the system to take it; `send` declines meanwhile."""
        return self.congested or bool(self._unsent)

    # What the user calls.

    def send(self, payload: bytes, body: bytes = b"") -> bool:
        """Send a message now or not at all; `body` is more of the same message, so that many can share it.

        False if an earlier one is not through yet, or the WebSocket is not open.
        """
        if self._unsent or self.congested or self.phase is not _OPEN:
            return False
        masks = self._masks
        frame = masked_frame(payload + body, masks.take()) if masks else binary_frame(payload, body)
        taken = self._channel.write(frame)
        if taken != len(frame):
            self._unsent = frame[taken:]
            self._channel.watch_writable(True)
        return True

    def push(self, payload: bytes) -> bool:
        """Send a message that must not be skipped; it may wait.

        Past `backlog_bytes_max` the peer is closed as too slow.
        """
        if self.phase is not _OPEN:
            return False
        if len(self._unsent) + len(payload) > self._backlog_bytes_max and self._unsent:
            self.drop(SLOW_CONSUMER, "too much waits to be read")
            return False
        self._write(masked_frame(payload, self._masks.take()) if self._masks else binary_frame(payload))
        return True

    def pause(self) -> None:
        """Take no more messages until `resume`, not even those already read."""
        self._paused = True
        self._channel.pause()

    def resume(self) -> None:
        """Go on after `pause`. Messages arrive later, not from within this call."""
        if self._paused:
            self._paused = False
            self._channel.resume()

    def close(self, code: int, reason: str) -> None:
        """Say goodbye. What the peer still sends is read and forgotten; end a peer that does not go with `abort`."""
        if self.phase is _OPEN:
            short = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
            self._protocol.send_close(code, short)
            self._write(b"".join(self._protocol.data_to_send()))
            if not self._masks:
                self._finish()  # a server does not wait for the answer; a client's peer ends the connection
            self._end(code, reason)
        elif self.phase is _HANDSHAKE:
            self.drop(code, reason)

    def drop(self, code: int, reason: str) -> None:
        """End it now, without a goodbye on the wire."""
        self._unsent = b""
        self._abort()
        self._end(code, reason)

    def refuse(self, page: Page) -> None:
        """Answer a handshake that is not whole with a page and end it."""
        if self.phase is _HANDSHAKE:
            self._write(page.response())
            self._finish()
            self._end(LOST, "handshake refused")

    def fault(self, error: Exception) -> None:
        """Something of ours went wrong with this connection: logged with its traceback, closed with a bare code."""
        text, peer = "a fault in the connection with %s; it is closed, the others go on", self.peer
        log.error(text, peer, exc_info=error, extra={"peer": peer})
        try:
            self.close(SERVER_ERROR, "server error")
        except Exception as worse:
            log.error("another fault while it was closed", exc_info=worse, extra={"peer": peer})
        if self.phase is _CLOSED and not self._finishing:
            self.drop(SERVER_ERROR, "server error")

    # What the channel calls.

    def feed(self, data: bytes) -> None:
        """Bytes have arrived (or none: parse what was held back)."""
        if self.phase is _OPEN:
            if (
                MASKED_HEAD < len(data) <= self._short_end
                and data[0] == FIN_BINARY
                and data[1] == self._mask_bit | (len(data) - MASKED_HEAD)
                and self._mask_bit
                and not (self._tail or self._paused or self._fragments)
            ):
                # One small message and nothing else: what nearly every read from a player is.
                self._endpoint.received(apply_mask(data[MASKED_HEAD:], data[2:MASKED_HEAD]))
            elif (
                not self._mask_bit
                and (head := whole_head(data))
                and len(data) - head <= self._max
                and not (self._tail or self._paused or self._fragments)
            ):
                self._endpoint.received(data[head:])  # the same from a server
            else:
                self._parse(self._tail + data if self._tail else data)
        elif self.phase is _HANDSHAKE:
            self._shake_hands(self._tail + data)

    def eof(self) -> None:
        """The peer has sent its last byte."""
        self._abort()
        self._end(LOST, "the peer ended the connection without a goodbye")

    def lost(self) -> None:
        """The connection broke."""
        self.eof()

    def writable(self) -> None:
        """The system takes bytes again."""
        if self._unsent:
            self._unsent = self._unsent[self._channel.write(self._unsent) :]
        if not self._unsent:
            self._channel.watch_writable(False)
            if self._finishing:
                self._channel.finish()
            elif self.phase is _OPEN:
                self._endpoint.drained()

    # Receiving.

    def _shake_hands(self, buffer: bytes) -> None:
        parts = split_head(buffer)
        if parts is None:
            self._tail = buffer
            if len(buffer) > HEAD_BYTES_MAX and self._masks:
                self.drop(LOST, "the answer to the handshake has no end")
            elif len(buffer) > HEAD_BYTES_MAX:
                self.refuse(Page.text(431, f"the request head is longer than {HEAD_BYTES_MAX} bytes"))
            return
        head, rest = parts
        self._tail = b""
        try:
            if isinstance(self._handshake, ServerHandshake):
                self._protocol, answer = self._handshake.answer(head)
                self._write(answer)
            else:
                self._protocol = self._handshake.answer(head, rest)
        except Refused as refused:
            self._write(refused.response)
            self._finish()
            self._end(LOST, "answered over HTTP")
        except HandshakeRefused as refused:
            self.drop(LOST, str(refused))
        else:
            self.phase = _OPEN
            self._endpoint.opened()
            if rest:
                self.feed(rest)

    def _parse(self, buffer: bytes) -> None:
        position, end = 0, len(buffer)
        while not self._paused:
            found = extent(buffer, position)
            if found is None:
                break
            header, length = found
            start = position + header
            stop = start + length
            if length > self._max:
                self.close(TOO_BIG, f"a message of more than {self._max} bytes")
                return
            legal = buffer[position + 1] & MASKED == self._mask_bit
            if legal and stop > end:
                break
            if legal and buffer[position] == FIN_BINARY and self._fragments is None:
                payload = buffer[start:stop]
                if self._mask_bit:
                    payload = apply_mask(payload, buffer[start - 4 : start])
                self._endpoint.received(payload)
            else:
                self._uncommon(buffer[position:stop])
            if self.phase is not _OPEN:
                return
            position = stop
        self._tail = buffer[position:]

    def _uncommon(self, frame: bytes) -> None:
        """Give one frame (or a header that is wrong already) to the library, then look at what it made of it."""
        protocol = self._protocol
        protocol.receive_data(frame)
        for event in protocol.events_received():
            if isinstance(event, Frame) and self.phase is _OPEN:
                self._fragment(event)
        if self.phase is not _OPEN:
            return
        writes = protocol.data_to_send()
        self._reply(b"".join(writes))
        if protocol.state is not OPEN:
            if not self._masks:
                self._finish()
            said = protocol.close_rcvd or protocol.close_sent
            self._end(said.code if said else LOST, said.reason if said else "")

    def _fragment(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT:
            self.close(TEXT_FRAME, "this protocol is binary")
        elif frame.opcode is Opcode.BINARY or frame.opcode is Opcode.CONT:
            parts = self._fragments = self._fragments or []
            parts.append(bytes(frame.data))
            if sum(map(len, parts)) > self._max:
                self.close(TOO_BIG, f"a message of more than {self._max} bytes")
            elif frame.fin:
                self._fragments = None
                self._endpoint.received(b"".join(parts))
            elif len(parts) >= FRAGMENTS_MAX:
                self.close(TOO_BIG, f"a message in more than {FRAGMENTS_MAX} fragments")

    # Sending.

    def _reply(self, data: bytes) -> None:
        """Send what the library answers by itself (pongs, the closing frame): bounded like all else."""
        if len(self._unsent) + len(data) > self._backlog_bytes_max and self._unsent:
            self.drop(SLOW_CONSUMER, "too much waits to be read")
        elif data:
            self._write(data)

    def _write(self, data: bytes) -> None:
        """Write in order: behind what waits, if something waits."""
        if not self._unsent:
            data = data[self._channel.write(data) :]
        if data:
            self._unsent += data
            self._channel.watch_writable(True)

    def _finish(self) -> None:
        self._finishing = True
        if not self._unsent:
            self._channel.finish()

    def _abort(self) -> None:
        self.gone = True
        self._channel.abort()

    def _end(self, code: int, reason: str) -> None:
        if self.phase is not _CLOSED:
            self.phase = _CLOSED
            self._tail = b""
            self._fragments = None
            if self._paused and not self.gone:
                self.resume()  # to see the peer's end
            self._endpoint.closed(code, reason)


class _NoChannel:
    """Before a WebSocket is attached to a channel, there is nothing to end."""

    peer = "nobody"

    def write(self, data: bytes) -> int:
        return 0

    def watch_writable(self, wanted: bool) -> None:
        """Nothing is written."""

    def pause(self) -> None:
        """Nothing is read."""

    resume = finish = abort = pause
