"""Requests to a server, which can be given up at any moment."""

import contextlib
import http.client
import json
import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from app.domain.errors import EngineError
from app.domain.ports import CancelCheck
from app.engine.remote.event_stream import MOST_LINE, error_words

CONNECT_SECONDS = 15
SILENT_SECONDS = 300
"""A server may read a long prompt for minutes before it says its first word."""
LOOK_SECONDS = 0.05
"""How often Stop is looked for."""
MOST_ANSWER = 4_000_000
"""Bytes of an answer that is not streamed, such as a list of models."""
_KEPT = "Your message is kept."


class ServerConnection:
    """Speaks to the API at `address` (see `normalised`), with `key` where it wants one."""

    def __init__(self, address: str, key: str = "") -> None:
        self._parts = urlsplit(address)
        self._headers = {"Accept": "text/event-stream, application/json", "User-Agent": "Lorgnette"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._host = self._parts.netloc

    def models(self, check: CancelCheck) -> list[str]:
        """The names of its models, sorted. Raises EngineError."""
        text = "".join(self._lines("GET", "/models", None, check))
        try:
            listed = json.loads(text)["data"]
            return sorted({str(model["id"]) for model in listed})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EngineError(
                f"“{self._host}” answers, but not with a list of models.",
                todo="Look at the address: it must be that of an OpenAI-compatible API, such as http://host:8000/v1.",
            ) from error

    def answer(self, body: dict[str, Any], check: CancelCheck) -> Iterator[str]:
        """The lines of a streamed chat completion. Raises EngineError, and whatever `check` raises."""
        return self._lines("POST", "/chat/completions", json.dumps(body).encode(), check)

    def _lines(self, method: str, path: str, body: bytes | None, check: CancelCheck) -> Iterator[str]:
        """What comes back, line by line; a thread waits for it, so that this one can look for Stop."""
        exchange = _Exchange(self._connection(), method, f"{self._parts.path}{path}", body, self._headers, self._host)
        threading.Thread(target=exchange.run, name="remote", daemon=True).start()
        try:
            while True:
                check()
                try:
                    item = exchange.heard.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
                if item is None:
                    return
                if isinstance(item, EngineError):
                    raise item
                yield item
        finally:
            exchange.give_up()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=context)
        return http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)


class _Exchange:
    """One request and what comes back; `heard` gives lines, then None, or an EngineError in its place."""

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        host: str,
    ) -> None:
        self.heard: queue.SimpleQueue[str | EngineError | None] = queue.SimpleQueue()
        self._connection = connection
        self._request = (method, path, body, headers | ({"Content-Type": "application/json"} if body else {}))
        self._host = host
        self._socket: socket.socket | None = None

    def run(self) -> None:
        """Do it, on a thread of its own."""
        try:
            self._exchange()
            self.heard.put(None)
        except EngineError as error:
            self.heard.put(error)
        except (OSError, http.client.HTTPException) as error:
            self.heard.put(self._failure(error))
        finally:
            self._connection.close()

    def give_up(self) -> None:
        """End it, whatever it waits for."""
        if self._socket:
            with contextlib.suppress(OSError):  # It has ended already.
                self._socket.shutdown(socket.SHUT_RDWR)

    def _exchange(self) -> None:
        self._connection.connect()
        self._socket = self._connection.sock  # A response may take it over.
        self._socket.settimeout(SILENT_SECONDS)
        method, path, body, headers = self._request
        self._connection.request(method, path, body, headers)
        with contextlib.closing(self._connection.getresponse()) as response:
            self._hear(response)

    def _hear(self, response: http.client.HTTPResponse) -> None:
        if response.status != http.HTTPStatus.OK:
            raise self._refusal(response)
        taken = 0
        while line := response.readline(MOST_LINE + 2):
            taken += len(line)
            if self._request[0] == "GET" and taken > MOST_ANSWER:
                raise EngineError(f"“{self._host}” sends more than a list of models.", todo="Look at the address.")
            self.heard.put(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _refusal(self, response: http.client.HTTPResponse) -> EngineError:
        """What a status means, with what the server says of it."""
        said = _said(response)
        status, host = response.status, self._host
        if status in {401, 403}:
            return EngineError(f"“{host}” wants another key{said}", kept=_KEPT, todo="Enter the key again.")
        if status == 404:
            todo = "Look at the address, and choose the model again."
            return EngineError(f"“{host}” does not know that address or that model{said}", kept=_KEPT, todo=todo)
        if status == 429:
            wait = response.headers.get("Retry-After", "")
            todo = f"Try again in {wait} seconds." if wait.isdigit() else "Try again a little later."
            return EngineError(f"“{host}” has too much to do{said}", kept=_KEPT, todo=todo)
        if 300 <= status < 400:
            todo = "Enter the address that it names, if you trust it."
            return EngineError(f"“{host}” sends elsewhere, which is not followed.", kept=_KEPT, todo=todo)
        if status == 400:
            todo = "Choose a model that sees images, or send less at once."
            return EngineError(f"“{host}” cannot take this question{said}", kept=_KEPT, todo=todo)
        return EngineError(f"“{host}” failed with status {status}{said}", kept=_KEPT, todo="Try again later.")

    def _failure(self, error: OSError | http.client.HTTPException) -> EngineError:
        host = self._host
        match error:
            case ssl.SSLCertVerificationError():
                what, todo = f"“{host}” could not prove who it is.", "Ask who runs it for a valid certificate."
            case TimeoutError():
                what, todo = f"“{host}” has said nothing for too long.", "Look whether it runs, and try again."
            case ConnectionRefusedError():
                what, todo = f"Nothing answers at “{host}”.", "Start the server there, or look at the address."
            case socket.gaierror():
                what, todo = f"There is no machine called “{host}”.", "Look at the address and at the network."
            case _:
                what, todo = f"The connection to “{host}” broke.", "Try again."
        return EngineError(what, kept=_KEPT, todo=todo)


def _said(response: http.client.HTTPResponse) -> str:
    """What the body has to say, led by a colon; a full stop where it says nothing."""
    text = response.read(MOST_LINE).decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return "."
    said = body.get("error", body.get("detail")) if isinstance(body, dict) else None
    return f": {error_words(said)}" if said else "."
