"""The server's certificate: read at the start, and again when asked to, without hurting who is connected."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

__all__ = ["Certificate", "TlsError"]

log = logging.getLogger(__name__)

FILE_BYTES_MAX = 1_048_576


class TlsError(Exception):
    """The certificate or its key cannot be used; names the setting and the file."""


class Certificate:
    """The context for new connections, made of two PEM files."""

    def __init__(self, certificate: str, key: str) -> None:
        self._certificate, self._key = certificate, key
        self._context = _context(certificate, key)

    def current(self) -> ssl.SSLContext:
        """For one that connects now; who is connected keeps the one that he came with."""
        return self._context

    def reload(self) -> bool:
        """Read the files again, and say whether that went well. If not, the log says why, and the old ones stay.

        Blocks the loop for as long as two small files take, which is less than the signature of a handshake.
        """
        try:
            self._context = _context(self._certificate, self._key)
        except TlsError as error:
            log.error("the old certificate stays: %s", error)
            return False
        log.info("new connections get the certificate that is in %s now", self._certificate)
        return True


def _context(certificate: str, key: str) -> ssl.SSLContext:
    """Like `ssl.create_default_context` for servers: TLS 1.2 at least, no compression."""
    _check(certificate, "server.tls_certificate", "CERTIFICATE-----")
    _check(key, "server.tls_key", "PRIVATE KEY-----")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])  # WebSockets begin with it, and we speak no other

    def no_password() -> str:
        raise TlsError(f"server.tls_key: {key} is encrypted; nobody is there to ask for its password")

    try:
        context.load_cert_chain(certificate, key, no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"server.tls_key: {key} is not the key of the certificate in {certificate}"
        else:
            problem = (
                f"server.tls_certificate and server.tls_key: {certificate} and {key} cannot be used"
                f" ({error.reason or error})"
            )
        raise TlsError(problem) from error
    return context


def _check(name: str, setting: str, mark: str) -> None:
    """Say which file is wrong, as OpenSSL does not."""
    try:
        with Path(name).open("rb") as file:
            text = file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise TlsError(f"{setting}: {name} cannot be read: {error.strerror}") from error
    if mark.encode() not in text:
        raise TlsError(f'{setting}: {name} is no such PEM file; it has no line with "BEGIN ... {mark}"')
