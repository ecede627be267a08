"""The HTTP client, the only place that opens connections to other machines.

Built on the standard library's HTTP: what another library would add (pools, retries, redirects) has to be decided here
anyway, because each redirect and each address is checked before anything is sent. Certificates are verified with the
system's own store. Nothing is logged: addresses may contain secrets.
"""

import contextlib
import http.client
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from app import __version__
from app.domain.error_texts import network_texts
from app.domain.errors import LorgnetteError, NetworkError
from app.network.addresses import Origin, Target, joined, parse
from app.network.cancel_token import CancelToken
from app.network.connector import CONNECT_SECONDS, STALL_SECONDS, ConnectionLost, Connector, Resolve, look_up
from app.network.limited_stream import MAX_FRAMING_BYTES, LimitedAnswer, TooLong

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_LINE_BYTES = 1024 * 1024
"""Maximum size of one line, in bytes, of a body that is read by lines."""
MAX_LINES_BYTES = 256 * 1024 * 1024
"""Maximum size of all lines together, in bytes."""
MAX_LINES_SECONDS = 4 * 3600.0
"""Maximum time in seconds until the last line: the longest answer of a slow server."""
MAX_WHOLE_SECONDS = 120.0
"""Maximum time in seconds for a body that is read as a whole."""
_MAX_DIGITS = 18


class Offline(NetworkError):
    """Connections are switched off in the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRules:
    """The connections that the user allows. `named_servers`, from the settings, may be private and unencrypted."""

    offline: bool = False
    named_servers: frozenset[Origin] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request.

    `token` is sent only to the server in `url`, not to one that it redirects to, and never unencrypted over a network.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    token: str = field(default="", repr=False)


class Response:
    """A response whose body is streamed, within the limits of `app.network.limited_stream`.

    Reading raises ConnectionLost, TooLong, or Cancelled. `length` is the body's length in bytes, None if unknown.
    """

    def __init__(self, answer: LimitedAnswer, cancel_token: CancelToken) -> None:
        self._answer = answer
        self._cancel_token = cancel_token
        self.status = answer.status
        length = self.header("Content-Length")
        is_known = length.isascii() and length.isdigit() and len(length) <= _MAX_DIGITS and not answer.chunked
        self.length = int(length) if is_known else None
        self._left = self.length

    def header(self, name: str) -> str:
        """Return a header's value; empty if it is missing."""
        with _translated(self._cancel_token):
            return str(self._answer.headers.get(name, ""))

    def read(self, max_bytes: int) -> bytes:
        """Return the next bytes as soon as there are any; empty only at the true end of the body.

        Raises TooSlow, a ConnectionLost, if the speed stays below MIN_SPEED for SPEED_SECONDS.
        """
        self._answer.stream.allow(max_bytes + MAX_FRAMING_BYTES, wants_speed=True)
        return self._read(max_bytes)

    def read_all(self, max_bytes: int) -> bytes:
        """Return the whole body; raises TooLong if it has more than `max_bytes` bytes."""
        content = bytearray()
        self._answer.stream.allow(max_bytes + MAX_FRAMING_BYTES, seconds=MAX_WHOLE_SECONDS)
        while chunk := self._read(max_bytes + 1 - len(content)):
            content += chunk
            if len(content) > max_bytes:
                raise TooLong
        return bytes(content)

    def lines(self) -> Iterator[bytes]:
        """Yield the body line by line, each as soon as it is received."""
        self._answer.stream.allow(MAX_LINES_BYTES, seconds=MAX_LINES_SECONDS)
        while True:
            self._cancel_token.check()
            with _translated(self._cancel_token):
                line = self._answer.readline(MAX_LINE_BYTES + 1)
            self._cancel_token.check()
            if len(line) > MAX_LINE_BYTES:
                raise TooLong
            if not line:
                return
            yield line

    def _read(self, max_bytes: int) -> bytes:
        self._cancel_token.check()
        if self._left == 0:
            return b""
        with _translated(self._cancel_token):
            content = self._answer.read1(max_bytes if self._left is None else min(max_bytes, self._left))
        self._cancel_token.check()
        if self._left is not None:
            if not content:
                raise _lost()
            self._left -= len(content)
        return content


class NetworkClient:
    """Opens connections that `rules`, called for each one, allow."""

    def __init__(
        self,
        rules: Callable[[], NetworkRules],
        resolve: Resolve = look_up,
        stall_seconds: float = STALL_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self._rules = rules
        self._connector = Connector(resolve, connect_seconds, stall_seconds)

    @contextlib.contextmanager
    def open(self, request: HttpRequest, cancel_token: CancelToken) -> Iterator[Response]:
        """Send a request and yield its response, whatever its status; redirects of GET and HEAD are followed.

        Raises Offline, ConnectionLost, Cancelled, and NetworkError for errors that are not retried.
        """
        if not (request.token.isascii() and request.token.isprintable()):
            raise NetworkError(network_texts.KEY_INVALID)
        target = first = parse(request.url)
        for _ in range(MAX_REDIRECTS + 1):
            connection = self._connect(target, cancel_token)
            answer = None
            try:
                token = request.token if target.origin == first.origin and target.keeps_secrets else ""
                answer = _send(connection, target, request, token, cancel_token)
                if answer.status not in REDIRECTS or request.method not in {"GET", "HEAD"}:
                    yield Response(answer, cancel_token)
                    return
                link = Response(answer, cancel_token).header("Location")
            finally:
                cancel_token.watch(None)
                if answer is not None:
                    answer.close()
                connection.close()
            target = joined(target, link)
        raise NetworkError(network_texts.REDIRECTS_ENDLESSLY)

    def _connect(self, target: Target, cancel_token: CancelToken) -> http.client.HTTPConnection:
        """Open a connection; nothing is sent yet."""
        cancel_token.check()
        rules = self._rules()
        if rules.offline:
            raise Offline(network_texts.OFFLINE)
        is_named = target.origin in rules.named_servers
        if target.scheme != "https" and not is_named:
            raise NetworkError(network_texts.REDIRECTS_UNENCRYPTED)
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.response_class = LimitedAnswer
        connection.sock = self._connector.connect(target, cancel_token, is_named=is_named)
        return connection


def _send(
    connection: http.client.HTTPConnection, target: Target, request: HttpRequest, token: str, cancel_token: CancelToken
) -> LimitedAnswer:
    headers = {"Host": target.authority, "User-Agent": f"lorgnette/{__version__}", "Connection": "close"}
    headers |= request.headers
    if token:
        headers["Authorization"] = f"Bearer {token}"
    cancel_token.watch(connection.sock)
    with _translated(cancel_token):
        connection.request(request.method, target.target, body=request.body, headers=headers)
        answer = connection.getresponse()
    assert isinstance(answer, LimitedAnswer)  # noqa: S101 - the connection makes no other
    return answer


@contextlib.contextmanager
def _translated(cancel_token: CancelToken) -> Iterator[None]:
    """Translate the errors of sockets, TLS and HTTP; the originals are not shown, since they may contain a link.

    A server cannot cause any other exception: Python's header parser alone raises a dozen kinds.
    """
    try:
        yield
    except LorgnetteError:
        raise
    except Exception as error:
        cancel_token.check()
        raise _lost() from error


def _lost() -> ConnectionLost:
    return ConnectionLost(network_texts.CONNECTION_LOST)
