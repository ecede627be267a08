"""A server on this machine that writes whatever bytes a test wants, without a library that would keep them in order."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[[str], Iterable[bytes]]
"""What is written in answer to a request, by its first line: piece by piece."""


def http(body: bytes = b"", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A response with these headers and no others; it ends with its connection."""
    return b"".join((b"HTTP/1.1 ", status, b"\r\n", *(header + b"\r\n" for header in headers), b"\r\n", body))


@dataclass
class RawServer:
    """Writes what `answer` gives; `holds` keeps connections open behind it. `written` counts the bytes."""

    answer: Answer
    holds: bool = False
    port: int = 0
    written: int = 0
    requests: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """Of its API."""
        return f"http://127.0.0.1:{self.port}/v1"

    def serve(self, connection: socket.socket) -> None:
        """Answer one request."""
        with contextlib.suppress(OSError), connection:
            head = b""
            while b"\r\n\r\n" not in head and (more := connection.recv(65536)):
                head += more
            line = head.partition(b"\r\n")[0].decode("latin-1")
            self.requests.append(line)
            for piece in self.answer(line):
                if self.released.is_set():
                    return
                connection.sendall(piece)
                self.written += len(piece)
            if self.holds:
                self.released.wait(60)
            connection.shutdown(socket.SHUT_WR)  # So that what was written is read before the connection is reset.
            while connection.recv(65536):
                pass


@contextmanager
def raw_server(answer: Answer | bytes, *, holds: bool = False) -> Iterator[RawServer]:
    """A server in threads, for as long as the context lasts; bytes are its answer to everything."""
    server = RawServer((lambda _: (answer,)) if isinstance(answer, bytes) else answer, holds)
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]

    serving: list[threading.Thread] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                serving[:] = [thread for thread in serving if thread.is_alive()]
                serving.append(threading.Thread(target=server.serve, args=(connection,), daemon=True))
                serving[-1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)  # Wakes the thread; closing alone does not.
        listening.close()
        thread.join(10)
        for each in serving:
            each.join(10)
