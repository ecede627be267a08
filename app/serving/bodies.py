"""Reads requests within bounds, and stops the work for a client that has gone.

The body of a request is read before its endpoint is called: within a size, a time, and a sum of memory that all
requests share. While the endpoint works, the connection is watched, and if its client closes it the work is cancelled.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.serving.api_errors import OVERLOADED, ApiError
from app.serving.limits import Limits

RETRY_SECONDS = 5
HOLDING = "lorgnette.holding"
"""Key of a request's Holding in its scope."""


class HeldMemory:
    """The memory that requests hold together; beyond `max_bytes`, ApiError 429 is raised."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0

    def add(self, count: int) -> None:
        """Count bytes that are about to be held, or, if negative, are no longer."""
        if count > 0 and self._bytes + count > self._max_bytes:
            message = "The images of other requests fill the memory that there is for them. Try again later."
            raise ApiError(429, message, kind=OVERLOADED, code="server_busy", retry_after=RETRY_SECONDS)
        self._bytes += count

    @contextmanager
    def holding(self) -> Iterator["Holding"]:
        """Yield one request's share, which is given back when the block ends."""
        share = Holding(self)
        try:
            yield share
        finally:
            share.add(-share.bytes)


class Holding:
    """What one request holds."""

    def __init__(self, memory: HeldMemory) -> None:
        self._memory = memory
        self.bytes = 0

    def add(self, count: int) -> None:
        """Count bytes that this request is about to hold. Raises ApiError 429 if all hold too much."""
        self._memory.add(count)
        self.bytes += count


class BoundedBodies:
    """ASGI middleware for requests of HTTP."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._memory = HeldMemory(limits.held_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, answer if it is refused, or let the application answer for as long as the client waits."""
        with self._memory.holding() as share:
            try:
                body = await self._read(scope, receive, share)
            except ApiError as error:
                response = error.response()
                response.headers["connection"] = "close"  # The rest of the body is not read.
                await response(scope, receive, send)
                return
            if body is not None:
                await self._answer({**scope, HOLDING: share}, body, receive, send)

    async def _read(self, scope: Scope, receive: Receive, share: Holding) -> bytes | None:
        """Return the body; None if the client has gone."""
        limits = self._limits
        self._check_size(_declared(Headers(scope=scope)))
        body = bytearray()
        try:
            async with asyncio.timeout(limits.body_seconds):
                while True:
                    async with asyncio.timeout(limits.body_gap_seconds):
                        message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    chunk = message.get("body", b"")
                    self._check_size(len(body) + len(chunk))
                    share.add(len(chunk))
                    body += chunk
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError as error:
            raise ApiError(408, "The request did not arrive in time.", code="request_timeout") from error

    def _check_size(self, count: int) -> None:
        if count > (limit := self._limits.body_bytes):
            raise ApiError(413, f"The request has more than {limit // 1024**2} MB.", code="request_too_large")

    async def _answer(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        is_given = False
        gone = asyncio.create_task(_disconnected(receive))

        async def receive_again() -> Message:
            nonlocal is_given
            if not is_given:
                is_given = True
                return {"type": "http.request", "body": body, "more_body": False}
            await asyncio.wait({gone})
            return {"type": "http.disconnect"}

        work = asyncio.ensure_future(self._app(scope, receive_again, send))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.wait({work, gone})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _declared(headers: Headers) -> int:
    """Return the declared length of a body; 0 if there is none."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else 0
