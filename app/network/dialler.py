"""Connections: looking up a name, refusing addresses that are not public, and TLS."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable

import truststore

from app.domain.errors import NetworkError
from app.network.addresses import Target, is_public
from app.network.halt import Halt

CONNECT_SECONDS = 20.0
STALL_SECONDS = 30.0
"""Without a byte, after which a connection counts as lost."""
LOOK_SECONDS = 0.1
Resolve = Callable[[str, int], list[str]]
"""The addresses of a host and a port; raises OSError."""


class ConnectionLost(NetworkError):
    """There was no connection, or it ended early, or nothing came any more: worth another try."""


def look_up(host: str, port: int) -> list[str]:
    """The addresses that the system knows for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Dialler:
    """Makes sockets. The address that was checked is the one that is connected to, whatever the name says later."""

    def __init__(self, resolve: Resolve, connect_seconds: float, stall_seconds: float) -> None:
        self._resolve = resolve
        self._connect_seconds = connect_seconds
        self._stall_seconds = stall_seconds

    def dial(self, target: Target, halt: Halt, *, is_named: bool) -> socket.socket:
        """A connection to `target`, encrypted where it is https; a host that the user has named may be private.

        Names are looked up and connections made on a thread of their own: neither can be stopped, only left. Raises
        ConnectionLost, NetworkError, Cancelled.
        """
        made: queue.SimpleQueue[socket.socket | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                made.put(self._dial(target, is_named=is_named))
            except (OSError, ValueError, NetworkError) as error:
                made.put(error)

        thread = threading.Thread(target=work, name="dial", daemon=True)
        thread.start()
        result = self._wait(made, target, halt)
        thread.join()  # It has nothing left to do.
        if isinstance(result, NetworkError):
            raise result
        if isinstance(result, ssl.SSLCertVerificationError):
            raise NetworkError(
                f"The server {target.host} could not prove who it is, so nothing was sent.",
                todo="Check the clock of this machine and the server's address.",
            ) from result
        if isinstance(result, Exception):
            raise _unreachable(target) from result
        return result

    def _wait(
        self, made: "queue.SimpleQueue[socket.socket | Exception]", target: Target, halt: Halt
    ) -> socket.socket | Exception:
        waited = 0.0
        while waited < 2 * self._connect_seconds:
            try:
                return made.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                waited += LOOK_SECONDS
                halt.check()
        raise _unreachable(target)

    def _dial(self, target: Target, *, is_named: bool) -> socket.socket:
        addresses = self._resolve(target.host, target.port)
        allowed = [address for address in addresses if is_named or is_public(address)]
        if addresses and not allowed:
            raise NetworkError("The server sends us to an address that is not public.", kept="Nothing was sent there.")
        failure: OSError = OSError("no address")
        for address in allowed:
            try:
                plain = socket.create_connection((address, target.port), self._connect_seconds)
            except OSError as error:
                failure = error
            else:
                return self._secured(plain, target)
        raise failure

    def _secured(self, plain: socket.socket, target: Target) -> socket.socket:
        if target.scheme == "http":
            plain.settimeout(self._stall_seconds)
            return plain
        try:
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made = context.wrap_socket(plain, server_hostname=target.host)
        except (OSError, ValueError):
            plain.close()
            raise
        made.settimeout(self._stall_seconds)
        return made


def _unreachable(target: Target) -> ConnectionLost:
    return ConnectionLost(
        f"The server {target.host} could not be reached.", todo="Check the network connection, then try again."
    )
