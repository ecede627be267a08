"""Who may ask. A page in a browser can send requests to this machine, and a name that it controls may lead here.

So the Host header must name this server (against DNS rebinding), and an Origin, which browsers send and programs do
not, must be a page of this machine or one that the user allowed. A key is asked for if there is one.
"""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.network.listening_socket import is_loopback
from app.serving.api_errors import ApiError
from app.serving.api_responses import response_of

OPEN_PATHS = frozenset({"/health"})
"""Paths that need no key: they say nothing."""
_CORS_SECONDS = "600"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask a server that listens on `host`.

    `names` are further names of this machine, `origins` those of pages that may ask; an empty `key` lets everyone ask.
    """

    host: str
    key: str = ""
    names: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def names_this_server(self, authority: str) -> bool:
        """Return whether a Host header names this server.

        No page can have the browser connect here under an IP address that is another machine's, so those pass where the
        server listens for other machines.
        """
        host = _host_of(authority)
        if host in self.names or is_loopback(host):
            return True
        return not is_loopback(self.host) and _is_address(host)

    def allows_origin(self, origin: str) -> bool:
        """Return whether a page of this origin may ask: one of this machine, or one that the user allowed."""
        if origin in self.origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in {"http", "https"} and is_loopback(_host_of(parts.netloc))

    def has_key(self, authorization: str) -> bool:
        """Return whether an Authorization header has the key, if there is one, in constant time."""
        scheme, _, given = authorization.partition(" ")
        is_same = hmac.compare_digest(given.strip().encode(), self.key.encode())
        return not self.key or (scheme.lower() == "bearer" and is_same)


class AccessCheck:
    """ASGI middleware that refuses requests before anything of their bodies is read."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, or a browser's question whether it may ask; pass on any other."""
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        try:
            self._check_sender(headers, origin)
        except ApiError as error:
            await response_of(error)(scope, receive, send)
            return
        shared = _cors(origin) if origin else {}
        if origin and scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=shared)(scope, receive, send)
            return
        if scope["path"] not in OPEN_PATHS and not self._access.has_key(headers.get("authorization", "")):
            message = "The key is missing or wrong: send it as a bearer token."
            response = response_of(ApiError(401, message, code="invalid_api_key"))
            response.headers.update({"www-authenticate": "Bearer", **shared})
            await response(scope, receive, send)
            return

        async def send_shared(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in shared.items()]
                message = {**message, "headers": [*message.get("headers", []), *added]}  # type: ignore[misc]
            await send(message)

        await self._app(scope, receive, send_shared if shared else send)  # type: ignore[arg-type]

    def _check_sender(self, headers: Headers, origin: str) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._access.names_this_server(hosts[0]):
            raise ApiError(403, "The Host header does not name this server.", code="host_not_allowed")
        if len(headers.getlist("origin")) > 1 or (origin and not self._access.allows_origin(origin)):
            raise ApiError(403, "Pages of this origin may not ask this server.", code="origin_not_allowed")
        if not origin and headers.get("sec-fetch-site") == "cross-site":
            raise ApiError(403, "Pages of other sites may not ask this server.", code="origin_not_allowed")


def _cors(origin: str) -> Mapping[str, str]:
    """Return the headers by which a browser lets the page of an allowed origin ask and read the answer."""
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "authorization, content-type, accept",
        "access-control-max-age": _CORS_SECONDS,
        "vary": "Origin",
    }


def _host_of(authority: str) -> str:
    """Return the host of a Host header in lower case, without port, brackets and the root's dot; empty if unusable."""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port  # Raises ValueError if it is none.
    except ValueError:
        return ""
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return ""
    return (parts.hostname or "").removesuffix(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
