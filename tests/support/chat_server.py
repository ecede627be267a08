"""A server on this machine that speaks OpenAI's chat completions, well or badly, as the test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Write = Callable[[bytes], object]
DONE = b"data: [DONE]\n\n"


def event(**chunk: object) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(chunk)}\n\n".encode()


def piece(text: str) -> bytes:
    """A chunk with a piece of an answer."""
    return event(choices=[{"delta": {"content": text}, "finish_reason": None}])


def end(reason: str = "stop", prompt_tokens: int = 12, completion_tokens: int = 2) -> bytes:
    """The last chunks."""
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    return event(choices=[{"delta": {}, "finish_reason": reason}]) + event(choices=[], usage=usage) + DONE


@dataclass
class ChatServer:
    """What it says, and what it heard.

    `hold` keeps back the end of every answer until it is set; the statuses of `busy` are said first, one for each
    request.
    """

    address: str = ""
    status: int = 200
    busy: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    models: bytes = json.dumps({"data": [{"id": "qwen3-vl"}, {"id": "other"}]}).encode()
    answer: list[bytes] = field(default_factory=lambda: [piece("Hel"), piece("lo"), end()])
    hold: threading.Event = field(default_factory=threading.Event)
    requests: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    broken_off: threading.Event = field(default_factory=threading.Event)


def _keep_alive(state: ChatServer, write: Write) -> None:
    """Send comments for as long as the answer's end is held back."""
    while not state.hold.wait(0.02):
        write(b": still there\n")


def _stream(state: ChatServer, write: Write) -> None:
    try:
        for part in state.answer:
            if part.endswith(DONE):
                _keep_alive(state, write)
            write(part)
        _keep_alive(state, write)
    except OSError:
        state.broken_off.set()


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """A server in a thread, for as long as the context lasts."""
    state = ChatServer()
    state.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def do_GET(self) -> None:
            self._reply(lambda write: write(state.models))

        def do_POST(self) -> None:
            state.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._reply(lambda write: _stream(state, write))

        def _reply(self, body: Callable[[Write], object]) -> None:
            state.heads.append(dict(self.headers))
            self.send_response(state.busy.pop(0) if state.busy else state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            body(self._write)

        def _write(self, part: bytes) -> None:
            self.wfile.write(part)
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # So that closing waits for them.
    state.address = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
