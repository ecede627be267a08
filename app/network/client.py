"""The one place that opens connections to other machines.

Built on the standard library's HTTP: what a library would add (pools, retries, redirects) is decided here anyway,
because each redirect and each address is checked before anything is sent. Certificates are checked against the
system's own store. Nothing is logged: addresses may carry secrets.
"""

import contextlib
import http.client
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from app import __version__
from app.domain.errors import NetworkError
from app.network.addresses import Target, parse
from app.network.dialler import CONNECT_SECONDS, STALL_SECONDS, ConnectionLost, Dialler, Resolve, look_up
from app.network.halt import Halt

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Offline(NetworkError):
    """Connections are switched off in the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRules:
    """What the user allows. `named_hosts` are "scheme://host" of servers in the settings; those may be private."""

    offline: bool = False
    named_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request.

    `token` is sent to the server that `url` names, and to none that it sends us on to;
    never unencrypted over a network.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    token: str = field(default="", repr=False)


class Response:
    """An answer whose body is still coming. Reading raises ConnectionLost, or Cancelled where it was stopped."""

    def __init__(self, answer: http.client.HTTPResponse, halt: Halt) -> None:
        self._answer = answer
        self._halt = halt
        self.status = answer.status
        length = answer.headers.get("Content-Length", "")
        self.length = int(length) if length.isascii() and length.isdigit() else None
        self._left = self.length

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return str(self._answer.headers.get(name, ""))

    def read(self, most: int) -> bytes:
        """The next bytes, as soon as there are any; none at the end, which is never early."""
        self._halt.check()
        if self._left == 0:
            return b""
        with _translated(self._halt):
            content = self._answer.read1(most if self._left is None else min(most, self._left))
        self._halt.check()
        if self._left is not None:
            if not content:
                raise _lost()
            self._left -= len(content)
        return content

    def read_all(self, most: int) -> bytes:
        """The whole body; raises NetworkError where it has more than `most` bytes."""
        content = b""
        while chunk := self.read(most + 1 - len(content)):
            content += chunk
            if len(content) > most:
                raise NetworkError("The server's answer is longer than it can be.")
        return content

    def lines(self) -> Iterator[bytes]:
        """The body line by line, each as soon as it has come."""
        while True:
            self._halt.check()
            with _translated(self._halt):
                line = self._answer.readline()
            self._halt.check()
            if not line:
                return
            yield line


class NetworkClient:
    """Opens connections, as far as `rules` allow, which are asked for each one."""

    def __init__(
        self,
        rules: Callable[[], NetworkRules],
        resolve: Resolve = look_up,
        stall_seconds: float = STALL_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self._rules = rules
        self._dialler = Dialler(resolve, connect_seconds, stall_seconds)

    @contextlib.contextmanager
    def open(self, call: Call, halt: Halt) -> Iterator[Response]:
        """Send a request and give its answer, whatever its status; redirects of GET and HEAD are followed.

        Raises Offline, ConnectionLost, Cancelled, and NetworkError for what is never tried again.
        """
        target = first = parse(call.url)
        for _ in range(MOST_REDIRECTS + 1):
            connection = self._connect(target, halt)
            answer = None
            try:
                token = call.token if target.origin == first.origin and target.keeps_secrets else ""
                answer = _send(connection, target, call, token, halt)
                if answer.status not in REDIRECTS or call.method not in {"GET", "HEAD"}:
                    yield Response(answer, halt)
                    return
                link = answer.headers.get("Location", "")
            finally:
                halt.watch(None)
                if answer is not None:
                    answer.close()
                connection.close()
            target = parse(urljoin(f"{target.scheme}://{_authority(target)}{target.target}", link))
        raise NetworkError("The server sends us on and on and never answers.", todo="Try again later.")

    def _connect(self, target: Target, halt: Halt) -> http.client.HTTPConnection:
        """A connection over which nothing has been sent yet."""
        halt.check()
        rules = self._rules()
        if rules.offline:
            raise Offline(
                "Lorgnette is set to stay offline, so nothing was sent.", todo="Switch off “Offline” below the chats."
            )
        is_named = f"{target.scheme}://{target.host}" in rules.named_hosts
        if target.scheme != "https" and not is_named:
            raise NetworkError("The server sends us to a place without encryption.", kept="Nothing was sent there.")
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = self._dialler.dial(target, halt, is_named=is_named)
        return connection


def _send(
    connection: http.client.HTTPConnection, target: Target, call: Call, token: str, halt: Halt
) -> http.client.HTTPResponse:
    headers = {"Host": _authority(target), "User-Agent": f"lorgnette/{__version__}", "Connection": "close"}
    headers |= call.headers
    if token:
        headers["Authorization"] = f"Bearer {token}"
    halt.watch(connection.sock)
    with _translated(halt):
        connection.request(call.method, target.target, body=call.body, headers=headers)
        return connection.getresponse()


@contextlib.contextmanager
def _translated(halt: Halt) -> Iterator[None]:
    """Turn the errors of sockets, TLS and HTTP into ours; none of theirs is shown, since they may name a link."""
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        halt.check()
        raise _lost() from error


def _authority(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = 443 if target.scheme == "https" else 80
    return host if target.port == usual else f"{host}:{target.port}"


def _lost() -> ConnectionLost:
    return ConnectionLost("The connection was lost.", todo="Check the network connection, then try again.")
