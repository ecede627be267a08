"""The rules for links that may be followed, and for addresses that may be connected to.

A server may answer with a link to a host that only this machine can reach, such as a router's page or a cloud's
metadata service. So only public addresses are connected to, over https. The exception is a server that the user has
named, by host and port: a mirror on the local network may be reached, but no other service on the same host.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from app.domain.error_texts import network_texts
from app.domain.errors import NetworkError

Origin = tuple[str, str, int]
"""Scheme, host and port, to which a token belongs, and which identify a server named by the user."""
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""The allocated global unicast addresses of IPv6 (https://www.iana.org/assignments/ipv6-address-space)."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SPECIAL = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip
"""Special-purpose blocks, some of which Python counts as public
(https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry)."""


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a checked URL. `target` is its path with the query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> Origin:
        """The scheme, host and port that a token belongs to."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The host as written in a URL, with the port unless it is the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _usual_port(self.scheme) else f"{host}:{self.port}"

    @property
    def keeps_secrets(self) -> bool:
        """True if nobody on the way can read what is sent: it is encrypted, or stays on this machine."""
        return self.scheme == "https" or self.host in {"127.0.0.1", "::1", "localhost"}


def parse(url: str) -> Target:
    """Parse an http or https link. Raises NetworkError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _unusable() from error
    host = (parts.hostname or "").rstrip(".")
    has_control = any(ord(letter) <= 32 or ord(letter) == 127 for letter in url)
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or has_control:
        raise _unusable()
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise _unusable() from error
    return Target(parts.scheme, host, port or _usual_port(parts.scheme), _path(parts))


def joined(base: Target, link: str) -> Target:
    """Resolve a server's `link` relative to `base`. Raises NetworkError."""
    try:
        return parse(urljoin(f"{base.scheme}://{base.authority}{base.target}", link))
    except (ValueError, NetworkError) as error:
        raise NetworkError(network_texts.REDIRECTS_NOWHERE) from error


def named_server(url: str) -> frozenset[Origin]:
    """Return the server named by a link in the settings; empty if it is no link."""
    try:
        return frozenset({parse(url).origin})
    except NetworkError:
        return frozenset()


def is_public(address: str) -> bool:
    """Return whether an IP address is public; embedded addresses (IPv4 in IPv6) are checked, too."""
    try:
        ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in block for block in _SPECIAL)


def _usual_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _unusable() -> NetworkError:
    return NetworkError(network_texts.ADDRESS_INVALID)
