"""Which addresses are one client."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


@lru_cache(maxsize=10_000)
def client_at(host: str) -> str:
    """Who is at an address, as far as the network tells: an IPv4 address, or the /64 of an IPv6
    one."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        # Who has one address of a /64 has them all.
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
