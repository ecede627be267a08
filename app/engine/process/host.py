"""The child's side: one thread receives, one sends heartbeats, the main thread serves requests.

Receiving never waits for work, so a Cancel is seen while its request runs. A broken pipe means that the parent is gone,
so the child exits immediately: no orphan holds the memory of a model.

Whatever a request, a backend or an event raises ends only that request, as Failed; what cannot even be reported ends
the process, which the parent notices.
"""

import contextlib
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from app.domain.error_texts import engine_texts
from app.domain.errors import Cancelled, Problem, UserError
from app.domain.ids import CallId
from app.domain.models.answer_stats import FinishReason
from app.domain.redacting_log import RedactingFormatter, log_uncaught
from app.engine.process import descriptor_passing, wire
from app.engine.process.backend_kinds import Backend, BackendKind, create_backend
from app.engine.process.messages import Cancel, Done, Event, Failed, Heartbeat, Request, Shutdown
from app.engine.process.native_output import discard_native_output
from app.engine.process.watchdog import TICK_SECONDS
from app.engine.process.wire import NO_CALL, EventEnvelope, RequestEnvelope

_UNREADABLE_REQUEST = 70
"""Exit code of a process that received an undecodable request: EX_SOFTWARE of BSD's sysexits.h."""
_log = logging.getLogger(__name__)


def run_engine_process(kind: BackendKind, connection: Connection, writes: tuple[str, ...] = ()) -> None:
    """Entry point of a spawned child; `writes` are folders that a model process may write into."""
    _name_process(kind)
    discard_native_output()
    handler = logging.StreamHandler()  # A desktop may store stderr in its journal.
    handler.setFormatter(RedactingFormatter(f"{kind}: %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log_uncaught(_log)
    from app.engine.process.allowances import of_engine  # noqa: PLC0415 - in the child only
    from app.engine.process.confinement import bounded, confine  # noqa: PLC0415

    allowance = of_engine(kind, writes)
    confine(allowance)
    Host(connection, lambda: bounded(allowance, create_backend(kind))).run()


def _name_process(kind: BackendKind) -> None:
    """Have `ps` and `top` show the kind of process, of which Linux keeps 15 characters."""
    with contextlib.suppress(OSError):  # Other systems have no such file.
        Path("/proc/self/comm").write_bytes(kind.value.encode())


class _ParentGone(BaseException):
    """The pipe to the parent is broken; distinct from a backend's errors, which may be broken pipes of its own."""


class Host:
    """Serves one backend, made by `create`, to the other end of `connection`."""

    def __init__(self, connection: Connection, create: Callable[[], Backend]) -> None:
        self._connection = connection
        self._create = create
        self._backend: Backend | None = None
        self._requests: queue.SimpleQueue[tuple[RequestEnvelope, dict[str, int]]] = queue.SimpleQueue()
        self._cancelled: set[CallId] = set()
        self._closing = threading.Event()
        self._working = threading.Event()
        self._sending = threading.Lock()
        self._has_served = self._is_half_loaded = False
        """Libraries were being imported when something failed: Python would go on with what there is of them."""

    def run(self) -> None:
        """Serve requests until Shutdown, until the parent is gone, or one fails that was importing libraries."""
        for work in (self._receive, self._send_heartbeats):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()
        while True:
            envelope, files = self._requests.get()
            call_id, request = envelope.call_id, envelope.body
            if isinstance(request, Shutdown):
                return
            self._working.set()
            try:
                self._emit(call_id, Heartbeat())  # A call whose process has died before this was not its cause.
                with descriptor_passing.using_descriptors(files):
                    answer = self._serve(call_id, request)
                self._emit(call_id, answer)
            except _ParentGone:
                return
            if self._is_half_loaded:
                return
            self._cancelled.discard(call_id)
            if self._requests.empty():
                self._working.clear()

    def _receive(self) -> None:
        while True:
            try:
                data, descriptors = descriptor_passing.receive(self._connection)
            except (EOFError, OSError):
                os._exit(0)
            try:
                envelope = wire.decode_request(data)
                self._take(envelope, descriptor_passing.by_name(envelope.body, descriptors))
            except BaseException as error:  # noqa: BLE001 - the boundary: nothing ends this thread but the process's end
                descriptor_passing.close(descriptors)
                self._refuse(data, error)

    def _take(self, envelope: RequestEnvelope, files: dict[str, int]) -> None:
        match envelope.body:
            case Cancel():
                self._cancelled.add(envelope.call_id)
            case Shutdown():
                self._closing.set()
                self._requests.put((envelope, files))
            case _:
                self._requests.put((envelope, files))

    def _refuse(self, data: bytes, error: BaseException) -> None:
        """Report that a request could not be decoded; exit if its call id is unreadable too."""
        try:
            _log.error("a request could not be read", exc_info=error)
            self._emit(wire.call_id_of(data), Failed(_bug(error)))
        except BaseException:  # noqa: BLE001 - the end, whatever it is
            os._exit(_UNREADABLE_REQUEST)

    def _send_heartbeats(self) -> None:
        while True:
            self._working.wait()
            try:
                self._emit(NO_CALL, Heartbeat())
            except _ParentGone:
                return
            time.sleep(TICK_SECONDS)

    def _serve(self, call_id: CallId, request: Request) -> Event:
        loaded = len(sys.modules)

        def check() -> None:
            if call_id in self._cancelled or self._closing.is_set():
                raise Cancelled

        try:
            check()
            # Created by the first request and not earlier, so that a failing import is reported.
            self._backend = self._backend or self._create()
            reason = self._backend.handle(request, partial(self._emit, call_id), check)
            self._has_served = True
            return Done(reason)
        except Cancelled:
            return Done(FinishReason.STOPPED)
        except UserError as error:
            self._is_half_loaded = len(sys.modules) != loaded and _is_of_an_import(error)
            return Failed(error.problem)
        except MemoryError:
            self._is_half_loaded = not self._has_served or len(sys.modules) != loaded
            return Failed(engine_texts.OUT_OF_MEMORY.problem())
        except (_ParentGone, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - the boundary: a bug of ours is reported, the process continues
            _log.exception("request %s failed", type(request).__name__)
            self._is_half_loaded = len(sys.modules) != loaded
            return Failed(_bug(error))

    def _emit(self, call_id: CallId, event: Event) -> None:
        data = wire.encode_event(EventEnvelope(call_id, event))
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except OSError as error:
            raise _ParentGone from error


def _is_of_an_import(error: BaseException | None) -> bool:
    """Whether a library that could not be imported is the cause."""
    while error and not isinstance(error, ImportError):
        error = error.__cause__ or error.__context__
    return error is not None


def _bug(error: BaseException) -> Problem:
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 - its message may be broken, too
        text = type(error).__name__
    return engine_texts.BUG.problem(error=text)
