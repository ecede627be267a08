"""A stream of a server's bytes with limits that apply to all of them.

Everything that is read from a server passes through here, below HTTP: headers, chunk sizes and trailers count like the
body. So nothing that a server sends, or withholds, is waited for or stored without a bound.
"""

import http.client
import io
import socket
import time
from collections.abc import Callable
from typing import Any

from app.domain.error_texts import network_texts
from app.domain.errors import NetworkError
from app.network.connector import ConnectionLost

MAX_HEAD_BYTES = 64 * 1024
"""Maximum size of the status line and headers in bytes, including those of preceding 100 Continue responses."""
HEAD_SECONDS = 30.0
"""Maximum time in seconds for the head of a response, in addition to the silence allowed before it."""
MAX_FRAMING_BYTES = 128 * 1024
"""Maximum overhead of one read in bytes: chunk sizes with their extensions, and trailers."""
MIN_SPEED = 1024
"""Minimum speed in bytes per second with `wants_speed`."""
SPEED_SECONDS = 60.0
"""Time in seconds over which the speed is measured."""


class TooLong(NetworkError):
    """The server sent more than is plausible."""

    def __init__(self) -> None:
        super().__init__(network_texts.TOO_LONG)


class TooSlow(ConnectionLost):
    """The connection is so slow that it would never finish."""

    def __init__(self) -> None:
        super().__init__(network_texts.TOO_SLOW)


class LimitedStream(io.RawIOBase):
    """Reads the bytes of `connection` through `raw`. The connection's timeout is the longest silence allowed.

    Reading raises TooLong, TooSlow, and TimeoutError after too long a silence or at the deadline.
    """

    def __init__(
        self, connection: socket.socket, raw: io.RawIOBase, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._raw = raw
        self._clock = clock
        self._silence = connection.gettimeout() or HEAD_SECONDS
        self._left = 0
        self._until: float | None = None
        self._wants_speed = False
        self._measured_bytes, self._measured_seconds = 0, 0.0
        self.allow(MAX_HEAD_BYTES, seconds=self._silence + HEAD_SECONDS)

    def allow(self, count: int, *, seconds: float | None = None, wants_speed: bool = False) -> None:
        """Allow `count` more bytes, within `seconds` if given, and at least at MIN_SPEED if `wants_speed`."""
        self._left = count
        self._until = None if seconds is None else self._clock() + seconds
        self._wants_speed = wants_speed

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any buffer
        """Read the next bytes as soon as there are any."""
        if self._left <= 0:
            raise TooLong
        began = self._clock()
        seconds = self._silence if self._until is None else min(self._silence, self._until - began)
        if seconds <= 0:
            raise TimeoutError
        self._connection.settimeout(seconds)
        count = self._raw.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= count
        self._measure(count, self._clock() - began)
        return count

    def _measure(self, count: int, seconds: float) -> None:
        """Measure the speed; only time spent waiting for bytes counts: a slow disk is not the server's fault."""
        self._measured_bytes += count
        self._measured_seconds += seconds
        if self._measured_seconds < SPEED_SECONDS:
            return
        if self._wants_speed and self._measured_bytes < MIN_SPEED * self._measured_seconds:
            raise TooSlow
        self._measured_bytes, self._measured_seconds = 0, 0.0

    def close(self) -> None:
        """Close the stream and the underlying one."""
        self._raw.close()
        super().close()


class LimitedAnswer(http.client.HTTPResponse):
    """An HTTP response that is read through `stream`."""

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.stream = LimitedStream(sock, self.fp.detach())
        self.fp = io.BufferedReader(self.stream)
