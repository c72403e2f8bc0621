"""What an address of the internet says about who is behind it: its network, its household, this very machine.

Pure; resolves no name.
"""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

__all__ = ["Address", "Network", "address_of", "household", "is_loopback", "networks"]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

HOUSEHOLD_BITS = 64
"""An IPv6 line gets a /64 at least, and may send from each of its 2^64 addresses."""


def address_of(text: str) -> Address | None:
    """Read an address; None if it is none. One that is IPv4 inside of IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def household(address: Address) -> str:
    """What limits count by: the address itself for IPv4, its /64 for IPv6."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    host_bits = 128 - HOUSEHOLD_BITS
    return f"{ipaddress.IPv6Address(int(address) >> host_bits << host_bits)}/{HOUSEHOLD_BITS}"


def is_loopback(text: str) -> bool:
    """Whether a text is an address that only this machine reaches. A name is none, whatever it resolves to."""
    address = address_of(text)
    return address is not None and address.is_loopback


def networks(text: str) -> tuple[Network, ...]:
    """Read addresses and networks (10.0.0.0/8) with commas between them. ValueError names the one that is wrong."""
    words = [word.strip() for word in text.split(",")] if text.strip() else []
    return tuple(ipaddress.ip_network(word, strict=False) for word in words)
