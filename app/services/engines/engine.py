"""One kind of engine process as the GUI thread sees it: started when needed, restarted after a crash.

A caller gets a handle, and only that handle receives the answer: exactly one Done or Failed ends it, even if the
process dies or hangs. Calls are queued here, and one at a time is in the process. A file that crashes or hangs the
images process or the reader process therefore fails only its own call: the calls after it are sent to the next
process, and so is a call that a process has not begun which had ended others before: it died or hung for another
reason. A model is lost with its process, so all of its calls fail then.
"""

import itertools
import sys
import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.error_texts import chat_texts, image_texts
from app.domain.errors import Problem
from app.domain.ids import CallId
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import KILL_SECONDS, SHUTDOWN_SECONDS, EngineClient
from app.engine.process.messages import Cancel, Done, Event, Failed, Heartbeat, Request
from app.engine.process.watchdog import TICK_SECONDS, ProcessHealth, Watchdog
from app.engine.process.wire import EventEnvelope, RequestEnvelope
from app.services.engines.engine_worker import EngineWorker

ClientFactory = Callable[[BackendKind], EngineClient]
OnEvent = Callable[[Event], None]
END_SECONDS = SHUTDOWN_SECONDS + KILL_SECONDS + 0.5
"""Maximum time for a process to end; after that it is abandoned."""


class EngineCall:
    """A request to an engine. Its `on_event` receives every event, the last of which is Done or Failed."""

    def __init__(self, engine: "Engine", request: Request, on_event: OnEvent, deadline: int | None) -> None:
        self.request = request
        self.deadline = deadline
        self.is_cancelled = False
        self._engine = engine
        self._on_event: OnEvent | None = on_event

    @property
    def is_open(self) -> bool:
        """True if the call has not ended."""
        return self._on_event is not None

    def cancel(self) -> None:
        """Cancel cooperatively; the end is still reported, at the event loop's next iteration at the earliest."""
        self._engine.cancel(self)

    def stop(self) -> None:
        """Cancel within seconds: a process that ignores it is ended."""
        self._engine.stop(self)

    def abandon(self) -> None:
        """Cancel, and report no further events."""
        self.cancel()
        self._on_event = None

    def deliver(self, event: Event) -> None:
        """Deliver an event to the handler; called by the engine only."""
        on_event = self._on_event
        if isinstance(event, Done | Failed):
            self._on_event = None  # The handler often holds this call: a reference cycle.
        if on_event is None:
            return
        try:
            on_event(event)
        except Exception:  # noqa: BLE001 - as from a slot: it is reported, and affects no other call
            sys.excepthook(*sys.exc_info())


