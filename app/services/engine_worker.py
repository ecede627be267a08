"""Owns one engine process on a QThread, and speaks signals."""

from PySide6.QtCore import QObject, Signal, Slot

from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.messages import Request


class EngineWorker(QObject):
    """Lives on its own thread for as long as the process does.

    `submit` and `close` may be called from any thread. `event_arrived` carries an Event; `ended` carries the exit
    code where the process ended without having been asked to, and None after `close`.
    """

    event_arrived = Signal(object)
    ended = Signal(object)

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self._client = client

    def submit(self, request: Request) -> None:
        """Send a request to the process; never blocks."""
        self._client.send(request)

    def close(self) -> None:
        """End the process; `ended` follows."""
        self._client.close()

    def kill(self) -> None:
        """End the process at once, as if it had crashed; `ended` follows."""
        self._client.kill()

    @Slot()
    def run(self) -> None:
        """Start the process and pass on its events until it ends. Blocks this object's thread."""
        exit_code: int | None = None
        try:
            for event in self._client.events():
                self.event_arrived.emit(event)
        except EngineDied as death:
            exit_code = death.exit_code if death.exit_code is not None else -1
        self.ended.emit(exit_code)
        self.thread().quit()
