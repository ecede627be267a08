"""Runs the server until it is asked to end: opens the model, answers, and leaves no process behind."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from app.domain.models.model_info import ModelInfo
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import Request
from app.network.listening_socket import BACKLOG, ListeningSocket
from app.serving.access import Access
from app.serving.application import Engines, create_application
from app.serving.bounded_connection import bounded_connection
from app.serving.limits import Limits
from app.serving.served_process import ClientFactory, ServedProcess

END_SECONDS = 3
"""Seconds that connections have to take their last answer when the server ends."""
MAX_HEAD_BYTES = 32 * 1024


async def serve(
    opening: Callable[[], Request],
    create_client: ClientFactory,
    listening: ListeningSocket,
    access: Access,
    limits: Limits,
    on_started: Callable[[ModelInfo], None],
    ending: "asyncio.Future[signal.Signals]",
) -> None:
    """Serve on `listening` until `ending` is done; then no process is left.

    `on_started` is called when clients are answered. Raises EngineError if the model cannot be opened.
    """
    engines = Engines(
        ServedProcess(BackendKind.MODEL, create_client, opening, max_waiting=limits.waiting_calls),
        ServedProcess(BackendKind.IMAGES, create_client, max_waiting=limits.waiting_calls),
        ServedProcess(BackendKind.READER, create_client, max_waiting=limits.waiting_calls),
    )
    with contextlib.closing(listening):
        answering = asyncio.create_task(_answer(engines, listening, access, limits, on_started))
        try:
            either: set[asyncio.Future[Any]] = {answering, ending}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await asyncio.gather(*(engine.close() for engine in engines))
            answering.cancel()
            outcome = (await asyncio.gather(answering, return_exceptions=True))[0]
        if not ending.done() and isinstance(outcome, BaseException):
            raise outcome


async def _answer(
    engines: Engines,
    listening: ListeningSocket,
    access: Access,
    limits: Limits,
    on_started: Callable[[ModelInfo], None],
) -> None:
    """Open the model, then answer until this is cancelled; open connections get what is being sent."""
    ready = await engines.model.open()
    server = _Server(
        uvicorn.Config(
            create_application(engines, ready.info, access, limits),
            http=bounded_connection(limits),
            backlog=BACKLOG,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            timeout_graceful_shutdown=END_SECONDS,
        )
    )
    on_started(ready.info)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


class _Server(uvicorn.Server):
    """A server that leaves signals to its process."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
