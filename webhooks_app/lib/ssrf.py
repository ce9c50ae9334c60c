"""Which addresses requests may go to: global unicast, and what the operator allows.

The check uses the address that a socket is about to connect to. So neither a name that resolves
differently the second time nor an odd spelling gets around it. Python's `is_private` and
`is_global` are not enough: they allow NAT64, multicast, 6to4 and cloud metadata addresses.
"""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network

# IANA special-purpose registries (RFC 6890 and updates), and addresses that clouds use.
REFUSED_V4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("169.254.169.254/32", "cloud metadata"),
        ("168.63.129.16/32", "cloud metadata"),
        ("100.100.100.200/32", "cloud metadata"),
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private network"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private network"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private network"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)
REFUSED_V6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("fd00:ec2::/32", "cloud metadata"),
        ("fc00::/7", "private network"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
        ("100::/64", "discard only"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("::/96", "IPv4-compatible"),
    )
)
WITH_PORT = re.compile(r"(?:\[(.+)\]|([\d./]+)):(\d{1,5})")
GLOBAL_V6 = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa")


class RefusedAddress(OSError):
    """A connection to this address is refused and was not tried."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address} is refused: {reason}")
        self.address = address
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses addresses, except for `allowed` networks, on one port or all.

    `own` are the hosts and ports of this product itself; `localhost` stands for every loopback
    address of this machine.
    """

    allowed: tuple[tuple[Network, int | None], ...] = ()
    own: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def parse(cls, allowed: Iterable[str]) -> "Guard":
        """From CIDRs, with or without a port: `10.1.0.0/16`, `127.0.0.1:8000`, `[::1]:8000`.

        Raises ValueError, naming the invalid one.
        """
        return cls(tuple(_allowed(text) for text in allowed))

    def refusal(self, address: str, port: int | None = None) -> str | None:
        """Why an IP address is refused, or None. Raises ValueError for anything but an address."""
        ip = ip_address(address.partition("%")[0])
        if self._allows(ip, port):
            return None
        return _refusal_v4(ip) if isinstance(ip, IPv4Address) else self._refusal_v6(ip, port)

    def refusal_of_host(self, host: str, port: int | None = None) -> str | None:
        """Why the host of a URL is refused, as far as that is known without DNS."""
        name = host.strip("[]").rstrip(".").lower()
        address = "127.0.0.1" if name == "localhost" else literal_address(name)
        if address is not None:
            return self.refusal(address, port)
        return "a name in the local network" if name.endswith(LOCAL_SUFFIXES) else None

    def is_own(self, host: str, port: int) -> bool:
        """Whether a URL with that host leads back to this product, as far as known without DNS."""
        name = host.strip("[]").rstrip(".").lower()
        literal = literal_address(name)
        is_loopback = literal is not None and ip_address(literal).is_loopback
        here = "localhost" if is_loopback else name
        return not {(name, port), (here, port)}.isdisjoint(self.own)

    def _allows(self, ip: IPv4Address | IPv6Address, port: int | None) -> bool:
        return any(
            ip in network and only in (None, port)
            for network, only in self.allowed
            if network.version == ip.version
        )

    def _refusal_v6(self, ip: IPv6Address, port: int | None) -> str | None:
        embedded = ip.ipv4_mapped or (_last_32_bits(ip) if ip in NAT64 else None)
        if embedded is not None:
            reason = None if self._allows(embedded, port) else _refusal_v4(embedded)
            return reason and f"{reason}, as {embedded} inside IPv6"
        for network, reason in REFUSED_V6:
            if ip in network:
                return reason
        return None if ip in GLOBAL_V6 else "not a global address"


def literal_address(host: str) -> str | None:
    """The address that a host spells out, in any form that the system's resolver accepts, or None.

    `2130706433`, `0x7f.1`, `0177.0.0.1` and `127.1` are all 127.0.0.1.
    """
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if " " not in host else None
    except (OSError, UnicodeEncodeError):
        return None


def _allowed(text: str) -> tuple[Network, int | None]:
    with_port = WITH_PORT.fullmatch(text)
    cidr, port = (with_port[1] or with_port[2], int(with_port[3])) if with_port else (text, None)
    try:
        return ip_network(cidr), port
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network, such as 10.1.0.0/16") from error


def _refusal_v4(ip: IPv4Address) -> str | None:
    return next((reason for network, reason in REFUSED_V4 if ip in network), None)


def _last_32_bits(ip: IPv6Address) -> IPv4Address:
    return IPv4Address(int(ip) & 0xFFFFFFFF)
