"""Which addresses are out there, and which are in here: this machine, its networks, its cloud's own services."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

__all__ = ["is_inward_name", "is_loopback", "is_public", "literal_address"]

_NOT_PUBLIC_V4: Final = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Protocol assignments and 6to4 relays, which some versions of Python take for public."""

_PUBLIC_V6: Final = IPv6Network("2000::/3")
"""What is assigned to anybody at all. It leaves out all forms in which an IPv4 address hides (mapped, compatible,
NAT64), except for those below."""

_NOT_PUBLIC_V6: Final = (
    IPv6Network("2001::/23"),  # protocol assignments, with Teredo, which holds IPv4 addresses
    IPv6Network("2002::/16"),  # 6to4, which does too
    IPv6Network("3fff::/20"),  # documentation
)

_INWARD_NAMES: Final = ("localhost", "local", "internal", "localdomain", "lan", "home.arpa")
"""Last labels that the public name system does not have; names of one label alone are not public either."""


def is_public(address: str) -> bool:
    """Tells whether an IP address belongs to somebody out there: global, and one machine's.

    Args:
        address: As the resolver wrote it.
    """
    parsed = _parsed(address)
    if parsed is None or parsed.is_multicast or not parsed.is_global:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_V4)
    return parsed in _PUBLIC_V6 and not any(parsed in network for network in _NOT_PUBLIC_V6)


def is_loopback(address: str) -> bool:
    """Tells whether an IP address is this machine's own."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """Returns the address that a host is without anybody being asked; None for a name.

    IPv4 has many spellings, and resolvers know them all: ``2130706433``, ``0x7f.1`` and ``0177.0.0.1`` are
    127.0.0.1.
    """
    try:
        return _parsed(host) or IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def is_inward_name(host: str) -> bool:
    """Tells whether a name can't be a public one."""
    name = host.rstrip(".").lower()
    return "." not in name or any(name == inward or name.endswith(f".{inward}") for inward in _INWARD_NAMES)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
