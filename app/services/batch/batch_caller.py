"""Engine processes as a batch uses them: one call after another."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from app.domain.errors import Problem
from app.domain.models.answer_stats import FinishReason
from app.engine.process.messages import Done, Event, Failed, Request, StageProgress
from app.services.batch.batch_calls import BatchCall, Reply
from app.services.engines.engine import Engine, EngineCall, OnEvent

Ended = Callable[[Reply | Problem], None]
"""Called with the reply to a call, or with the reason why it has to be repeated later."""
Send = Callable[[Request, OnEvent], EngineCall]


class BatchCaller(QObject):
    """Makes the calls of a batch by `send`, in a process that may have other work, too."""

    def __init__(self, send: Send, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._send = send
        self._call: EngineCall | None = None
        self._ended: Ended | None = None
        self._reply: list[Event] = []

    @property
    def is_free(self) -> bool:
        """True if no call is in progress."""
        return self._call is None

    def do(self, call: BatchCall, ended: Ended) -> None:
        """Do a call; none may be under way."""
        self._ended = ended
        self._request(call.request)

    @Slot()
    def preempt(self) -> None:
        """Stop the call that is being done; it ends as stopped."""
        if self._call:
            self._call.cancel()

    def discard(self) -> None:
        """Stop the call in progress without reporting its end."""
        if self._call:
            self._call.abandon()
        self._call = self._ended = None

    def _request(self, request: Request) -> None:
        self._reply.clear()
        self._call = self._send(request, self._on_event)

    def _finish(self, outcome: Reply | Problem) -> None:
        ended, self._ended = self._ended, None
        if ended:
            ended(outcome)

    def _on_reply(self, reply: Reply) -> None:
        self._finish(reply)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, StageProgress):
            return
        self._reply.append(event)
        if isinstance(event, Done | Failed):
            self._call = None
            self._on_reply(tuple(self._reply))


class EngineCaller(BatchCaller):
    """Makes the calls of a batch in a process of its own."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(engine.call, parent)
        self._engine = engine

    def close(self) -> None:
        """Let the process end."""
        self._engine.close()

    def shut_down(self) -> None:
        """End the process and wait for it to exit."""
        self._engine.shut_down()


class ServerBatchCaller(EngineCaller):
    """Calls a server's model in a process of its own, which connects with the request `open_server` before a call.

    After its process has ended, the next call connects again; a failure to connect is a Problem.
    """

    def __init__(self, engine: Engine, open_server: Callable[[], Request], parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self._open_server = open_server
        self._is_open = False
        self._waiting: BatchCall | None = None
        self._is_preempted = False
        engine.died.connect(self._on_died)

    def do(self, call: BatchCall, ended: Ended) -> None:
        """Do a call; none may be under way."""
        self._is_preempted = False
        if self._is_open:
            super().do(call, ended)
        else:
            self._ended, self._waiting = ended, call
            self._request(self._open_server())

    def preempt(self) -> None:
        """Stop the call that is being done; it ends as stopped."""
        self._is_preempted = True
        super().preempt()

    def close(self) -> None:
        """Let the process end."""
        self._is_open = False
        super().close()

    def _on_reply(self, reply: Reply) -> None:
        call, self._waiting = self._waiting, None
        end = reply[-1]
        if call is None:
            self._finish(reply)
        elif isinstance(end, Failed):
            self._finish(end.problem)
        else:
            self._is_open = isinstance(end, Done) and end.reason is FinishReason.COMPLETE
            if self._is_preempted or not self._is_open:
                self._finish((Done(FinishReason.STOPPED),))
            else:
                self._request(call.request)

    @Slot(Problem)
    def _on_died(self, _problem: Problem) -> None:
        self._is_open = False
