"""The parent's side: starts an engine process, sends it requests and receives its events.

`send`, `close` and `kill` may be called from any thread, and never block; `events` is iterated by one thread, which
owns the process. None of them waits for the pipe: one thread writes to it and another one reads from it, so that a
child that has stopped in the middle of either can still be closed or killed, which frees both threads.
"""

import contextlib
import multiprocessing
import queue
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from app.domain.error_texts import engine_texts
from app.engine.process import wire
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.descriptor_passing import FileSender
from app.engine.process.host import run_engine_process
from app.engine.process.messages import Failed, Shutdown
from app.engine.process.wire import NO_CALL, EventEnvelope, RequestEnvelope

SHUTDOWN_SECONDS = 2.0
"""Time in seconds that a child may take to exit by itself before it is killed."""
KILL_SECONDS = 1.0
"""Time in seconds to wait for a killed child: one that hangs in a system call cannot be ended."""


class EngineDied(Exception):
    """The child exited unexpectedly; `exit_code` is negative for a signal."""

    def __init__(self, exit_code: int | None) -> None:
        self.exit_code = exit_code
        super().__init__(f"engine process ended with {exit_code}")


ProcessMain = Callable[[BackendKind, Connection], None]


class _Ended:
    """Follows the last event of a child that has closed its pipe."""


class EngineClient:
    """One engine process, which runs `main`."""

    def __init__(self, kind: BackendKind, main: ProcessMain = run_engine_process) -> None:
        self._kind = kind
        self._main = main
        self._outbox: queue.SimpleQueue[RequestEnvelope | None] = queue.SimpleQueue()
        self._inbox: queue.SimpleQueue[EventEnvelope | _Ended | None] = queue.SimpleQueue()
        self._files = FileSender()
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._is_killed = False

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs, else None."""
        with self._lock:
            return self._process.pid if self._process else None

    def send(self, request: RequestEnvelope) -> None:
        """Queue a request; one that cannot be encoded is answered with Failed."""
        self._outbox.put(request)

    def close(self) -> None:
        """Request shutdown: `events` then stops within SHUTDOWN_SECONDS plus KILL_SECONDS."""
        self._inbox.put(None)

    def kill(self) -> None:
        """Kill the child immediately, or as soon as it is started; `events` then raises EngineDied."""
        with self._lock:
            self._is_killed = True
            if self._process:
                self._process.kill()

    def events(self) -> Iterator[EventEnvelope]:
        """Start the child and yield its events until `close`.

        Raises EngineDied if the child exits first, and OSError or RuntimeError if it cannot be started.
        """
        context = multiprocessing.get_context("spawn")
        connection, child_end = context.Pipe()
        try:
            process = context.Process(
                target=self._main, args=(self._kind, child_end), name=self._kind.value, daemon=True
            )
            process.start()
        except BaseException:
            connection.close()
            raise
        finally:
            child_end.close()
        threads = [
            threading.Thread(target=work, args=(connection,), name=f"{self._kind.value} {work.__name__}", daemon=True)
            for work in (self._read, self._write)
        ]
        try:
            self._own(process)
            for thread in threads:
                thread.start()
            while (item := self._inbox.get()) is not None:
                if isinstance(item, _Ended):
                    process.join(SHUTDOWN_SECONDS)
                    raise EngineDied(process.exitcode)
                yield item
        finally:
            self._end(process)
            _close_pipe(connection, threads)
            self._files.close()  # The writing thread, which makes them, has ended.

    def _own(self, process: multiprocessing.process.BaseProcess) -> None:
        with self._lock:
            self._process = process
            if self._is_killed:
                process.kill()

    def _write(self, connection: Connection) -> None:
        while (request := self._outbox.get()) is not None:
            try:
                data = wire.encode_request(request)
                self._files.send_files(connection, request)
                connection.send_bytes(data)
            except OSError:  # The child has exited, which the other thread notices.
                return
            except BaseException as error:  # noqa: BLE001 - the boundary: only this request fails
                problem = engine_texts.UNREACHABLE.problem(error=type(error).__name__)
                self._inbox.put(EventEnvelope(request.call_id, Failed(problem)))

    def _read(self, connection: Connection) -> None:
        try:
            while True:
                event = wire.decode_event(connection.recv_bytes(wire.MAX_EVENT_BYTES))
                self._inbox.put(self._files.settle(event))
        except EOFError:  # The child has exited, or is about to.
            pass
        except BaseException:  # noqa: BLE001 - the boundary: a bug, or a child that a hostile file has taken over
            self.kill()
        finally:
            self._inbox.put(_Ended())

    def _end(self, process: multiprocessing.process.BaseProcess) -> None:
        self._outbox.put(RequestEnvelope(NO_CALL, Shutdown()))
        self._outbox.put(None)
        process.join(SHUTDOWN_SECONDS)
        with self._lock:
            self._process = None
            process.kill()
        process.join(KILL_SECONDS)
        with contextlib.suppress(ValueError):  # Even the kill has not ended it.
            process.close()


def _close_pipe(connection: Connection, threads: list[threading.Thread]) -> None:
    """Close the pipe once no thread uses it: otherwise a thread's next read might be of another file's descriptor."""
    for thread in threads:
        if thread.ident is not None:
            thread.join(KILL_SECONDS)
    if not any(thread.is_alive() for thread in threads):
        connection.close()
