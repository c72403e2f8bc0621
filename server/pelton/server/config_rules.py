"""Rules between settings that are no order of two numbers. Each looks at all of them and says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pelton.server.config_layers import Taken
from pelton.server.config_sources import Problem, quoted
from pelton.server.networks import is_loopback

__all__ = ["exposed_admin", "half_of_tls"]


def exposed_admin(taken: Mapping[str, Mapping[str, Taken]]) -> Iterator[Problem]:
    """An admin port that others can reach needs a token: whoever gets in reads all that it tells."""
    admin = taken["admin"]
    host = admin["host"]
    if admin["token"].value or admin["port"].value == -1 or is_loopback(str(host.value)):
        return
    yield Problem(
        host.source,
        "admin",
        "host",
        f"{quoted(host.value)} may be reached from other machines, and there is no admin.token",
        "set one of 16 characters at least, best as PELTON_ADMIN__TOKEN, or take 127.0.0.1 or ::1",
    )


def half_of_tls(taken: Mapping[str, Mapping[str, Taken]]) -> Iterator[Problem]:
    """A certificate without a key encrypts nothing; served in the clear, nobody would notice."""
    server = taken["server"]
    for there, missing in (("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")):
        if server[there].value and not server[missing].value:
            problem = f"is set, and server.{missing} is not"
            yield Problem(server[there].source, "server", there, problem, "TLS needs both; leave both empty for none")
