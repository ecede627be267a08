"""How far a download is, and how fast."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

SPEED_SECONDS = 10.0
"""Over which the speed is taken: short enough to follow the line, long enough to be read."""


class DownloadStage(StrEnum):
    """What a download is busy with. Waiting is for a server that asked for it, or does not answer."""

    ASKING = "asking"
    CHECKING = "checking"
    LOADING = "loading"
    WAITING = "waiting"
    UNPACKING = "unpacking"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadProgress:
    """Bytes that are there, of all; `wait_seconds` until the next try where it is waiting."""

    stage: DownloadStage
    done: int = 0
    total: int = 0
    wait_seconds: float = 0.0


class Speedometer:
    """Bytes a second over the last SPEED_SECONDS, from what was there when."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, seconds: float, done: int) -> None:
        """At `seconds` of a clock that only goes on, `done` bytes were there; fewer than before start it again."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((seconds, done))
        while len(self._seen) > 2 and seconds - self._seen[1][0] >= SPEED_SECONDS:
            self._seen.popleft()

    @property
    def bytes_per_second(self) -> float:
        """0 where too little is known."""
        if len(self._seen) < 2:
            return 0.0
        (start, first), (end, last) = self._seen[0], self._seen[-1]
        return (last - first) / (end - start) if end > start else 0.0
