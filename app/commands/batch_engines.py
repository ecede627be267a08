"""Engine processes for a command without an event loop: one call after another, each under a watchdog.

Files are decoded in separate processes here, too: a file that crashes or hangs its process affects nothing else.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from app.commands.loading import load_options
from app.domain.error_texts import command_texts
from app.domain.errors import EngineError
from app.domain.ids import CallId
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.host import run_engine_process
from app.engine.process.messages import Done, Event, Failed, Heartbeat, Request, StageProgress
from app.engine.process.watchdog import TICK_SECONDS, ProcessHealth, Watchdog
from app.engine.process.wire import EventEnvelope, RequestEnvelope
from app.services.batch.batch_calls import BatchCall, Reply

_WorkerKey = tuple[BackendKind, int]
"""A kind of process, and the index of the worker."""
ClientFactory = Callable[[BackendKind], EngineClient]
_LOST: Reply = (Failed(command_texts.PROCESS_ENDED.problem()),)
_NOT_BEGUN: Reply = ()


def run_ignoring_sigint(kind: BackendKind, connection: Connection, writes: tuple[str, ...] = ()) -> None:
    """Run a child process that ignores Ctrl+C: that is for the command, which then ends its children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run_engine_process(kind, connection, writes)


def client_ignoring_sigint(kind: BackendKind) -> EngineClient:
    """Return a client whose process leaves Ctrl+C to the command."""
    return EngineClient(kind, partial(run_ignoring_sigint, writes=(load_options().cache_folder,)))


class BatchEngines:
    """The processes of a batch, started with their first call and again after they have died.

    `open_model` returns the request that opens the model in a process of the kind `answering`. Workers share one local
    model and `readers` processes that decode and read images; each has its own connection to a server. Several workers
    may call from several threads.
    """

    def __init__(
        self,
        open_model: Callable[[], Request],
        create_client: ClientFactory = client_ignoring_sigint,
        *,
        answering: BackendKind = BackendKind.MODEL,
        readers: int = 1,
    ) -> None:
        self._open_request = open_model
        self._answering = answering
        self._readers = readers
        self._create_client = create_client
        self._running: dict[_WorkerKey, tuple[EngineClient, Iterator[EventEnvelope]]] = {}
        self._locks: dict[_WorkerKey, threading.Lock] = {}
        self._ids = count(1)
        self._is_killed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes, and give their memory back; the next call starts new ones."""
        for client, events in self._running.values():
            client.close()
            with closing(events):  # type: ignore[type-var]  # A generator, which has its `close`.
                pass
        self._running.clear()

    def call(self, call: BatchCall, worker: int = 0) -> Reply:
        """Make a call and wait for its result. Raises EngineError if the model cannot be opened."""
        key = self._key(call.kind, worker)
        with self._locks.setdefault(key, threading.Lock()):
            if call.kind is BackendKind.MODEL and key not in self._running:
                self._open_model(key)
            return self._do(key, call.request)

    def _key(self, kind: BackendKind, worker: int) -> _WorkerKey:
        if kind is not BackendKind.MODEL:
            return kind, worker % self._readers
        return self._answering, worker if self._answering is BackendKind.SERVER else 0

    def kill(self) -> None:
        """Kill all processes immediately; calls in progress fail, and so do later ones."""
        self._is_killed = True
        for client, _events in tuple(self._running.values()):
            client.kill()

    def _open_model(self, key: _WorkerKey) -> None:
        reply = self._do(key, self._open_request())
        if isinstance(end := reply[-1], Failed):
            raise EngineError(end.problem)

    def _do(self, key: _WorkerKey, request: Request) -> Reply:
        """Make a call; if a process that was idle dies or hangs before it begins it, a new one gets it."""
        was_idle = key in self._running and not key[0].answers
        reply = self._try(key, request)
        if reply == _NOT_BEGUN and was_idle:
            reply = self._try(key, request)
        return _LOST if reply == _NOT_BEGUN else reply

    def _try(self, key: _WorkerKey, request: Request) -> Reply:
        """Make a call; return _NOT_BEGUN if its process was lost before it began."""
        if self._is_killed:
            return _LOST
        client, events = self._running.get(key) or self._start(key)
        call_id = CallId(next(self._ids))
        watchdog = Watchdog(key[0])
        watchdog.begin(request)
        client.send(RequestEnvelope(call_id, request))
        reply: list[Event] = []
        has_begun = False
        try:
            with _watched(client, watchdog):
                for envelope in events:
                    event = envelope.body
                    watchdog.notice(event)
                    has_begun = has_begun or envelope.call_id == call_id
                    if envelope.call_id == call_id and not isinstance(event, StageProgress | Heartbeat):
                        reply.append(event)
                    if reply and isinstance(reply[-1], Done | Failed):
                        return tuple(reply)
        except (EngineDied, OSError, RuntimeError):  # It died, was killed, or could not be started.
            del self._running[key]
        return _LOST if has_begun else _NOT_BEGUN

    def _start(self, key: _WorkerKey) -> tuple[EngineClient, Iterator[EventEnvelope]]:
        client = self._create_client(key[0])
        self._running[key] = client, client.events()
        if self._is_killed:  # Meanwhile.
            client.kill()
        return self._running[key]


@contextmanager
def _watched(client: EngineClient, watchdog: Watchdog) -> Iterator[None]:
    """Kill the process if it hangs inside the `with` block."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(TICK_SECONDS):
            if watchdog.tick() is ProcessHealth.HUNG:
                client.kill()
                return

    thread = threading.Thread(target=watch, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
