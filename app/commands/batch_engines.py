"""Engine processes for a command without an event loop: one call after another, each with its deadline.

Files are decoded in processes of their own here, too: who breaks or hangs its process suffers alone.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from app.domain.errors import EngineError, Problem, ProblemKind
from app.domain.generation import LoadOptions
from app.engine.process.backend import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.host import run_engine_process
from app.engine.process.messages import Done, Event, Failed, Loading, OpenModel, Request
from app.paths import default_paths
from app.services.batch_calls import Call, Reply

OPEN_SECONDS = 900.0
ClientFactory = Callable[[BackendKind], EngineClient]


def run_deaf(kind: BackendKind, connection: Connection) -> None:
    """A child's entry point: Ctrl+C is for the command, which then ends its children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run_engine_process(kind, connection)


def deaf_client(kind: BackendKind) -> EngineClient:
    """A process that leaves Ctrl+C to the command."""
    return EngineClient(kind, run_deaf)


class BatchEngines:
    """One process of each kind, started when it is first called and again after it has died; `model` is a folder."""

    def __init__(self, model: str, create_client: ClientFactory = deaf_client) -> None:
        self._model = model
        self._create_client = create_client
        self._running: dict[BackendKind, tuple[EngineClient, Iterator[Event]]] = {}
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

    def call(self, call: Call) -> Reply:
        """Do a call and wait for its end. Raises EngineError where the model cannot be opened."""
        if call.kind is BackendKind.MODEL and call.kind not in self._running:
            self._open_model()
        return self._do(call.kind, call.build, call.seconds)

    def _open_model(self) -> None:
        options = LoadOptions(cache_folder=str(default_paths().converted_weights))
        reply = self._do(BackendKind.MODEL, partial(_open, self._model, options), OPEN_SECONDS)
        if isinstance(end := reply[-1], Failed):
            raise EngineError(end.problem.what, kept=end.problem.kept, todo=end.problem.todo)

    def _do(self, kind: BackendKind, build: Callable[[int], Request], seconds: float) -> Reply:
        client, events = self._running.get(kind) or self._start(kind)
        request_id = next(self._ids)
        client.send(build(request_id))
        deadline = threading.Timer(seconds, client.kill)
        deadline.start()
        try:
            return self._wait(request_id, events)
        except EngineDied:
            del self._running[kind]
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

    def _start(self, kind: BackendKind) -> tuple[EngineClient, Iterator[Event]]:
        client = self._create_client(kind)
        self._running[kind] = client, client.events()
        return self._running[kind]


def _open(folder: str, options: LoadOptions, request_id: int) -> Request:
    return OpenModel(request_id, folder, options)
