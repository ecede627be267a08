"""Requests to a model server, which can be cancelled at any time."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.domain.error_texts import server_texts
from app.domain.errors import Argument, EngineError, ErrorText, LorgnetteError, NetworkError, Problem
from app.domain.models.remote_servers import RemoteModel, is_open_to_readers, is_this_machine
from app.domain.ports import CancelCheck
from app.domain.well_formed import well_formed
from app.engine.remote.event_stream import error_words
from app.engine.remote.worker_thread import iterate_in_thread
from app.network.addresses import named_server
from app.network.cancel_token import CancelToken
from app.network.client import HttpRequest, NetworkClient, NetworkRules, Response
from app.network.retry_after import retry_after

READ_TIMEOUT_SECONDS = 300.0
"""Read timeout of an answer in seconds; the prefill of a long prompt may take minutes before the first token."""
LISTING_TIMEOUT_SECONDS = 60.0
"""Read timeout of the list of models in seconds; a server has it at hand."""
MAX_BYTES = 4_000_000
"""Maximum size of a list of models, of an error's body and of an answer that is not streamed, in bytes."""
MAX_MODELS = 1000
MAX_NAME = 300
"""Maximum number of characters of a model's name; a longer one is not offered."""
RETRY_DELAYS = (1.0, 3.0, 10.0)
"""Delays in seconds before each retry of an overloaded server, unless it names one itself."""
MAX_RETRY_DELAY = 60.0
_OK = 200
_BUSY = {429, 503}
_REFUSED = {400, 422}
FORMAT = "response_format"
"""The field of a request that has the schema of its answer, which not all servers know."""
_Read = Callable[[Response], Iterator[bytes]]
_Refusal = tuple[ErrorText, ErrorText]
"""The text of a refusal, and the one with the server's explanation."""
_KEY_REJECTED: _Refusal = (server_texts.KEY_REJECTED, server_texts.KEY_REJECTED_WORDS)
_KEY_NOT_SENT: _Refusal = (server_texts.KEY_NOT_SENT, server_texts.KEY_NOT_SENT_WORDS)
_OVERLOADED: _Refusal = (server_texts.OVERLOADED, server_texts.OVERLOADED_WORDS)
_OVERLOADED_FOR: _Refusal = (server_texts.OVERLOADED_FOR, server_texts.OVERLOADED_FOR_WORDS)
_FAILED: _Refusal = (server_texts.FAILED, server_texts.FAILED_WORDS)
_REFUSALS: dict[int, _Refusal] = {
    400: (server_texts.QUESTION_REFUSED, server_texts.QUESTION_REFUSED_WORDS),
    401: _KEY_REJECTED,
    403: _KEY_REJECTED,
    404: (server_texts.NOT_THERE, server_texts.NOT_THERE_WORDS),
    429: _OVERLOADED,
}
"""Refusals by the status code."""


class RequestRefused(EngineError):
    """The server does not take the request as it is."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model in a server's list; `owner` is what the server's program writes there, often its own name."""

    name: str
    owner: str


