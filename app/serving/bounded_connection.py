"""A connection of HTTP/1.1 within bounds that uvicorn itself does not have."""

import asyncio
import json
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from app.serving.api_errors import SERVER, ApiError
from app.serving.limits import DEFAULT_LIMITS, Limits


def bounded_connection(limits: Limits) -> type["BoundedConnection"]:
    """Return the protocol class for uvicorn, which makes an object of it for each connection."""
    return type("BoundedConnection", (BoundedConnection,), {"limits": limits})


class BoundedConnection(H11Protocol):
    """There is a maximum number of connections, and of seconds for what a client does.

    A client that does not finish the head of a request, or does not read its answer, is disconnected.
    """

    limits: ClassVar[Limits] = DEFAULT_LIMITS

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, or refuse it if there are too many."""
        if len(self.connections) >= self.limits.connections:
            self.transport = transport
            transport.write(_refusal())
            transport.close()
            return
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; the head of a request ends the wait for it."""
        if self.transport.is_closing():
            return
        before = self.cycle
        if self._is_idle:
            self._expect_head()
        super().data_received(data)
        if self.cycle is not before:
            self._head_timer = _cancelled(self._head_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Have the request that is being answered end."""
        self._head_timer, self._stall_timer = _cancelled(self._head_timer), _cancelled(self._stall_timer)
        if self in self.connections:
            super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give the client some time to read what it was sent."""
        super().pause_writing()
        _cancelled(self._stall_timer)
        self._stall_timer = self.loop.call_later(self.limits.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting: the client has read."""
        super().resume_writing()
        self._stall_timer = _cancelled(self._stall_timer)

    @property
    def _is_idle(self) -> bool:
        cycle: Any = self.cycle  # None before the first request.
        return cycle is None or bool(cycle.response_complete)

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.limits.head_seconds, self.transport.abort)


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """Cancel a timer, and return None in its place."""
    if timer is not None:
        timer.cancel()
    return None


def _refusal() -> bytes:
    error = ApiError(503, "There are too many connections. Try again later.", kind=SERVER, code="server_busy")
    body = json.dumps(error.body).encode()
    head = (
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\n"
        f"retry-after: 1\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
