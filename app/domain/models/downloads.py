"""Progress and speed of downloads."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

SPEED_SECONDS = 10.0
"""Window over which the speed is averaged: short enough to follow the connection, long enough to be read."""


class DownloadStage(StrEnum):
    """The activity of a download. WAITING is for a server that asked for a delay, or does not answer."""

    ASKING = "asking"
    CHECKING = "checking"
    LOADING = "loading"
    WAITING = "waiting"
    UNPACKING = "unpacking"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadProgress:
    """Bytes `done` of `total`; `wait_seconds` until the next try if it is waiting."""

    stage: DownloadStage
    done: int = 0
    total: int = 0
    wait_seconds: float = 0.0


class Speedometer:
    """Measures bytes per second over the last SPEED_SECONDS."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, seconds: float, done: int) -> None:
        """Record `done` bytes at `seconds` of a monotonic clock; fewer bytes than before restart the measurement."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((seconds, done))
        while len(self._seen) > 2 and seconds - self._seen[1][0] >= SPEED_SECONDS:
            self._seen.popleft()

    @property
    def bytes_per_second(self) -> float:
        """Average speed; 0 if there are too few samples."""
        if len(self._seen) < 2:
            return 0.0
        (start, first), (end, last) = self._seen[0], self._seen[-1]
        return (last - first) / (end - start) if end > start else 0.0
