"""Runs the server until its client has gone or a signal ends it; then no process is left."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import Request
from app.serving.mcp.allowed_folders import AllowedFolders
from app.serving.mcp.asking import Asking
from app.serving.mcp.opened_files import FileOpener
from app.serving.mcp.reading import Reading
from app.serving.mcp.session import Session
from app.serving.mcp.stdio import OutputClosed, StdioChannel
from app.serving.mcp.tools import Tools
from app.serving.served_process import ClientFactory, ServedProcess

END_SECONDS = 1.0
"""Seconds that a client has to take its last answers."""


async def serve_stdio(
    folders: AllowedFolders,
    opening: Callable[[], Request] | None,
    create_client: ClientFactory,
    descriptors: tuple[int, int],
    ending: "asyncio.Future[signal.Signals]",
) -> None:
    """Serve the client at the `descriptors` of an input and an output until it goes or `ending` is done.

    `opening` opens the model before the first question; None if there is none. Raises OutputClosed if the client no
    longer takes answers.
    """
    channel = StdioChannel(*descriptors)
    images = ServedProcess(BackendKind.IMAGES, create_client, max_waiting=1)
    reader = ServedProcess(BackendKind.READER, create_client, max_waiting=1)
    model = ServedProcess(BackendKind.MODEL, create_client, opening, max_waiting=1) if opening else None
    opener = FileOpener(folders, images)
    tools = Tools([*Reading(opener, reader).tools(), Asking(opener, images, model).tool()])
    session = Session(tools, channel.write, channel.write_if_idle)

    async def take_lines() -> None:
        while True:
            await session.take(await channel.next_line())

    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(what)
        for what in (take_lines(), session.work(), channel.input_ended.wait(), channel.output_closed.wait())
    ]
    try:
        await asyncio.wait({*tasks, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await asyncio.gather(*(engine.close() for engine in (images, reader, model) if engine))
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    if not ending.done():
        await channel.flush(END_SECONDS)
        if channel.output_closed.is_set():
            raise OutputClosed
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
