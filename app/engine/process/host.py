"""The child's side: one thread receives, the main thread works off requests one by one.

Receiving never waits for work, so a Cancel is seen while its request runs, and the parent's writes never block. When
the pipe breaks the parent is gone, and so is the child, at once: no orphan keeps the memory of a model.
"""

import logging
import os
import queue
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection

from app.domain.discreet_log import DiscreetFormatter, log_uncaught
from app.domain.errors import Cancelled, Problem, ProblemKind, UserError
from app.domain.generation import FinishReason
from app.engine.process import wire
from app.engine.process.backend import Backend, BackendKind, create_backend
from app.engine.process.messages import Cancel, Done, Event, Failed, Request, Shutdown

_log = logging.getLogger(__name__)


def run_engine_process(kind: BackendKind, connection: Connection) -> None:
    """Entry point of a spawned child."""
    handler = logging.StreamHandler()  # A desktop may keep what is written there in its journal.
    handler.setFormatter(DiscreetFormatter(f"{kind}: %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log_uncaught(_log)
    Host(connection, lambda: create_backend(kind)).run()


class Host:
    """Serves one backend, which `create` builds, to the other end of `connection`."""

    def __init__(self, connection: Connection, create: Callable[[], Backend]) -> None:
        self._connection = connection
        self._create = create
        self._backend: Backend | None = None
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._closing = threading.Event()

    def run(self) -> None:
        """Serve requests until Shutdown, or until the parent is gone."""
        threading.Thread(target=self._receive, name="receive", daemon=True).start()
        while not isinstance(request := self._requests.get(), Shutdown):
            try:
                self._emit(self._serve(request))
            except BrokenPipeError:
                return
            self._cancelled.discard(request.request_id)

    def _receive(self) -> None:
        while True:
            try:
                request = wire.decode_request(self._connection.recv_bytes())
            except (EOFError, OSError):
                os._exit(0)
            match request:
                case Cancel():
                    self._cancelled.add(request.request_id)
                case Shutdown():
                    self._closing.set()
                    self._requests.put(request)
                case _:
                    self._requests.put(request)

    def _serve(self, request: Request) -> Event:
        def check() -> None:
            if request.request_id in self._cancelled or self._closing.is_set():
                raise Cancelled

        try:
            check()
            # Built by the first request and not before it, so that a failing import is reported to somebody.
            self._backend = self._backend or self._create()
            return Done(request.request_id, self._backend.handle(request, self._emit, check))
        except Cancelled:
            return Done(request.request_id, FinishReason.STOPPED)
        except UserError as error:
            return Failed(request.request_id, error.problem)
        except MemoryError:
            return Failed(request.request_id, _OUT_OF_MEMORY)
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary: a bug of ours is reported, and the process goes on
            _log.exception("request %s failed", type(request).__name__)
            return Failed(request.request_id, _bug(error))

    def _emit(self, event: Event) -> None:
        self._connection.send_bytes(wire.encode(event))


_OUT_OF_MEMORY = Problem(
    ProblemKind.ENGINE,
    "The engine ran out of memory.",
    "What was answered so far is kept.",
    "Lower the image's pixel budget or close other applications, then try again.",
)


def _bug(error: Exception) -> Problem:
    return Problem(
        ProblemKind.BUG,
        f"The engine met an error of its own ({type(error).__name__}: {error}).",
        "The chat is kept.",
        "Try again; if it returns, please report it.",
    )
