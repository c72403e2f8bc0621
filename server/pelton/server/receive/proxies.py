"""Who is really there, behind proxies that say so. Pure.

`X-Forwarded-For` grows to the right: each proxy appends the address that it was asked from. So what stands on the right
was written by the proxies next to us, and what stands further left by anybody. The client is the rightmost address that
is no trusted proxy; whatever a client writes there itself stands left of its own address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelton.server.networks import Address, Network, address_of

__all__ = ["HOPS_MAX", "Proxies"]

HOPS_MAX = 32
"""Trusted proxies in a row; what stands further left is not read."""
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


class Proxies:
    """The networks whose word is taken."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def client(self, peer: Address, forwarded: Sequence[str]) -> Address:
        """The address to count by, of a connection from `peer` with these headers, in their order.

        A proxy that names nobody, or writes what is no address, stands for whoever came through it.
        """
        client = peer
        hops = ",".join(forwarded).rsplit(",", HOPS_MAX)[-HOPS_MAX:]
        while self.trusts(client) and hops:
            before = _hop(hops.pop())
            if before is None:
                break
            client = before
        return client


def _hop(text: str) -> Address | None:
    """One entry. Some proxies write the port as well."""
    text = text.strip()
    found = _WITH_PORT.fullmatch(text)
    return address_of(found[1] or found[2] or "" if found else text)
