"""Which links may be followed, and which addresses may be talked to.

A server may answer with a link to a machine that only this one can reach: a router's page, a cloud's metadata. So only
public addresses are talked to, over https. The exception is the host that the user has named: a mirror on one's own
network is meant to be reached.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from app.domain.errors import NetworkError


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: parts of a URL that has been checked. `target` is its path with the query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a token belongs to."""
        return self.scheme, self.host, self.port

    @property
    def keeps_secrets(self) -> bool:
        """Whether nobody on the way reads what is sent there: it is encrypted, or stays on this machine."""
        return self.scheme == "https" or self.host in {"127.0.0.1", "::1", "localhost"}


def parse(url: str) -> Target:
    """The parts of an http or https link. Raises NetworkError."""
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
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), _path(parts))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public network; those inside others (IPv4 in IPv6) are looked into."""
    try:
        ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _unusable() -> NetworkError:
    return NetworkError("The server's address is not one that can be used.", todo="Check the address in the settings.")
