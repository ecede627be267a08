"""Makes the socket on which `lorgnette serve` waits for programs: nothing else in Lorgnette listens on a network."""

import ipaddress
import socket
import sys

from app.domain.error_texts import serving_texts
from app.domain.errors import NetworkError

ListeningSocket = socket.socket
LOOPBACK = "127.0.0.1"
BACKLOG = 64
"""Maximum number of connections that wait to be accepted."""


def is_loopback(host: str) -> bool:
    """Return whether only programs on this machine reach `host`, an IP address or "localhost"."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def listening_socket(host: str, port: int) -> ListeningSocket:
    """Return a socket that listens on an IP address and a port, any free one for 0. Raises NetworkError."""
    address = ipaddress.ip_address(LOOPBACK if host == "localhost" else host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # There it would let another program take the port over.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((str(address), port))
        listening.listen(BACKLOG)
        listening.settimeout(0.0)
    except OSError as error:
        listening.close()
        raise NetworkError(
            serving_texts.NOT_LISTENING, address=authority(host, port), error=error.strerror or str(error)
        ) from error
    return listening


def authority(host: str, port: int) -> str:
    """Return host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
