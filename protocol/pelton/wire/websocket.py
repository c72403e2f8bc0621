"""One WebSocket, either side, over any channel: bytes in, whole binary messages out, and no buffer that could grow.

The common frames (whole binary messages, pings and pongs) take a short path; everything else goes, a whole frame at a
time, through websockets' sans-I/O protocol, which knows RFC 6455. One visit parses so many frames and no more, and a
`Meter` says how many may come at all; what has to wait is held, and nothing more is read. Reads no clock and owns no
timer: whoever opened it ends a connection that lingers.
"""

from __future__ import annotations

import logging
from typing import TypeAlias

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.protocol import Protocol as Rfc6455

from pelton.wire.frames import (
    FIN_BINARY,
    FIN_CLOSE,
    FIN_PING,
    FIN_PONG,
    MASKED,
    PONG,
    Masks,
    apply_mask,
    control_frame,
    extent,
    whole_head,
)
from pelton.wire.handshake import (
    HEAD_BYTES_MAX,
    ClientHandshake,
    HandshakeRefused,
    Page,
    Refused,
    ServerHandshake,
    split_head,
)
from pelton.wire.seam import Channel, Endpoint, Meter
from pelton.wire.sending import LOST, SLOW_CONSUMER, Phase, Sending

__all__ = ["FRAGMENTS_MAX", "LOST", "SLICE_FRAMES_MAX", "SLOW_CONSUMER", "Phase", "WebSocket"]

log = logging.getLogger(__name__)

TEXT_FRAME, TOO_BIG, SERVER_ERROR = 1003, 1009, 4500
REASON_BYTES_MAX = 123
SHORT_MAX = 125  # a payload whose length fits into the second byte
MASKED_HEAD = 6  # what stands before such a payload from a client
SHORT_SECOND = MASKED - MASKED_HEAD
"""The second byte of a client's short frame, less the length of all of it."""
FRAGMENTS_MAX = 64
"""The most frames one message may come in, unless told otherwise."""
SLICE_FRAMES_MAX = 64
"""The most frames that are parsed in one visit, unless told otherwise."""
UNMETERED = 1 << 30
"""Frames that a WebSocket without a meter grants itself, again and again."""

Handshake: TypeAlias = ServerHandshake | ClientHandshake

# An attribute of an enum costs ten times a module's name (Python 3.11), on every message both ways.
_HANDSHAKE, _OPEN, _CLOSED = Phase.HANDSHAKE, Phase.OPEN, Phase.CLOSED
_HEARTBEATS = frozenset({FIN_PING, FIN_PONG})


