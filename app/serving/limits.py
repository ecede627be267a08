"""The bounds of what clients may send, hold and wait for."""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of a server. All are maxima; `…_seconds` are wall time, `…_bytes` are bytes in memory.

    `held_bytes` is for the bodies and images of all requests together. `waiting_calls` is for each engine process.
    `seen_pixels` is for all images of a request, as their files have them.
    """

    connections: int = 64
    head_seconds: float = 10.0
    stalled_seconds: float = 30.0
    body_bytes: int = 64 * MEGABYTE
    held_bytes: int = 512 * MEGABYTE
    body_gap_seconds: float = 15.0
    body_seconds: float = 120.0
    waiting_calls: int = 16
    images: int = 20
    seen_pixels: int = 200_000_000
    pages: int = 200
    messages: int = 1000
    quiet_seconds: float = 10.0
    """Seconds without any text, after which a stream gets a comment, so that nobody on the way ends it."""


DEFAULT_LIMITS = Limits()
