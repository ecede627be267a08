"""Requests to a server, which can be given up at any moment."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from app.domain.errors import Cancelled, EngineError, NetworkError
from app.domain.ports import CancelCheck
from app.domain.remote_servers import is_this_machine
from app.engine.remote.event_stream import error_words
from app.network.client import Call, NetworkClient, NetworkRules, Response
from app.network.halt import Halt

SILENT_SECONDS = 300.0
"""A server may read a long prompt for minutes before it says its first word."""
LOOK_SECONDS = 0.05
"""How often Stop is looked for."""
LEAVE_SECONDS = 1.0
"""For a thread that has been told to stop; it needs a tenth of that."""
MOST_BYTES = 4_000_000
"""Of a list of models, or of what a server says of an error."""
WAITS = (1.0, 3.0, 10.0)
"""Seconds before a server that has too much to do is asked again, where it does not say itself."""
LONGEST_WAIT = 60.0
_OK = 200
_BUSY = {429, 503}
_KEPT = "Your message is kept."


class ServerConnection:
    """Speaks to the API at `address` (see `normalised`), with `key` where it wants one.

    While Lorgnette is to stay `offline`, servers on this machine alone are spoken to.
    """

    def __init__(self, address: str, key: str = "", *, offline: bool = False) -> None:
        self._address = address
        parts = urlsplit(address)
        self._host = parts.netloc
        self._key = key
        named = frozenset({f"{parts.scheme}://{parts.hostname}"})
        rules = NetworkRules(offline=offline and not is_this_machine(address), named_hosts=named)
        self._client = NetworkClient(lambda: rules, stall_seconds=SILENT_SECONDS)

    def models(self, check: CancelCheck) -> list[str]:
        """The names of its models, sorted. Raises EngineError, NetworkError."""
        text = "\n".join(self._lines(self._call("GET", "/models", None), check))
        try:
            listed = json.loads(text)["data"]
            return sorted({str(model["id"]) for model in listed})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EngineError(
                f"“{self._host}” answers, but not with a list of models.",
                todo="Look at the address: it must be that of an OpenAI-compatible API, such as http://host:8000/v1.",
            ) from error

    def answer(self, body: dict[str, Any], check: CancelCheck) -> Iterator[str]:
        """The lines of a streamed chat completion. Raises EngineError, NetworkError, and whatever `check` raises."""
        return self._lines(self._call("POST", "/chat/completions", json.dumps(body).encode()), check)

    def _call(self, method: str, path: str, body: bytes | None) -> Call:
        headers = {"Accept": "text/event-stream, application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        return Call(url=f"{self._address}{path}", method=method, headers=headers, body=body, token=self._key)

    def _lines(self, call: Call, check: CancelCheck) -> Iterator[str]:
        """What comes back, line by line; a thread waits for it, so that this one can look for Stop."""
        halt = Halt()
        heard: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._exchange, args=(call, halt, heard), name="remote", daemon=True)
        thread.start()
        try:
            while True:
                check()
                try:
                    item = heard.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            halt.set()
            thread.join(LEAVE_SECONDS)

    def _exchange(self, call: Call, halt: Halt, heard: "queue.SimpleQueue[str | Exception | None]") -> None:
        """One request, on a thread of its own; `heard` gets its lines, then None, or an error in its place."""
        try:
            with self._opened(call, halt) as response:
                if call.method == "GET":
                    heard.put(response.read_all(MOST_BYTES).decode("utf-8", "replace"))
                else:
                    for line in response.lines():
                        heard.put(line.decode("utf-8", "replace").rstrip("\r\n"))
            heard.put(None)
        except Cancelled:
            return  # Nobody listens any more.
        except (EngineError, NetworkError) as error:
            heard.put(error)

    @contextmanager
    def _opened(self, call: Call, halt: Halt) -> Iterator[Response]:
        """The answer, once the server takes the request: one that has too much to do is asked again a few times."""
        for wait in (*WAITS, None):
            with self._client.open(call, halt) as response:
                if response.status == _OK:
                    yield response
                    return
                seconds = _seconds_to_wait(response, wait)
                if seconds is None:
                    raise self._refusal(response)
            halt.wait(seconds)

    def _refusal(self, response: Response) -> EngineError:
        """What a status means, with what the server says of it."""
        said, status, host = _said(response), response.status, self._host
        match status:
            case 401 | 403:
                open_to_all = self._key and urlsplit(self._address).scheme == "http"
                why = " The key was not sent, because the connection is not encrypted." if open_to_all else ""
                return EngineError(f"“{host}” wants another key{said}{why}", kept=_KEPT, todo="Enter the key again.")
            case 404:
                todo = "Look at the address, and choose the model again."
                return EngineError(f"“{host}” does not know that address or that model{said}", kept=_KEPT, todo=todo)
            case 429:
                wait = response.header("Retry-After")
                todo = f"Try again in {wait} seconds." if wait.isdigit() else "Try again a little later."
                return EngineError(f"“{host}” has too much to do{said}", kept=_KEPT, todo=todo)
            case 400:
                todo = "Choose a model that sees images, or send less at once."
                return EngineError(f"“{host}” cannot take this question{said}", kept=_KEPT, todo=todo)
            case _ if 300 <= status < 400:
                todo = "Enter the address that it names, if you trust it."
                return EngineError(f"“{host}” sends elsewhere, which is not followed.", kept=_KEPT, todo=todo)
            case _:
                return EngineError(f"“{host}” failed with status {status}{said}", kept=_KEPT, todo="Try again later.")


def _seconds_to_wait(response: Response, usual: float | None) -> float | None:
    """How long to wait before the next try; None where there is to be none."""
    if response.status not in _BUSY or usual is None:
        return None
    told = response.header("Retry-After")
    seconds = float(told) if told.isdigit() else usual
    return seconds if seconds <= LONGEST_WAIT else None


def _said(response: Response) -> str:
    """What the body has to say, led by a colon; a full stop where it says nothing."""
    try:
        body = json.loads(response.read_all(MOST_BYTES))
    except (ValueError, RecursionError, NetworkError):
        return "."
    said = body.get("error", body.get("detail")) if isinstance(body, dict) else None
    return f": {error_words(said)}" if said else "."
