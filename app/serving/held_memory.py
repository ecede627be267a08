"""The memory that requests hold, counted, so that all together stay within a bound."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.serving.api_errors import OVERLOADED, ApiError

RETRY_SECONDS = 5


class HeldMemory:
    """The memory that requests hold together; beyond `max_bytes`, ApiError 429 is raised."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0

    def add(self, count: int) -> None:
        """Count bytes that are about to be held, or, if negative, are no longer."""
        if count > 0 and self._bytes + count > self._max_bytes:
            message = "The images of other requests fill the memory that there is for them. Try again later."
            raise ApiError(429, message, kind=OVERLOADED, code="server_busy", retry_after=RETRY_SECONDS)
        self._bytes += count

    @contextmanager
    def holding(self) -> Iterator["Holding"]:
        """Yield one request's share, which is given back when the block ends."""
        share = Holding(self)
        try:
            yield share
        finally:
            share.add(-share.bytes)


class Holding:
    """What one request holds."""

    def __init__(self, memory: HeldMemory) -> None:
        self._memory = memory
        self.bytes = 0

    def add(self, count: int) -> None:
        """Count bytes that this request is about to hold. Raises ApiError 429 if all hold too much."""
        self._memory.add(count)
        self.bytes += count
