"""Cancellation of another thread's network operations."""

import contextlib
import socket
import sys
import threading

from app.domain.errors import Cancelled


class CancelToken:
    """Cancels a thread's work: `set` may be called from any thread; Cancelled is raised even in a blocking read."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    @property
    def is_set(self) -> bool:
        """True if the work is cancelled."""
        return self._event.is_set()

    def set(self) -> None:
        """Cancel the work."""
        self._event.set()
        with self._lock:
            if self._socket:
                _break_off(self._socket)

    def check(self) -> None:
        """Raise Cancelled if the work is cancelled."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Sleep; raises Cancelled as soon as the work is cancelled."""
        self._event.wait(seconds)
        self.check()

    def watch(self, connection: socket.socket | None) -> None:
        """Let `set` interrupt a blocking read of this connection from now on; None for no connection."""
        with self._lock:
            self._socket = connection
        if connection:
            self.check()


def _break_off(connection: socket.socket) -> None:
    """Wake the thread that waits for bytes, with the plain socket's methods: TLS would unwrap its layer under it."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
        if sys.platform == "win32":  # On Windows, only closing wakes it.
            socket.close(socket.socket.detach(connection))
