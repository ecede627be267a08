"""Connections: resolving a name, refusing addresses that are not public, and TLS."""

import queue
import socket
import ssl
import threading
from collections.abc import Callable

import truststore

from app.domain.error_texts import network_texts
from app.domain.errors import NetworkError
from app.network.addresses import Target, is_public
from app.network.cancel_token import CancelToken
from app.network.listening_socket import is_loopback

CONNECT_SECONDS = 20.0
STALL_SECONDS = 30.0
"""Time in seconds without a byte after which a connection counts as lost."""
LOOK_SECONDS = 0.1
MAX_ADDRESSES = 8
"""Maximum number of a name's addresses that are tried; more would take too long."""
Resolve = Callable[[str, int], list[str]]
"""Resolves a host and a port to addresses; raises OSError."""


class ConnectionLost(NetworkError):
    """The connection failed, ended early or stalled; a retry may succeed."""


def look_up(host: str, port: int) -> list[str]:
    """Resolve a name with the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Connector:
    """Opens sockets. It connects to the address that was checked, even if the name resolves differently later."""

    def __init__(self, resolve: Resolve, connect_seconds: float, stall_seconds: float) -> None:
        self._resolve = resolve
        self._connect_seconds = connect_seconds
        self._stall_seconds = stall_seconds

    def connect(self, target: Target, cancel_token: CancelToken, *, is_named: bool) -> socket.socket:
        """Connect to `target`, encrypted for https; a host that the user has named may be private.

        Resolves the name and connects on a thread of its own: neither can be interrupted, only abandoned. Raises
        ConnectionLost, NetworkError, Cancelled.
        """
        results: queue.SimpleQueue[socket.socket | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                results.put(self._connect(target, is_named=is_named))
            except Exception as error:  # noqa: BLE001 - the waiting thread must receive any error
                results.put(error)

        thread = threading.Thread(target=work, name="connect", daemon=True)
        thread.start()
        result = self._wait(results, target, cancel_token)
        thread.join()  # It has nothing left to do.
        if isinstance(result, NetworkError):
            try:
                raise result
            finally:
                del result  # Its traceback refers to this frame: a cycle, which keeps all callers' objects alive.
        if isinstance(result, ssl.SSLCertVerificationError):
            raise NetworkError(network_texts.UNVERIFIED, host=target.host) from result
        if isinstance(result, Exception):
            raise _unreachable(target) from result
        return result

    def _wait(
        self, results: "queue.SimpleQueue[socket.socket | Exception]", target: Target, cancel_token: CancelToken
    ) -> socket.socket | Exception:
        waited = 0.0
        while waited < 2 * self._connect_seconds:
            try:
                return results.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                waited += LOOK_SECONDS
                cancel_token.check()
        raise _unreachable(target)

    def _connect(self, target: Target, *, is_named: bool) -> socket.socket:
        addresses = self._resolve(target.host, target.port)
        allowed = [address for address in addresses if is_named or is_public(address)]
        if addresses and not allowed:
            raise NetworkError(network_texts.REDIRECTS_INSIDE)
        failure: OSError = OSError("no address")
        for address in allowed[:MAX_ADDRESSES]:
            try:
                plain = socket.create_connection((address, target.port), self._connect_seconds)
            except OSError as error:
                failure = error
            else:
                return self._secured(plain, target)
        try:
            raise failure
        finally:
            del failure  # As above.

    def _secured(self, plain: socket.socket, target: Target) -> socket.socket:
        if target.scheme == "http":
            plain.settimeout(self._stall_seconds)
            return plain
        try:
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            secured = context.wrap_socket(plain, server_hostname=target.host)
        except (OSError, ValueError):
            plain.close()
            raise
        secured.settimeout(self._stall_seconds)
        return secured


def _unreachable(target: Target) -> ConnectionLost:
    if is_loopback(target.host):
        return ConnectionLost(network_texts.NO_SERVER_HERE, port=str(target.port))
    return ConnectionLost(network_texts.UNREACHABLE, host=target.host)
