"""Whose an IP address is, for counting."""

from ipaddress import IPv6Address, ip_address


def network_of(address: str) -> str:
    """The address, or for IPv6 its /64: whoever has one of those addresses has them all."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return address
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(IPv6Address(int(ip) >> 64 << 64))
