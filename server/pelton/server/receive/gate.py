"""Who is let in. Cheap things first: an address is counted when a connection is accepted, before any allocation.

    accept ─▶ knock: the peer's address ──────────────▶ HTTP 429, or just the end of the connection
       │ let in
    handshake ─▶ check: the address that a trusted proxy names ─▶ 429, or 4530 once open, for a browser
       │                the page's origin ─────────────▶ 403
    hello

Behind a trusted proxy all peers are the proxy, so the address is known with the request only. A browser's script never
sees the status of a refused handshake: a browser, which is who sends an Origin, is let in for as long as it takes to be
told 4530; others get the status.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pelton.protocol.close_codes import BAD_MESSAGE, PROTOCOL_ERROR, RATE_LIMITED, TEXT_FRAME, TOO_BIG, UNEXPECTED
from pelton.server.clock import NS_PER_S, Clock
from pelton.server.config import AdmissionConfig
from pelton.server.metrics import Metrics, Refusal
from pelton.server.networks import Address, address_of, household, networks
from pelton.server.receive.addresses import Addresses, AddressLimits
from pelton.server.receive.origins import Origins
from pelton.server.receive.proxies import Proxies
from pelton.server.receive.round_trip import Sock
from pelton.wire import Asked, Page

__all__ = ["Caller", "Gate", "too_many"]

log = logging.getLogger(__name__)

LOG_INTERVAL_NS = NS_PER_S
"""A flood is told once a second, and not once a connection."""
FAULTS = frozenset(row.code for row in (PROTOCOL_ERROR, TEXT_FRAME, TOO_BIG, BAD_MESSAGE, UNEXPECTED, RATE_LIMITED))
"""Ends that are a client's own fault: its address pays `fault_cost` for them."""
_SETTINGS = {
    Refusal.FULL: "server.connections_max",
    Refusal.ADDRESS_CONNECTIONS: "admission.connections_per_address_max",
    Refusal.ADDRESS_RATE: "admission.connections_per_address_per_s",
    Refusal.UNAUTHENTICATED: "admission.unauthenticated_max",
    Refusal.ORIGIN: "admission.allowed_origins",
}


@dataclass(slots=True)
class Caller:
    """Who is at the other end of a connection, as far as is known. Changed by the gate only."""

    address: str
    """Its address; until a trusted proxy has named the client's, the proxy's."""
    counted_as: str = ""
    """What it is counted by; empty if it is not counted."""
    proxy: Address | None = None
    """The trusted proxy that will say who it is."""
    sock: Sock | None = None
    """What it came on, if that is a socket."""
    refused: bool = False
    """To be closed with 4530 as soon as it is open."""


class Gate:
    """Counts callers in and out; who was let in has to `leave`."""

    def __init__(self, config: AdmissionConfig, clock: Clock, metrics: Metrics, *, secure: bool) -> None:
        self._addresses = Addresses(
            AddressLimits(
                config.connections_per_address_max,
                config.connections_per_address_per_s,
                config.connections_per_address_burst,
                config.addresses_max,
            )
        )
        self._proxies = Proxies(networks(config.trusted_proxies))
        self._origins = Origins(config.allowed_origins, secure=secure)
        self._limit_loopback = config.limit_loopback == "yes"
        self._fault_cost = config.fault_cost
        self._clock = clock
        self._metrics = metrics
        self._said = dict.fromkeys(Refusal, -LOG_INTERVAL_NS)
        self._unsaid = dict.fromkeys(Refusal, 0)

    def knock(self, peer: str) -> Caller | None:
        """Somebody has connected from this address; None if he is to be turned away."""
        address = address_of(peer)
        if address is None:
            return Caller(peer)  # no address of the internet: whoever listens there knows who comes
        if self._proxies.trusts(address):
            return Caller(peer, proxy=address)
        caller = Caller(peer)
        return caller if self._enter(caller, address) is None else None

    def check(self, caller: Caller, asked: Asked) -> Page | None:
        """The page that refuses a request; None if it is let pass."""
        origins = asked.header("Origin") if asked.upgrade else ()
        if not self._origins.allow(origins, asked.header("Host")):
            self.refuse(Refusal.ORIGIN, caller.address)
            return Page.text(403, "this page may not connect; the server's admission.allowed_origins does not name it")
        if caller.proxy is None:
            return None
        client = self._proxies.client(caller.proxy, asked.header("X-Forwarded-For"))
        caller.address, caller.proxy = str(client), None
        refusal = self._enter(caller, client)
        if refusal is None:
            return None
        caller.refused = bool(origins)
        return None if caller.refused else too_many()

    def leave(self, caller: Caller, code: int) -> None:
        """A connection is over, with this close code."""
        if caller.counted_as:
            cost = self._fault_cost if code in FAULTS else 0
            self._addresses.leave(caller.counted_as, self._clock.now_ns(), cost)
            caller.counted_as = ""

    def refuse(self, reason: Refusal, address: str) -> None:
        """Count a connection that is turned away, and say so once a second."""
        self._metrics.refuse(reason)
        now_ns = self._clock.now_ns()
        if now_ns - self._said[reason] < LOG_INTERVAL_NS:
            self._unsaid[reason] += 1
            return
        more = self._unsaid[reason]
        self._said[reason], self._unsaid[reason] = now_ns, 0
        suffix = f"; {more} more since this was last said" if more else ""
        log.warning("turned away %s: %s (%s)%s", address, reason.value, _SETTINGS[reason], suffix)

    def _enter(self, caller: Caller, address: Address) -> Refusal | None:
        if address.is_loopback and not self._limit_loopback:
            return None
        name = household(address)
        refusal = self._addresses.enter(name, self._clock.now_ns())
        if refusal is None:
            caller.counted_as = name
        else:
            self.refuse(refusal, caller.address)
        return refusal


def too_many() -> Page:
    """The answer over HTTP to one connection too many."""
    return Page.text(429, "too many connections from your address; come back later")
