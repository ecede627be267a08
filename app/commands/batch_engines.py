"""Engine processes for a command without an event loop: one call after another, each with its deadline.

Files are decoded in processes of their own here, too: who breaks or hangs its process suffers alone.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from app.domain.errors import EngineError, Problem, ProblemKind
from app.engine.process.backend import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.host import run_engine_process
from app.engine.process.messages import Done, Event, Failed, Loading, Request
from app.services.batch_calls import OPEN_SECONDS, Call, Reply

_Place = tuple[BackendKind, int]
"""A kind of process, and the lane."""
ClientFactory = Callable[[BackendKind], EngineClient]


def run_deaf(kind: BackendKind, connection: Connection) -> None:
    """A child's entry point: Ctrl+C is for the command, which then ends its children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run_engine_process(kind, connection)


def deaf_client(kind: BackendKind) -> EngineClient:
    """A process that leaves Ctrl+C to the command."""
    return EngineClient(kind, run_deaf)


class BatchEngines:
    """One process of each kind, started when it is first called and again after it has died.

    `open_model` is the request that opens the model; of it each lane has a process of its own. Calls of several lanes
    may come from several threads.
    """

    def __init__(self, open_model: Callable[[int], Request], create_client: ClientFactory = deaf_client) -> None:
        self._open_request = open_model
        self._create_client = create_client
        self._running: dict[_Place, tuple[EngineClient, Iterator[Event]]] = {}
        self._locks: dict[_Place, threading.Lock] = {}
        self._ids = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client, events in self._running.values():
            client.close()
            with closing(events):  # type: ignore[type-var]  # A generator, which has its `close`.
                pass
        self._running.clear()

    def call(self, call: Call, lane: int = 0) -> Reply:
        """Do a call and wait for its end. Raises EngineError where the model cannot be opened."""
        place = call.kind, lane if call.kind is BackendKind.MODEL else 0
        with self._locks.setdefault(place, threading.Lock()):
            if call.kind is BackendKind.MODEL and place not in self._running:
                self._open_model(place)
            return self._do(place, call.build, call.seconds)

    def kill(self) -> None:
        """End all processes at once; calls that are being done fail."""
        for client, _events in tuple(self._running.values()):
            client.kill()

    def _open_model(self, place: _Place) -> None:
        reply = self._do(place, self._open_request, OPEN_SECONDS)
        if isinstance(end := reply[-1], Failed):
            raise EngineError(end.problem.what, kept=end.problem.kept, todo=end.problem.todo)

    def _do(self, place: _Place, build: Callable[[int], Request], seconds: float) -> Reply:
        client, events = self._running.get(place) or self._start(place)
        request_id = next(self._ids)
        client.send(build(request_id))
        deadline = threading.Timer(seconds, client.kill)
        deadline.start()
        try:
            return self._wait(request_id, events)
        except EngineDied:
            del self._running[place]
            return (Failed(request_id, Problem(ProblemKind.ENGINE, "The process took too long, or died.")),)
        finally:
            deadline.cancel()
            deadline.join()

    def _wait(self, request_id: int, events: Iterator[Event]) -> Reply:
        reply: list[Event] = []
        for event in events:
            if event.request_id != request_id or isinstance(event, Loading):
                continue
            reply.append(event)
            if isinstance(event, Done | Failed):
                break
        return tuple(reply)

    def _start(self, place: _Place) -> tuple[EngineClient, Iterator[Event]]:
        client = self._create_client(place[0])
        self._running[place] = client, client.events()
        return self._running[place]
