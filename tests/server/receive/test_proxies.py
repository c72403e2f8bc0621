"""The client is the rightmost address that is no trusted proxy, whatever else stands in the header."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.networks import address_of, networks
from pelton.server.receive.proxies import HOPS_MAX, Proxies

PROXIES = Proxies(networks("10.0.0.0/8, fd00::/8"))
PROXY, CLIENT = "10.0.0.1", "203.0.113.7"
anything = st.lists(st.one_of(st.text(), st.ip_addresses().map(str)))
strangers = st.ip_addresses().filter(lambda address: not PROXIES.trusts(address))


def client(peer: str, *headers: str, proxies: Proxies = PROXIES) -> str:
    address = address_of(peer)
    assert address is not None
    return str(proxies.client(address, headers))


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ((), PROXY),
        (("",), PROXY),
        ((CLIENT,), CLIENT),
        ((f"1.2.3.4, {CLIENT}",), CLIENT),
        (("1.2.3.4", CLIENT), CLIENT),
        ((f"{CLIENT}, 10.0.0.2",), CLIENT),
        ((f"1.2.3.4,{CLIENT} , 10.0.0.2,10.0.0.3",), CLIENT),
        ((f"{CLIENT}:4711",), CLIENT),
        (("[2001:db8::1]:4711",), "2001:db8::1"),
        (("[2001:db8::1]",), "2001:db8::1"),
        (("2001:db8::1",), "2001:db8::1"),
        ((f"::ffff:{CLIENT}",), CLIENT),
        ((f"{CLIENT}, fd00::1",), CLIENT),
        (("10.0.0.9, 10.0.0.2",), "10.0.0.9"),
        ((f"{CLIENT}, unknown",), PROXY),
        ((f"{CLIENT}, _hidden, 10.0.0.2",), "10.0.0.2"),
        ((f"{CLIENT},",), PROXY),
        (("[[",), PROXY),
    ],
)
def test_the_rightmost_that_is_not_trusted_is_the_client(headers: Sequence[str], found: str) -> None:
    assert client(PROXY, *headers) == found


@given(strangers, anything)
def test_whatever_an_untrusted_peer_writes_it_counts_as_itself(peer: ipaddress.IPv4Address, headers: list[str]) -> None:
    assert PROXIES.client(peer, headers) == peer


@given(strangers, anything)
def test_whatever_a_client_writes_its_proxy_writes_the_truth_behind_it(
    peer: ipaddress.IPv4Address, headers: list[str]
) -> None:
    assert PROXIES.client(ipaddress.ip_address(PROXY), [*headers, str(peer)]) == (address_of(str(peer)))


def test_nobody_is_trusted_unless_named() -> None:
    assert client("127.0.0.1", CLIENT, proxies=Proxies(networks(""))) == "127.0.0.1"


def test_a_header_of_nothing_but_proxies_is_read_so_far_and_no_further() -> None:
    assert client(PROXY, CLIENT + ", 10.0.0.2" * HOPS_MAX) == "10.0.0.2"
    assert client(PROXY, CLIENT + ", 10.0.0.2" * (HOPS_MAX - 1)) == CLIENT
