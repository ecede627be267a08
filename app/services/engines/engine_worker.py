"""Owns one engine process on a QThread, and reports its events as signals."""

import contextlib
import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.wire import EventEnvelope, RequestEnvelope

_log = logging.getLogger(__name__)


class _Thread(QThread):
    """A thread that runs one callable."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def run(self) -> None:
        """Called by Qt on the thread."""
        self._work()


class EngineWorker(QObject):
    """Runs the process from its start to its end. All methods may be called from any thread.

    `event_arrived` carries an EventEnvelope; `ended` is always emitted, and carries this object with the exit code if
    the process ended by itself, or with None after `close`.
    """

    event_arrived = Signal(EventEnvelope)
    ended = Signal(object, object)  # The worker, whose class is not there yet, and int | None.

    def __init__(self, client: EngineClient, name: str) -> None:
        super().__init__()
        self._client = client
        self._thread = _Thread(self._run)
        self._thread.setObjectName(name)

    @property
    def pid(self) -> int | None:
        """The process's id while it runs, else None."""
        return self._client.pid

    def start(self) -> None:
        """Start the process."""
        self._thread.start()

    def submit(self, request: RequestEnvelope) -> None:
        """Send a request to the process; never blocks."""
        self._client.send(request)

    def close(self) -> None:
        """End the process; `ended` follows."""
        self._client.close()

    def kill(self) -> None:
        """Kill the process, as if it had crashed; `ended` follows."""
        self._client.kill()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, and return whether the process has ended."""
        return self._thread.wait(round(seconds * 1000))

    def _run(self) -> None:
        # Ends within seconds of `close` or `kill`, whatever the process does: the client abandons one that survives a
        # kill, so that this thread is never destroyed while it runs.
        exit_code: int | None = -1
        try:
            for envelope in self._client.events():
                self.event_arrived.emit(envelope)
            exit_code = None
        except EngineDied as death:
            exit_code = death.exit_code if death.exit_code is not None else -1
        except BaseException:  # noqa: BLE001 - the boundary: in any case the process is over, and that is reported
            _log.exception("an engine could not be run")
        finally:
            with contextlib.suppress(RuntimeError):  # An abandoned thread may end after Qt has.
                self.ended.emit(self, exit_code)
