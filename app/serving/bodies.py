"""Reads requests within bounds, and stops the work for a client that has gone.

The body of a request is read before its endpoint is called: within a size, a time, and a sum of memory that all
requests share. While the endpoint works, the connection is watched, and if its client closes it the work is cancelled.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.serving.api_errors import ApiError
from app.serving.api_responses import response_of
from app.serving.held_memory import HeldMemory, Holding
from app.serving.limits import Limits

HOLDING = "lorgnette.holding"
"""Key of a request's Holding in its scope."""


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
                response = response_of(error)
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
