"""TLS between a WebSocket and the channel that carries its bytes, on a server's side: no transport, no task, no timer.

    WebSocket ◀─ plain ─ TlsChannel ◀─ encrypted ─ SweptChannel or TransportChannel

It is a channel to the one and carried by the other, so a connection with TLS is swept, paused and bounded as any other
is. What asyncio's TLS lacks is here: after the goodbye only this side is closed, and the client can read it.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

from pelton.wire.seam import Carried, Channel

__all__ = ["TlsChannel"]

_WANTS_MORE = (ssl.SSLWantReadError, ssl.SSLWantWriteError)


class TlsChannel:
    """See `pelton.wire.seam.Channel` and `Carried`. At most `slice_bytes` are decrypted before others have their turn.

    Waiting inside, per connection: one encrypted record that is not whole (16 KiB), and the rest of what the system
    did not take, which is one message at most, as nothing is encrypted while there is some.
    """

    __slots__ = (
        "_broken",
        "_ended",
        "_finishing",
        "_incoming",
        "_outgoing",
        "_paused",
        "_raw",
        "_rest",
        "_shaken",
        "_slice_bytes",
        "_tls",
        "_websocket",
    )

    def __init__(self, websocket: Carried, context: ssl.SSLContext, slice_bytes: int) -> None:
        self._websocket = websocket
        self._slice_bytes = slice_bytes
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._raw: Channel
        self._rest = b""
        """Encrypted, and not taken by the system yet."""
        self._shaken = self._paused = self._finishing = self._ended = self._broken = False

    @property
    def peer(self) -> str:
        """Address of the other side, for logs."""
        return self._raw.peer

    @property
    def congested(self) -> bool:
        """Set by the channel below; see `WebSocket.congested`."""
        return self._websocket.congested

    @congested.setter
    def congested(self, congested: bool) -> None:
        self._websocket.congested = congested or bool(self._rest)

    # What the channel below calls.

    def attach(self, channel: Channel) -> None:
        self._raw = channel
        self._websocket.attach(self)

    def feed(self, data: bytes) -> None:
        """Encrypted bytes have arrived (or none: go on with what is there)."""
        if self._finishing or self._ended:
            return  # nobody reads it
        if self._broken:
            self.lost()
            return
        if not data and self._paused:
            self._websocket.feed(b"")  # it may go on with what it holds, but wants nothing new
            return
        self._incoming.write(data)
        if self._shaken or self._shake_hands():
            self._decrypt()

    def eof(self) -> None:
        self._websocket.eof()

    def lost(self) -> None:
        self._websocket.lost()

    def fault(self, error: Exception) -> None:
        self._websocket.fault(error)

    def writable(self) -> None:
        """The system takes bytes again."""
        if self._rest:
            self._rest = self._rest[self._raw.write(self._rest) :]
        if self._rest:
            return
        self._raw.watch_writable(False)
        if self._finishing:
            self._raw.finish()
        else:
            self._websocket.congested = False
            self._websocket.writable()

    # What the WebSocket calls.

    def write(self, data: bytes) -> int:
        if self._rest:
            return 0
        if self._shaken and not (self._finishing or self._ended):
            try:
                self._tls.write(data)
            except ssl.SSLError:  # the peer has ended TLS by an alert, which came with what is answered here
                self._broken = True
                self._raw.resume()  # tell the WebSocket later: the caller may be in the middle of a round
            self._flush()
        return len(data)  # before the handshake of TLS nothing can be said, and after the end neither

    def watch_writable(self, wanted: bool) -> None:
        """Nothing to do: while there is a rest, the channel below is watched."""

    def pause(self) -> None:
        self._paused = True
        self._raw.pause()

    def resume(self) -> None:
        self._paused = False
        self._raw.resume()

    def again(self) -> None:
        self._raw.again()

    def finish(self) -> None:
        if self._finishing or self._ended:
            return
        if not self._shaken:
            self.abort()
            return
        self._finishing = True
        try:
            self._tls.unwrap()  # says that nothing follows, and would like to hear the same
        except ssl.SSLError:
            """The answer is not waited for."""
        self._flush()
        if not self._rest:
            self._raw.finish()

    def abort(self) -> None:
        self._ended = True
        self._rest = b""
        self._raw.abort()

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except _WANTS_MORE:
            self._flush()
        except ssl.SSLError:
            self._flush()  # the alert that says why
            self.lost()
        else:
            self._shaken = True
            self._flush()
        return self._shaken

    def _decrypt(self) -> None:
        """Pass on one slice. More of it is looked at when others had their turn."""
        plain, end = self._read()
        self._flush()  # what TLS itself has to answer
        self._websocket.feed(plain)
        if end is not None:
            end()
        elif len(plain) >= self._slice_bytes and not (self._paused or self._finishing or self._ended):
            self._raw.resume()

    def _read(self) -> tuple[bytes, Callable[[], None] | None]:
        """A slice, or all that is there; and how the connection ends, if it does."""
        plain = b""
        try:
            while len(plain) < self._slice_bytes:  # a record may carry a single byte
                more = self._tls.read(self._slice_bytes - len(plain))
                if not more:
                    return plain, self.eof  # the peer said that nothing follows
                plain += more
        except _WANTS_MORE:
            return plain, None
        except ssl.SSLZeroReturnError:
            return plain, self.eof  # the same, after we did
        except ssl.SSLError:
            return plain, self.lost
        return plain, None

    def _flush(self) -> None:
        data = self._outgoing.read()
        if not data or self._ended:
            return
        if not self._rest:
            data = data[self._raw.write(data) :]
        if data:
            self._rest += data
            self._websocket.congested = True
            self._raw.watch_writable(True)
