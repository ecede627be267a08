"""The parent's side: starts an engine process, sends it requests, waits for its events.

`send` and `close` may be called from any thread; `events` is iterated by one thread, which owns the process.
"""

import contextlib
import multiprocessing
import queue
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait

import msgspec

from app.engine.process import wire
from app.engine.process.backend import BackendKind
from app.engine.process.host import run_engine_process
from app.engine.process.messages import Event, Request, Shutdown

SHUTDOWN_SECONDS = 2.0
"""How long a child may take to end by itself before it is killed."""


class EngineDied(Exception):
    """The child ended without having been asked to; `exit_code` is negative for a signal."""

    def __init__(self, exit_code: int | None) -> None:
        self.exit_code = exit_code
        super().__init__(f"engine process ended with {exit_code}")


ProcessMain = Callable[[BackendKind, Connection], None]


class EngineClient:
    """One engine process, which runs `main`."""

    def __init__(self, kind: BackendKind, main: ProcessMain = run_engine_process) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, self._child_end = context.Pipe()
        self._wake_receiver, self._wake_sender = context.Pipe(duplex=False)
        self._outbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._process = context.Process(target=main, args=(kind, self._child_end), name=kind.value, daemon=True)
        self._pid: int | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._pid

    def send(self, request: Request) -> None:
        """Queue a request; never blocks."""
        self._post(request)

    def close(self) -> None:
        """Ask for the end: `events` then stops within SHUTDOWN_SECONDS."""
        self._post(None)

    def kill(self) -> None:
        """End the child at once; `events` then raises EngineDied."""
        if self._pid is not None:
            with contextlib.suppress(ValueError):  # It has ended since, and was cleaned up.
                self._process.kill()

    def events(self) -> Iterator[Event]:
        """Start the child and yield its events until `close`; raises EngineDied where the child ends first."""
        self._process.start()
        self._pid = self._process.pid
        self._child_end.close()
        try:
            yield from self._pump()
        finally:
            self._end_process()

    def _post(self, request: Request | None) -> None:
        self._outbox.put(request)
        # A closed pipe means that the child has ended, which whoever iterates `events` is told.
        with contextlib.suppress(OSError):
            self._wake_sender.send_bytes(b"\0")

    def _pump(self) -> Iterator[Event]:
        while True:
            ready = wait([self._connection, self._wake_receiver])
            if self._wake_receiver in ready:
                self._wake_receiver.recv_bytes()
                request = self._outbox.get()
                if request is None:
                    return
                self._send_now(request)
            if self._connection in ready:
                yield self._receive()

    def _send_now(self, request: Request) -> None:
        # A write to a dead child fails here; the broken pipe is then seen and reported by `_receive`.
        with contextlib.suppress(OSError):
            self._connection.send_bytes(wire.encode(request))

    def _receive(self) -> Event:
        try:
            return wire.decode_event(self._connection.recv_bytes())
        except msgspec.MsgspecError as error:
            # Only a child that a hostile file has taken over, or a bug, says what is not an event.
            self._process.kill()
            self._process.join()
            raise EngineDied(self._process.exitcode) from error
        except (EOFError, OSError) as error:
            self._process.join(SHUTDOWN_SECONDS)
            raise EngineDied(self._process.exitcode) from error

    def _end_process(self) -> None:
        self._send_now(Shutdown(0))
        self._process.join(SHUTDOWN_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()
        self._pid = None
        for connection in (self._connection, self._wake_receiver, self._wake_sender):
            connection.close()
