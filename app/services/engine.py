"""One kind of engine process as the GUI thread sees it: started when needed, restarted after a death.

Every request ends with exactly one Done or Failed, also when the process dies under it, and events of requests that
are no longer open are dropped here, so that nobody else has to think about either.
"""

import itertools
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.domain.errors import Problem, ProblemKind
from app.domain.generation import FinishReason
from app.engine.process.backend import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.messages import Cancel, Done, Event, Failed, Request
from app.services.engine_worker import EngineWorker

ClientFactory = Callable[[BackendKind], EngineClient]


class Engine(QObject):
    """Sends requests to a process of one kind and emits their events.

    `event_received` carries an Event whose request is open. `died` carries a Problem, after the Failed events of
    everything that was open.
    """

    event_received = Signal(object)
    died = Signal(object)
    _request_ids = itertools.count(1)

    def __init__(
        self, kind: BackendKind, create_client: ClientFactory = EngineClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._create_client = create_client
        self._worker: EngineWorker | None = None
        self._thread: QThread | None = None
        self._open: set[int] = set()
        self._ending: list[tuple[QThread, EngineWorker]] = []

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._worker is not None

    @property
    def is_busy(self) -> bool:
        """Whether a request is open."""
        return bool(self._open)

    def request(self, build: Callable[[int], Request]) -> int:
        """Send the request that `build` makes from a fresh id, starting the process where there is none."""
        request_id = next(self._request_ids)
        self._open.add(request_id)
        worker = self._worker or self._start()
        worker.submit(build(request_id))
        return request_id

    def cancel(self, request_id: int) -> None:
        """Ask for an open request to be stopped; it still ends with Done or Failed."""
        if self._worker and request_id in self._open:
            self._worker.submit(Cancel(request_id))

    def kill(self) -> None:
        """End the process at once; open requests fail, and `died` is emitted."""
        if self._worker:
            self._worker.kill()

    def close(self) -> None:
        """Let the process end, without waiting for it; open requests end as stopped."""
        if self._worker and self._thread:
            self._worker.event_arrived.disconnect(self._on_event_arrived)
            self._worker.ended.disconnect(self._on_ended)
            self._worker.close()
        for request_id in self._forget():
            self.event_received.emit(Done(request_id, FinishReason.STOPPED))

    def shut_down(self) -> None:
        """End the process and wait for it, seconds at most."""
        self.close()
        for thread, _worker in self._ending:
            thread.wait()
        self._on_thread_finished()

    def _start(self) -> EngineWorker:
        thread = QThread(self)
        thread.setObjectName(self._kind.value)
        worker = EngineWorker(self._create_client(self._kind))
        worker.moveToThread(thread)
        thread.started.connect(worker.run)
        worker.event_arrived.connect(self._on_event_arrived)
        worker.ended.connect(self._on_ended)
        thread.finished.connect(self._on_thread_finished)
        self._worker, self._thread = worker, thread
        thread.start()
        return worker

    def _forget(self) -> list[int]:
        """Give up the process and return what was open."""
        open_requests = sorted(self._open)
        if self._worker and self._thread:
            self._ending.append((self._thread, self._worker))
        self._worker = self._thread = None
        self._open.clear()
        return open_requests

    @Slot()
    def _on_thread_finished(self) -> None:
        for pair in [pair for pair in self._ending if pair[0].isFinished()]:
            self._ending.remove(pair)
            for ended in pair:
                ended.deleteLater()

    @Slot(object)
    def _on_event_arrived(self, event: Event) -> None:
        if event.request_id not in self._open:
            return
        if isinstance(event, Done | Failed):
            self._open.discard(event.request_id)
        self.event_received.emit(event)

    @Slot(object)
    def _on_ended(self, exit_code: int) -> None:
        open_requests = self._forget()
        problem = Problem(
            ProblemKind.ENGINE,
            f"The engine stopped unexpectedly ({_exit_words(exit_code)}).",
            "The chat and the answer so far are kept.",
            "Restart the engine and ask again.",
        )
        for request_id in open_requests:
            self.event_received.emit(Failed(request_id, problem))
        self.died.emit(problem)


def _exit_words(exit_code: int) -> str:
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