class Engine(QObject):
    """Sends requests to a process of one kind.

    `died` carries a Problem, after the ends of the calls that failed with it. `silence_changed` reports whether a
    working process sends no heartbeat; it may recover. `became_idle` follows the end of the last open call.
    """

    died = Signal(Problem)
    silence_changed = Signal(bool)
    became_idle = Signal()

    def __init__(
        self, kind: BackendKind, create_client: ClientFactory = EngineClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._create_client = create_client
        self._worker: EngineWorker | None = None
        self._watchdog = Watchdog(kind)
        self._is_silent = self._is_shut = False
        self._has_ended_calls = self._has_begun = False
        """Whether the process has ended a call before, and whether it has begun the current one."""
        self._ending: list[EngineWorker] = []
        self._call_ids = itertools.count(1)
        self._current: tuple[CallId, EngineCall] | None = None
        self._waiting: deque[EngineCall] = deque()
        self._stopped: deque[EngineCall] = deque()
        """Calls that never reached the process, and whose ends have not been reported yet."""
        self._ticks = QTimer(self)
        self._ticks.setInterval(round(TICK_SECONDS * 1000))
        self._ticks.timeout.connect(self.tick)

    @property
    def pid(self) -> int | None:
        """The process's id while there is one, else None."""
        return self._worker.pid if self._worker else None

    @property
    def is_busy(self) -> bool:
        """True if a call is open."""
        return bool(self._current or self._waiting or self._stopped)

    def call(self, request: Request, on_event: OnEvent, *, deadline: int | None = None) -> EngineCall:
        """Send a request when the calls before it have ended, starting the process if there is none.

        If `deadline` seconds pass without an event of the call, the process is ended and the call fails; the default is
        that of MAX_TICKS for its kind of request. `on_event` is never called before this returns.
        """
        call = EngineCall(self, request, on_event, deadline)
        if self._is_shut:  # The request was made while the application was closing.
            self._end_stopped(call)
        else:
            self._waiting.append(call)
            self._send_next()
        return call

    def cancel(self, call: EngineCall) -> None:
        """See EngineCall.cancel."""
        if not call.is_open or call.is_cancelled:
            return
        call.is_cancelled = True
        if self._current and self._current[1] is call:
            if self._worker:
                self._worker.submit(RequestEnvelope(self._current[0], Cancel()))
        elif call in self._waiting:  # Else its end is about to be reported, with those of other calls.
            self._waiting.remove(call)
            self._end_stopped(call)

    def stop(self, call: EngineCall) -> None:
        """See EngineCall.stop. A call that was cancelled before and still blocks the process has to end, too."""
        self.cancel(call)
        if self._current and self._current[1].is_cancelled:
            self._watchdog.stop()

    def close(self) -> None:
        """End the process, without waiting for it; open calls end as stopped."""
        calls = [*self._leave_process(kills=self._is_silent), *self._waiting, *self._stopped]
        self._waiting.clear()
        self._stopped.clear()
        self._stop_all(calls)

    def shut_down(self) -> None:
        """End the process and wait for it, at most END_SECONDS; no other is started."""
        self._is_shut = True
        self.close()
        deadline = time.monotonic() + END_SECONDS
        for worker in self._ending:
            worker.wait(max(0.0, deadline - time.monotonic()))
        self._remove_ended()

    @Slot()
    def tick(self) -> None:
        """Count a tick of the watchdog; called every TICK_SECONDS while a call is open."""
        match self._watchdog.tick():
            case ProcessHealth.IGNORES_CANCEL:
                self._lose_process(chat_texts.ENGINE_IGNORES_CANCEL.problem(), kills=True)
            case ProcessHealth.HUNG:
                text = image_texts.TOOK_TOO_LONG if self._kind in _SILENT else chat_texts.ENGINE_HUNG
                if self._watchdog.is_silent:
                    text = _SILENT.get(self._kind, text)
                self._lose_process(text.problem(), kills=True)
            case health:
                self._set_silent(is_silent=health is ProcessHealth.UNRESPONSIVE)

    def _send_next(self) -> None:
        if self._current or not self._waiting:
            return
        call = self._waiting.popleft()
        self._current = CallId(next(self._call_ids)), call
        self._has_begun = False
        worker = self._worker or self._start()
        self._watchdog.begin(call.request, call.deadline)
        if not self._ticks.isActive():
            self._ticks.start()
        worker.submit(RequestEnvelope(self._current[0], call.request))

    def _start(self) -> EngineWorker:
        worker = EngineWorker(self._create_client(self._kind), self._kind.value)
        worker.event_arrived.connect(self._on_event_arrived)
        worker.ended.connect(self._on_ended)
        worker.start()
        self._worker = worker
        return worker

    def _end_stopped(self, call: EngineCall) -> None:
        """End a call that never reached the process, after the caller has returned to the event loop."""
        self._stopped.append(call)
        QTimer.singleShot(0, self, self._end_all_stopped)

    def _leave_process(self, *, kills: bool) -> list[EngineCall]:
        """Abandon the process, if there is one; return the call that it was working on, if any."""
        if self._worker and kills:
            self._worker.kill()
        elif self._worker:
            self._worker.close()
        return self._detach_process()

    def _detach_process(self) -> list[EngineCall]:
        calls = [self._current[1]] if self._current else []
        if self._worker:
            self._ending.append(self._worker)
        self._worker = self._current = None
        self._has_ended_calls = False
        self._watchdog = Watchdog(self._kind)
        self._ticks.stop()
        self._set_silent(is_silent=False)
        return calls

    def _lose_process(self, problem: Problem, *, kills: bool) -> None:
        """Give up a process that hangs or has died; the call that it was working on fails unless it never began it."""
        is_innocent = self._has_ended_calls and not self._has_begun and not self._kind.answers
        calls = self._leave_process(kills=True) if kills else self._detach_process()
        if is_innocent and calls and not calls[0].is_cancelled:
            self._waiting.appendleft(calls.pop())
        self._fail(calls, problem)

    def _set_silent(self, *, is_silent: bool) -> None:
        if is_silent is not self._is_silent:
            self._is_silent = is_silent
            self.silence_changed.emit(is_silent)

    def _fail(self, calls: list[EngineCall], problem: Problem) -> None:
        """Fail the calls that were lost with a process, `calls` first, and continue with those that another can do."""
        if self._kind.answers:
            calls.extend(self._waiting)
            self._waiting.clear()
        for call in calls:
            call.deliver(Done(FinishReason.STOPPED) if call.is_cancelled else Failed(problem))
        self.died.emit(problem)
        self._send_next()
        self._emit_if_idle()

    def _stop_all(self, calls: list[EngineCall]) -> None:
        for call in calls:
            call.deliver(Done(FinishReason.STOPPED))
        if calls:
            self._emit_if_idle()

    def _emit_if_idle(self) -> None:
        if not self.is_busy:
            self.became_idle.emit()

    def _remove_ended(self) -> None:
        self._ending = [worker for worker in self._ending if not worker.wait(0)]

    @Slot()
    def _end_all_stopped(self) -> None:
        calls = list(self._stopped)
        self._stopped.clear()
        self._stop_all(calls)

    @Slot(EventEnvelope)
    def _on_event_arrived(self, envelope: EventEnvelope) -> None:
        self._set_silent(is_silent=False)
        event = envelope.body
        if self._current and self._current[0] == envelope.call_id:
            self._has_begun = True
        if isinstance(event, Heartbeat):
            self._watchdog.notice(event)
        elif self._current and self._current[0] == envelope.call_id:
            call = self._current[1]
            self._watchdog.notice(event)
            is_over = isinstance(event, Done | Failed)
            if is_over:
                self._current, self._has_ended_calls = None, True
            call.deliver(event)
            if is_over:
                self._continue()

    def _continue(self) -> None:
        self._send_next()
        if self._current is None:
            self._ticks.stop()
        self._emit_if_idle()

    @Slot(object, object)  # As the signal has it.
    def _on_ended(self, worker: EngineWorker, exit_code: int | None) -> None:
        self._remove_ended()
        if worker is not self._worker or exit_code is None:
            return
        self._lose_process(_ended_problem(exit_code, self._kind), kills=False)


_SILENT = {BackendKind.IMAGES: chat_texts.IMAGES_HUNG, BackendKind.READER: chat_texts.READER_HUNG}
"""The problems of such processes that send no heartbeat: no fault of a file."""
_ENDS = {
    BackendKind.IMAGES: (chat_texts.IMAGES_KILLED, chat_texts.IMAGES_EXITED),
    BackendKind.READER: (chat_texts.READER_KILLED, chat_texts.READER_EXITED),
}
"""The problems of processes that do not answer questions, and that the next request starts again."""


def _ended_problem(exit_code: int, kind: BackendKind) -> Problem:
    """Return the problem of a process that ended; only one that answers questions waits to be restarted."""
    killed, exited = _ENDS.get(kind, (chat_texts.ENGINE_KILLED, chat_texts.ENGINE_EXITED))
    return killed.problem(signal=-exit_code) if exit_code < 0 else exited.problem(code=exit_code)
