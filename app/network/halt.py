"""Stopping what another thread does on the network."""

import contextlib
import socket
import sys
import threading

from app.domain.errors import Cancelled


class Halt:
    """`set` may be called from any thread; the one at work then meets Cancelled, also while it waits for bytes."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    @property
    def is_set(self) -> bool:
        """Whether work should end."""
        return self._event.is_set()

    def set(self) -> None:
        """End the work."""
        self._event.set()
        with self._lock:
            if self._socket:
                _break_off(self._socket)

    def check(self) -> None:
        """Raise Cancelled where work should end."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Let time pass; raises Cancelled as soon as work should end."""
        self._event.wait(seconds)
        self.check()

    def watch(self, connection: socket.socket | None) -> None:
        """From now on `set` ends the waiting on this connection, or on none."""
        with self._lock:
            self._socket = connection
        if connection:
            self.check()


def _break_off(connection: socket.socket) -> None:
    """Wake the thread that waits for bytes. Plain sockets' methods: TLS would take its layer away under that thread."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
        if sys.platform == "win32":  # There only closing wakes it.
            socket.close(socket.socket.detach(connection))
