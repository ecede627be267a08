"""An engine process that serves many clients: their calls wait in a bounded queue and are served one at a time.

A thread of its own follows the process's events and passes them to the event loop. What a call emits waits in its own
queue, so that a client that reads slowly keeps nobody else waiting; an answer's maximum length bounds it.

If the process dies, the call that it was serving fails, and the next one gets a new process; so does a call that an
idle process has died before, as it was not its cause.
"""

import asyncio
import logging
import math
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Self

from app.domain.error_texts import command_texts
from app.domain.errors import BUG, EngineError, Problem
from app.domain.ids import CallId
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.messages import Cancel, Done, Event, Failed, Heartbeat, Ready, Request, StageProgress
from app.engine.process.watchdog import TICK_SECONDS, ProcessHealth, Watchdog
from app.engine.process.wire import EventEnvelope, RequestEnvelope
from app.serving.api_errors import OVERLOADED, SERVER, ApiError, error_of

ClientFactory = Callable[[BackendKind], EngineClient]
MAX_RETRY_SECONDS = 120
_UNHEALTHY = frozenset({ProcessHealth.HUNG, ProcessHealth.IGNORES_CANCEL})
_log = logging.getLogger(__name__)


class ServedCall:
    """A request to an engine process, and the events that it emits; `cancel` ends it wherever it is."""

    def __init__(self, request: Request, call_id: CallId, on_cancel: Callable[["ServedCall"], None]) -> None:
        self.request = request
        self.call_id = call_id
        self.is_over = self.is_cancelled = self._is_read = False
        self._on_cancel = on_cancel
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def put(self, event: Event) -> None:
        """Pass on an event, unless the call is over; Done and Failed end it."""
        if not self.is_over:
            self._events.put_nowait(event)
            self.is_over = isinstance(event, Done | Failed)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Return the next event; Done or Failed is the last."""
        if self._is_read:
            raise StopAsyncIteration
        event = await self._events.get()
        self._is_read = isinstance(event, Done | Failed)
        return event

    def cancel(self) -> None:
        """Stop the call as soon as possible if it is not over; its events end with Done or Failed nevertheless."""
        if not (self.is_over or self.is_cancelled):
            self.is_cancelled = True
            self._on_cancel(self)


class ServedProcess:
    """The engine process of one kind. All methods belong to the event loop's thread.

    `opening` opens the model in each process, before its first call. Up to `max_waiting` calls wait.
    """

    def __init__(
        self,
        kind: BackendKind,
        create_client: ClientFactory,
        opening: Callable[[], Request] | None = None,
        *,
        max_waiting: int,
    ) -> None:
        self._kind = kind
        self._create_client = create_client
        self._opening = opening
        self._max_waiting = max_waiting
        self._ids = count(1)
        self._waiting: deque[ServedCall] = deque()
        self._has_waiting = asyncio.Event()
        self._current: ServedCall | None = None
        self._process: _Process | None = None
        self._worker: asyncio.Task[None] | None = None
        self._is_closed = False
        self._mean_seconds = 1.0
        self.ready: Ready | None = None
        """What the process reported when it opened the model."""

    def submit(self, request: Request) -> ServedCall:
        """Queue a request. Raises ApiError 429 if too many wait, 503 if the server ends."""
        if self._is_closed:
            raise ApiError(503, "The server is ending.", kind=SERVER, code="server_ending")
        if len(self._waiting) >= self._max_waiting:
            seconds = min(MAX_RETRY_SECONDS, math.ceil(self._mean_seconds * len(self._waiting)))
            message = f"{len(self._waiting)} requests wait already. Try again later."
            raise ApiError(429, message, kind=OVERLOADED, code="queue_full", retry_after=max(1, seconds))
        call = ServedCall(request, CallId(next(self._ids)), self._cancel)
        self._waiting.append(call)
        self._has_waiting.set()
        self._worker = self._worker or asyncio.create_task(self._work(), name=self._kind.value)
        return call

    async def open(self) -> Ready:
        """Start the process and open the model. Raises EngineError."""
        process = self._start()
        try:
            problem = await self._open_model(process)
        except _ProcessLost as error:
            raise EngineError(command_texts.PROCESS_ENDED) from error
        if problem is not None or self.ready is None:
            raise EngineError(problem or command_texts.PROCESS_ENDED)
        return self.ready

    async def close(self) -> None:
        """Kill the process; all calls end with Failed, and later ones are refused."""
        self._is_closed = True
        if self._process:
            self._process.client.kill()
        if self._worker:
            self._worker.cancel()
            await asyncio.wait({self._worker})
        for call in (*([self._current] if self._current else []), *self._waiting):
            call.put(Failed(command_texts.PROCESS_ENDED.problem()))
        self._waiting.clear()
        if self._process:
            await self._process.end()
            self._process = None

    def _cancel(self, call: ServedCall) -> None:
        if call in self._waiting:
            self._waiting.remove(call)
            call.put(Failed(command_texts.PROCESS_ENDED.problem()))
        elif call is self._current and self._process:
            self._process.cancel(call.call_id)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while not self._waiting:
                self._has_waiting.clear()
                await self._has_waiting.wait()
            self._current = call = self._waiting.popleft()
            begun = loop.time()
            try:
                await self._serve(call)
            except Exception as error:  # noqa: BLE001 - the boundary: a bug ends this call only
                _log.exception("a call was not served")
                call.put(Failed(BUG.problem(error=type(error).__name__)))
            self._current = None
            self._mean_seconds = 0.7 * self._mean_seconds + 0.3 * (loop.time() - begun)

    async def _serve(self, call: ServedCall) -> None:
        """Serve a call; if a process that was idle dies before it begins with it, a new one gets it."""
        for _ in range(2):
            was_idle = self._process is not None
            try:
                if not was_idle and (problem := await self._open_model(self._start())):
                    call.put(Failed(problem))
                    return
                await self._converse(call)
            except _ProcessLost as error:
                if was_idle and not error.has_begun and not call.is_cancelled:
                    continue
                call.put(Failed(command_texts.PROCESS_ENDED.problem()))
            return
        call.put(Failed(command_texts.PROCESS_ENDED.problem()))

    def _start(self) -> "_Process":
        self._process = _Process(self._kind, self._create_client(self._kind))
        return self._process

    async def _open_model(self, process: "_Process") -> Problem | None:
        """Open the model in a new process, if it needs one; return why that failed. Raises _ProcessLost."""
        if self._opening is None:
            return None
        opening = ServedCall(self._opening(), CallId(next(self._ids)), lambda _: None)
        await self._follow(process, opening)
        async for event in opening:
            if isinstance(event, Ready):
                self.ready = event
            elif isinstance(event, Failed):
                self._process = None
                await process.end()
                return event.problem
        return None

    async def _converse(self, call: ServedCall) -> None:
        if self._process is None:
            raise _ProcessLost(has_begun=False)
        if call.is_cancelled:
            call.put(Failed(command_texts.PROCESS_ENDED.problem()))
            return
        await self._follow(self._process, call)

    async def _follow(self, process: "_Process", call: ServedCall) -> None:
        try:
            await process.serve(call)
        except _ProcessLost:
            self._process = None
            await process.end()
            raise


class _ProcessLost(Exception):
    """The process has ended; `has_begun` is whether it had begun with the call."""

    def __init__(self, *, has_begun: bool) -> None:
        super().__init__()
        self.has_begun = has_begun


class _Process:
    """A started process."""

    def __init__(self, kind: BackendKind, client: EngineClient) -> None:
        self.client = client
        self._watchdog = Watchdog(kind)
        self._serving: CallId | None = None
        self._inbox: asyncio.Queue[EventEnvelope | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._follow, name=f"{kind.value} events", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        _block_interrupts()
        try:
            for envelope in self.client.events():
                self._pass_on(envelope)
        except (EngineDied, OSError, RuntimeError):  # It died, was killed, or could not be started.
            pass
        finally:
            self._pass_on(None)

    def _pass_on(self, envelope: EventEnvelope | None) -> None:
        with suppress(RuntimeError):  # The loop has ended.
            self._loop.call_soon_threadsafe(self._inbox.put_nowait, envelope)

    async def serve(self, call: ServedCall) -> None:
        """Make a call and pass on its events until it is over. Raises _ProcessLost."""
        self._watchdog.begin(call.request)
        self._serving = call.call_id
        self.client.send(RequestEnvelope(call.call_id, call.request))
        watch = asyncio.create_task(self._watch())
        has_begun = False
        try:
            while not call.is_over:
                envelope = await self._inbox.get()
                if envelope is None:
                    raise _ProcessLost(has_begun=has_begun)
                self._watchdog.notice(envelope.body)
                if envelope.call_id == call.call_id:
                    has_begun = True
                    if not isinstance(envelope.body, Heartbeat):
                        call.put(envelope.body)
        finally:
            self._serving = None
            watch.cancel()

    def cancel(self, call_id: CallId) -> None:
        """Stop a call if it is being served, not if it waits for the model; a process that ignores it is killed."""
        if self._serving == call_id:
            self._watchdog.stop()
            self.client.send(RequestEnvelope(call_id, Cancel()))

    async def end(self) -> None:
        """End the process and its thread."""
        self.client.close()
        await asyncio.to_thread(self._thread.join)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if self._watchdog.tick() in _UNHEALTHY:
                self.client.kill()


def _block_interrupts() -> None:
    """Leave Ctrl+C, which a terminal sends to all processes, to the main thread: processes inherit what is blocked."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


async def last_event(process: ServedProcess, request: Request, param: str | None = None) -> Event | None:
    """Make a call and return its last event before Done. Raises ApiError if it fails; `param` is the field at fault."""
    call = process.submit(request)
    found: Event | None = None
    try:
        async for event in call:
            if isinstance(event, Failed):
                raise error_of(event.problem, param=param)
            found = found if isinstance(event, Done | StageProgress) else event
    finally:
        call.cancel()
    return found
