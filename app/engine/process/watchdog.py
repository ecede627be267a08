"""Watchdog of an engine process: judges by its events whether it still works.

A working process sends a Heartbeat every second, from a separate thread: one that is stopped, swapped out or deadlocked
does not. Progress of the work itself shows in the request's own events, or in its end, for which each kind of request
has a deadline.

Time is counted in ticks of a timer in the watching process: after the machine was asleep, or the watcher was itself
stopped for minutes, those ticks are missing, so a process that slept too is not considered dead.
"""

from enum import Enum, auto

from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    Ask,
    CropImage,
    Done,
    DrawPage,
    Event,
    Failed,
    FindServers,
    Heartbeat,
    ListModels,
    OpenModel,
    OpenServer,
    Prefill,
    ProbeImage,
    ReadImage,
    ReadText,
    Request,
    ShowPage,
    UseDiskCache,
    WritePdf,
)

TICK_SECONDS = 1.0
HEARTBEAT_WARNING_TICKS = 10
"""Number of ticks without any event after which a working process counts as unresponsive."""
START_GRACE_TICKS = 20
"""Additional ticks for a process that is being started, possibly from a slow disk."""
CANCEL_TIMEOUT_TICKS = 3
"""Number of ticks in which cancelled work must end."""
HEARTBEAT_TIMEOUT_TICKS = {
    BackendKind.IMAGES: HEARTBEAT_WARNING_TICKS,
    BackendKind.READER: HEARTBEAT_WARNING_TICKS,
    BackendKind.MODEL: 120,
    BackendKind.SERVER: HEARTBEAT_WARNING_TICKS,
}
"""Number of ticks without any event after which a process is killed.

A model's runtime may hold the GIL while a slow disk reads.
"""
MAX_TICKS = {
    ProbeImage: 30,
    CropImage: 30,
    DrawPage: 30,
    ShowPage: 30,
    ReadText: 120,
    ReadImage: 120,
    WritePdf: 300,
    OpenModel: 900,
    OpenServer: 900,
    UseDiskCache: 120,
    ListModels: 900,
    FindServers: 120,
    Ask: 1800,
    Prefill: 1800,
}
"""Maximum number of ticks that a request may take without an event of its own: its deadline."""


class ProcessHealth(Enum):
    """The health of a process. Processes in the last two states are to be killed."""

    HEALTHY = auto()
    UNRESPONSIVE = auto()
    HUNG = auto()
    IGNORES_CANCEL = auto()
    """It continues to work and ignores Stop."""


class Watchdog:
    """Follows one process, which serves one request at a time."""

    def __init__(self, kind: BackendKind) -> None:
        self._heartbeat_timeout = HEARTBEAT_TIMEOUT_TICKS[kind]
        self._max_ticks: int | None = None
        self._is_stopped = False
        self._ticks_since_event = -START_GRACE_TICKS
        self._ticks_since_progress = self._ticks_since_stop = 0

    @property
    def is_silent(self) -> bool:
        """True if no event has arrived for so long that the process is to be killed, whatever it works on."""
        return self._ticks_since_event >= self._heartbeat_timeout

    def begin(self, request: Request, max_ticks: int | None = None) -> None:
        """Record a request that is being sent; its deadline is `max_ticks`, by default MAX_TICKS of its kind."""
        self._max_ticks = max_ticks or MAX_TICKS[type(request)]
        self._is_stopped = False
        self._ticks_since_progress, self._ticks_since_event = 0, min(self._ticks_since_event, 0)

    def stop(self) -> None:
        """Record that the request must end within CANCEL_TIMEOUT_TICKS."""
        if self._max_ticks is not None and not self._is_stopped:
            self._is_stopped, self._ticks_since_stop = True, 0

    def notice(self, event: Event) -> None:
        """Record an event of the request, or a Heartbeat."""
        self._ticks_since_event = 0
        if isinstance(event, Heartbeat):
            return
        self._ticks_since_progress = 0
        if isinstance(event, Done | Failed):
            self._max_ticks = None

    def tick(self) -> ProcessHealth:
        """Count a tick and return the health."""
        if self._max_ticks is None:
            return ProcessHealth.HEALTHY
        self._ticks_since_event += 1
        self._ticks_since_progress += 1
        self._ticks_since_stop += 1
        if self._is_stopped and self._ticks_since_stop > CANCEL_TIMEOUT_TICKS:
            return ProcessHealth.IGNORES_CANCEL
        if self.is_silent or self._ticks_since_progress > self._max_ticks:
            return ProcessHealth.HUNG
        return (
            ProcessHealth.UNRESPONSIVE if self._ticks_since_event >= HEARTBEAT_WARNING_TICKS else ProcessHealth.HEALTHY
        )
