"""Engine processes as a batch calls them: one call after another, each with its deadline."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.errors import Problem
from app.domain.generation import FinishReason
from app.engine.process.messages import Done, Event, Failed, Loading, Request
from app.services.batch_calls import OPEN_SECONDS, Call, Reply
from app.services.engine import Engine

Ended = Callable[[Reply | Problem], None]
"""Told the reply to a call, or why it could not be made and is to be made again later."""


class Caller(QObject):
    """Does the calls of a batch in the process of `engine`, which may have other work, too."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._request_id: int | None = None
        self._ended: Ended | None = None
        self._reply: list[Event] = []
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.timeout.connect(engine.kill)
        engine.event_received.connect(self._on_event_received)

    @property
    def is_free(self) -> bool:
        """Whether no call is being done."""
        return self._request_id is None

    def do(self, call: Call, ended: Ended) -> None:
        """Do a call; none may be under way."""
        self._ended = ended
        self._request(call.build, call.seconds)

    def give_way(self) -> None:
        """Stop the call that is being done; it ends as stopped."""
        if self._request_id is not None:
            self._engine.cancel(self._request_id)

    def forget(self) -> None:
        """Stop the call that is being done, and tell nobody of its end."""
        self.give_way()
        self._request_id = None
        self._ended = None  # Whoever is told holds this caller: a circle, which any thread might come to collect.
        self._deadline.stop()

    def close(self) -> None:
        """Let the process end."""
        self._engine.close()

    def shut_down(self) -> None:
        """End the process and wait for it."""
        self._engine.shut_down()

    def _request(self, build: Callable[[int], Request], seconds: float) -> None:
        self._reply.clear()
        self._request_id = self._engine.request(build)
        self._deadline.start(int(seconds * 1000))

    def _tell(self, outcome: Reply | Problem) -> None:
        ended, self._ended = self._ended, None
        if ended:
            ended(outcome)

    def _on_reply(self, reply: Reply) -> None:
        self._tell(reply)

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        if event.request_id != self._request_id or isinstance(event, Loading):
            return
        self._reply.append(event)
        if isinstance(event, Done | Failed):
            self._deadline.stop()
            self._request_id = None
            self._on_reply(tuple(self._reply))


class ServerCaller(Caller):
    """Asks a server's model in a process of its own, which is connected by the request `open_server` before a call.

    A process that has ended is connected again by the next call; one that cannot be is a Problem.
    """

    def __init__(self, engine: Engine, open_server: Callable[[int], Request], parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self._open_server = open_server
        self._is_open = False
        self._waiting: Call | None = None
        self._gives_way = False
        engine.died.connect(self._on_died)

    def do(self, call: Call, ended: Ended) -> None:
        """Do a call; none may be under way."""
        self._gives_way = False
        if self._is_open:
            super().do(call, ended)
        else:
            self._ended, self._waiting = ended, call
            self._request(self._open_server, OPEN_SECONDS)

    def give_way(self) -> None:
        """Stop the call that is being done; it ends as stopped."""
        self._gives_way = True
        super().give_way()

    def close(self) -> None:
        """Let the process end."""
        self._is_open = False
        super().close()

    def _on_reply(self, reply: Reply) -> None:
        call, self._waiting = self._waiting, None
        end = reply[-1]
        if call is None:
            self._tell(reply)
        elif isinstance(end, Failed):
            self._tell(end.problem)
        else:
            self._is_open = isinstance(end, Done) and end.reason is FinishReason.COMPLETE
            if self._gives_way or not self._is_open:
                self._tell((Done(end.request_id, FinishReason.STOPPED),))
            else:
                self._request(call.build, call.seconds)

    @Slot(object)
    def _on_died(self, _problem: Problem) -> None:
        self._is_open = False