class ServerConnection:
    """A connection to the API at `address` (see `normalised`), with `key` if it requires one.

    With `offline`, only servers on this machine are contacted. A list of models is waited for `read_seconds`. Whatever
    a server sends, and whenever, only NetworkError or EngineError is raised.
    """

    def __init__(
        self,
        address: str,
        key: str = "",
        *,
        offline: bool = False,
        read_seconds: float = LISTING_TIMEOUT_SECONDS,
        retry_delays: tuple[float, ...] | None = None,
    ) -> None:
        self._address = address
        self._read_seconds = read_seconds
        self._retry_delays = RETRY_DELAYS if retry_delays is None else retry_delays
        self._host = RemoteModel(address, "").host
        self._key = key
        self._takes_format = True
        self._rules = NetworkRules(
            offline=offline and not is_this_machine(address), named_servers=named_server(address)
        )

    def models(self, check: CancelCheck) -> list[str]:
        """Return the sorted names of its models. Raises EngineError, NetworkError, and whatever `check` raises."""
        return [model.name for model in self.listed_models(check)]

    def listed_models(self, check: CancelCheck) -> list[ListedModel]:
        """Return its models, sorted by name. Raises EngineError, NetworkError, and whatever `check` raises."""
        request = self._call("GET", "/models", None)
        content = b"".join(self._chunks(request, lambda response: iter((response.read_all(MAX_BYTES),)), check))
        try:
            listed = json.loads(content.decode("utf-8", "replace"))["data"]
            owners = {well_formed(str(model["id"])): str(model.get("owned_by")) for model in listed}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise EngineError(server_texts.NOT_A_LIST, host=self._host) from error
        names = sorted(name for name in owners if len(name) <= MAX_NAME)[:MAX_MODELS]
        return [ListedModel(name, owners[name]) for name in names]

    def answer(self, body: dict[str, Any], check: CancelCheck) -> Iterator[str]:
        """Yield the lines of a streamed chat completion, and an empty line regularly while none arrives.

        A server that does not stream sends one JSON object, which is yielded as a stream of one event. One that refuses
        `response_format` is asked without it, from then on. Raises EngineError, NetworkError, and whatever `check`
        raises.
        """
        if not self._takes_format:
            body = {name: value for name, value in body.items() if name != FORMAT}
        try:
            yield from self._answer(body, check)
        except RequestRefused:
            if FORMAT not in body:
                raise
            self._takes_format = False
            yield from self.answer(body, check)

    def _answer(self, body: dict[str, Any], check: CancelCheck) -> Iterator[str]:
        request = self._call("POST", "/chat/completions", json.dumps(body).encode())
        for line in self._chunks(request, _answer_lines, check):
            yield line.decode("utf-8", "replace").rstrip("\r\n")

    def _call(self, method: str, path: str, body: bytes | None) -> HttpRequest:
        headers = {"Accept": "text/event-stream, application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        return HttpRequest(url=f"{self._address}{path}", method=method, headers=headers, body=body, token=self._key)

    def _chunks(self, request: HttpRequest, read: _Read, check: CancelCheck) -> Iterator[bytes]:
        """Yield the chunks that `read` returns for the response, in a worker thread so that this one polls for Stop."""

        def exchange(cancel_token: CancelToken) -> Iterator[bytes]:
            try:
                with self._opened(request, cancel_token) as response:
                    yield from read(response)
            except LorgnetteError:
                raise
            except Exception as error:
                raise EngineError(server_texts.INVALID_RESPONSE, host=self._host, error=type(error).__name__) from error

        return iterate_in_thread(exchange, check)

    @contextmanager
    def _opened(self, request: HttpRequest, cancel_token: CancelToken) -> Iterator[Response]:
        """Yield the response once the server accepts the request; an overloaded server is retried a few times."""
        read_timeout = self._read_seconds if request.method == "GET" else READ_TIMEOUT_SECONDS
        client = NetworkClient(lambda: self._rules, stall_seconds=read_timeout)
        for wait in (*self._retry_delays, None):
            with client.open(request, cancel_token) as response:
                if response.status == _OK:
                    yield response
                    return
                seconds = _seconds_to_wait(response, wait)
                if seconds is None:
                    refused = RequestRefused if response.status in _REFUSED else EngineError
                    raise refused(self._refusal(response))
            cancel_token.wait(seconds)

    def _refusal(self, response: Response) -> Problem:
        """Return the problem of a status code, with the server's explanation if it gives one."""
        words, status = _error_words(response), response.status
        if 300 <= status < 400:
            return server_texts.REDIRECTS.problem(host=self._host)
        arguments: dict[str, Argument] = {"host": self._host, "status": status}
        refusal = _REFUSALS.get(status, _FAILED)
        if refusal is _KEY_REJECTED and self._key and is_open_to_readers(self._address):
            refusal = _KEY_NOT_SENT
        wait = retry_after(response.header("Retry-After"))
        if refusal is _OVERLOADED and wait is not None:
            refusal = _OVERLOADED_FOR
            arguments["seconds"] = wait
        plain, explained = refusal
        return explained.problem(**arguments, words=words) if words else plain.problem(**arguments)


def _answer_lines(response: Response) -> Iterator[bytes]:
    """Yield the lines of a stream; a whole JSON object or a web page begins with what begins no line of a stream."""
    lines = response.lines()
    for line in lines:
        start = line.lstrip()[:1]
        if start == b"<":  # A page of a proxy or a login, or another service than an API.
            raise EngineError(server_texts.INVALID_ANSWER)
        if start in {b"{", b"["}:
            yield from (_one_event(_joined(line, lines)), b"data: [DONE]\n")
            return
        yield line


def _joined(first: bytes, rest: Iterator[bytes]) -> bytes:
    """Return the lines as one text of at most MAX_BYTES. Raises EngineError if there are more."""
    body = bytearray(first)
    for line in rest:
        body += line
        if len(body) > MAX_BYTES:
            raise EngineError(server_texts.INVALID_ANSWER)
    return bytes(body)


def _one_event(body: bytes) -> bytes:
    try:
        return f"data: {json.dumps(json.loads(body))}\n".encode()
    except (ValueError, RecursionError) as error:
        raise EngineError(server_texts.INVALID_ANSWER) from error


def _seconds_to_wait(response: Response, usual: float | None) -> float | None:
    """Return the seconds to wait before the next retry; None if there is to be none."""
    if response.status not in _BUSY or usual is None:
        return None
    requested = retry_after(response.header("Retry-After"))
    seconds = usual if requested is None else requested
    return seconds if seconds <= MAX_RETRY_DELAY else None


def _error_words(response: Response) -> str:
    """Return the error message in the body; empty if it has none."""
    try:
        body = json.loads(response.read_all(MAX_BYTES))
    except (ValueError, RecursionError, NetworkError):
        return ""
    detail = body.get("error", body.get("detail")) if isinstance(body, dict) else None
    return error_words(detail) if detail else ""
