"""A client's TLS by hand: bytes in, bytes out."""

from __future__ import annotations

import ssl
from contextlib import suppress

from tests.certificates import client_context


class TlsPeer:
    """`encrypt` what is to be said, `decrypt` what is heard; `to_send` is what either makes."""

    def __init__(self) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = client_context().wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")

    def encrypt(self, data: bytes) -> int:
        """How much of it was taken: nothing before the handshake is done."""
        with suppress(ssl.SSLWantReadError):
            return self._tls.write(data)
        return 0

    def decrypt(self, data: bytes) -> bytes:
        self._incoming.write(data)
        heard = b""
        with suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            while plain := self._tls.read(65_536):
                heard += plain
        return heard

    def say_goodbye(self) -> None:
        """Nothing follows."""
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()

    def to_send(self) -> bytes:
        return self._outgoing.read()
