"""Addresses are read, households are told apart, and a name is never this machine."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.server.networks import address_of, household, is_loopback, networks


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_a_household_of_its_own(address: ipaddress.IPv4Address) -> None:
    assert household(address) == str(address)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_a_64_are_one_household(network: int, one: int, other: int) -> None:
    found = {household(ipaddress.IPv6Address(network << 64 | host)) for host in (one, other)}
    assert found == {f"{ipaddress.IPv6Address(network << 64)}/64"}


def test_neighbouring_64s_are_two_households() -> None:
    found = {household(ipaddress.IPv6Address(address)) for address in ("2001:db8:0:1::1", "2001:db8:0:2::1")}
    assert len(found) == 2


@given(st.ip_addresses(v=4))
def test_ipv4_inside_of_ipv6_is_ipv4(address: ipaddress.IPv4Address) -> None:
    assert address_of(f"::ffff:{address}") == address


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert address_of(text) is None or is_loopback(text) in (True, False)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_this_machine(text: str) -> None:
    assert is_loopback(text)


@pytest.mark.parametrize("text", ["localhost", "0.0.0.0", "::", "10.0.0.1", "127.1", "", "127.0.0.1:80"])
def test_nothing_else_is_this_machine(text: str) -> None:
    assert not is_loopback(text)


def test_networks_are_read_with_their_commas() -> None:
    assert [str(network) for network in networks("10.1.2.3/8, ::1,192.0.2.1")] == [
        "10.0.0.0/8",
        "::1/128",
        "192.0.2.1/32",
    ]
    assert networks("") == networks("  ") == ()


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy", "10.0.0.1,,::1", ","])
def test_what_is_no_network_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        networks(text)