class WebSocket(Sending):
    """A connection that speaks whole binary messages of at most `message_bytes_max` bytes each way it reads.

    `backlog_bytes_max` bounds what waits for the system to take it, besides one message that was taken in part;
    `slice_frames_max` how many frames are parsed before others have their turn, `fragments_max` in how many a message
    may come. `meter` grants the frames of any kind that the peer may send; without one he may send as he likes.
    """

    __slots__ = (
        "_behind",
        "_dry",
        "_fragments",
        "_fragments_bytes",
        "_fragments_max",
        "_handshake",
        "_held",
        "_mask_bit",
        "_max",
        "_meter",
        "_paused",
        "_protocol",
        "_short_end",
        "_short_head",
        "_slice_frames_max",
        "_tail",
        "credit",
        "heartbeats",
    )

    def __init__(
        self,
        handshake: Handshake,
        endpoint: Endpoint,
        message_bytes_max: int,
        backlog_bytes_max: int,
        *,
        slice_frames_max: int = SLICE_FRAMES_MAX,
        fragments_max: int = FRAGMENTS_MAX,
        meter: Meter | None = None,
    ) -> None:
        masks = Masks() if isinstance(handshake, ClientHandshake) else None
        super().__init__(endpoint, masks, backlog_bytes_max)
        self._handshake = handshake
        self._max = message_bytes_max
        self._mask_bit = 0 if masks else MASKED
        self._short_head = 2 if masks else MASKED_HEAD
        self._short_end = 0 if masks else MASKED_HEAD + min(message_bytes_max, SHORT_MAX)
        self._slice_frames_max = slice_frames_max
        self._protocol: Rfc6455
        self._tail = b""
        self._fragments: list[bytes] | None = None
        self._fragments_bytes = 0
        self._fragments_max = fragments_max
        self._meter = meter
        self.credit = UNMETERED if meter is None else meter.spent()
        """Frames that may still come before the meter is asked again."""
        self.heartbeats = 0
        """Pings and pongs that have come."""
        # Nothing is parsed while it is held, by its user or for want of credit. While it is behind, parsing goes on
        # with what is there, slice by slice. Neither way anything more is read.
        self._paused = self._dry = self._held = self._behind = False

    def attach(self, channel: Channel) -> None:
        """Begin on this channel. A client sends its request at once."""
        self._channel = channel
        if self.gone:
            channel.abort()  # ended before it began
            return
        if isinstance(self._handshake, ClientHandshake):
            self._write(self._handshake.request())

    def pause(self) -> None:
        """Take no more messages until `resume`, not even those already read."""
        self._paused = self._held = True
        self._channel.pause()

    def resume(self) -> None:
        """Go on after `pause`. Messages arrive later, not from within this call."""
        if self._paused:
            self._paused = False
            self._release()

    def grant(self, frames: int) -> None:
        """So many more may come. Goes on if it was held for want of them; messages arrive later here as well."""
        self.credit += frames
        if self._dry and frames > 0:
            self._dry = False
            self._release()

    @property
    def origin(self) -> str:
        """The page that the peer runs in, as its browser says; empty for other programs. Only once it is open."""
        return getattr(self._protocol, "origin", None) or ""

    @property
    def held(self) -> bool:
        """Whether nothing is read on purpose: paused, out of credit, or behind with what was read before."""
        return self._held or self._behind

    @property
    def unfinished(self) -> list[bytes] | bytes | None:
        """What has come of a message that is not whole: its fragments, always the same list, or a part of a frame."""
        return self._fragments or self._tail or None

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
                and data[1] == len(data) + SHORT_SECOND
                and not (self._tail or self._held or self._fragments)
            ):
                # One small message and nothing else: what nearly every read from a player is.
                credit = self.credit = self.credit - 1
                if not credit:
                    self._wait(0)
                self._endpoint.received(apply_mask(data[MASKED_HEAD:], data[2:MASKED_HEAD]))
            elif (
                not self._mask_bit
                and (head := whole_head(data))
                and len(data) - head <= self._max
                and not (self._tail or self._held or self._fragments)
            ):
                self._endpoint.received(data[head:])  # the same from a server
            else:
                self._parse(self._tail + data if self._tail else data, self._slice_frames_max)
        elif self.phase is _HANDSHAKE:
            self._shake_hands(self._tail + data)

    def eof(self) -> None:
        """The peer has sent its last byte."""
        self._abort()
        self._end(LOST, "the peer ended the connection without a goodbye")

    def lost(self) -> None:
        """The connection broke."""
        self.eof()

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

    def _parse(self, buffer: bytes, most: int) -> None:
        position, end = 0, len(buffer)
        mask_bit, short_head = self._mask_bit, self._short_head
        left = allowed = min(most, self.credit)
        while left and not self._held and position + 2 <= end:
            length = buffer[position + 1] ^ mask_bit
            if length <= SHORT_MAX:
                start, legal = position + short_head, True
            elif length == SHORT_MAX + 1 and position + short_head + 2 <= end:
                start, legal = position + short_head + 2, True
                length = buffer[position + 2] << 8 | buffer[position + 3]
            elif found := extent(buffer, position):  # a longer one, or a mask where none may be, or none
                start, length = position + found[0], found[1]
                legal = buffer[position + 1] & MASKED == mask_bit
            else:
                break
            if length > self._max:
                self.close(TOO_BIG, f"a message of more than {self._max} bytes")
                return
            stop = start + length
            if legal and stop > end:
                break
            left -= 1
            if legal and buffer[position] == FIN_BINARY and self._fragments is None:
                payload = buffer[start:stop]
                self._endpoint.received(apply_mask(payload, buffer[start - 4 : start]) if mask_bit else payload)
            else:
                self._uncommon(buffer[position:stop], start - position if legal else 0)
            if self.phase is not _OPEN:
                return
            position = stop
        self._tail = buffer[position:]
        self.credit -= allowed - left
        if not left:
            self._wait(most - allowed)
        elif self._behind:
            self._catch_up()

    def _wait(self, more: int) -> None:
        """So many frames were parsed as may be: ask for more credit, or leave the rest for the next round.

        `more` is how many this visit may still parse, if it was only the credit that ended.
        """
        if not self.credit and not self._dry:
            self.credit = UNMETERED if self._meter is None else self._meter.spent()
            if not self.credit:
                self._dry = self._held = True
                self._channel.pause()
        if more and self._tail and not self._held:
            self._parse(self._tail, more)
        elif self._tail and not self._held:
            self._behind = True
            if self._meter is not None:
                self._meter.behind()
            self._channel.pause()
            self._channel.again()
        elif self._behind:
            self._catch_up()

    def _catch_up(self) -> None:
        """All that was read is parsed, or held for another reason."""
        self._behind = False
        if not self._held:
            self._channel.resume()

    def _release(self) -> None:
        """Go on, unless there is another reason to wait."""
        if not (self._paused or self._dry):
            self._held = False
            if self._behind:
                self._channel.again()
            else:
                self._channel.resume()

    def _uncommon(self, frame: bytes, head: int) -> None:
        """Answer a ping; give anything else to the library, then look at what it made of it.

        `head` is how long the frame's header is, 0 if that is wrong already.
        """
        if frame[0] in _HEARTBEATS and head > 0 and len(frame) - head <= SHORT_MAX:
            self.heartbeats += 1
            if frame[0] == FIN_PING:
                payload = apply_mask(frame[head:], frame[head - 4 : head]) if self._mask_bit else frame[head:]
                self._reply(control_frame(PONG, payload, self._masks.take() if self._masks else None))
            return
        protocol = self._protocol
        if frame[0] == FIN_CLOSE:
            protocol.current_size = None  # or it would take a goodbye between the fragments of a message for an error
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
            if self._fragments is None:
                self._fragments, self._fragments_bytes = [], 0
            parts = self._fragments
            parts.append(bytes(frame.data))
            self._fragments_bytes += len(frame.data)
            if self._fragments_bytes > self._max:
                self.close(TOO_BIG, f"a message of more than {self._max} bytes")
            elif frame.fin:
                self._fragments = None
                self._endpoint.received(b"".join(parts))
            elif len(parts) >= self._fragments_max:
                self.close(TOO_BIG, f"a message in more than {self._fragments_max} fragments")

    def _end(self, code: int, reason: str) -> None:
        if self.phase is not _CLOSED:
            self.phase = _CLOSED
            self._tail = b""
            self._fragments = None
            if (self._held or self._behind) and not self.gone:
                self._paused = self._dry = self._held = self._behind = False
                self._channel.resume()  # to see the peer's end
            self._meter = None
            self._let_go(getattr(self, "_protocol", None)).closed(code, reason)
