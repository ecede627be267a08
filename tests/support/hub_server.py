"""A hub on this machine that speaks huggingface.co's API and misbehaves as it is told."""

import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL_ID = "Maker/Tiny-Model"
COMMIT = "c0ffee" * 6 + "beef"
PIECE = 4096


def git_sha1(content: bytes) -> str:
    """Git's name for a blob."""
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Seen:
    """One request as it came."""

    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Trouble:
    """What goes wrong with the next requests for a file or the listing whose path ends with `where`, `times` times.

    `status` refuses, with `headers`. `cut` ends the connection after so many bytes, `stall` keeps silent after so many.
    `wrong` sends other bytes of the same number. `more` sends too many. `whole` ignores Range. `drip` sends so many
    bytes each hundredth of a second.
    """

    where: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: int | None = None
    wrong: bool = False
    more: bool = False
    whole: bool = False
    drip: int = 0


class HubServer:
    """Serves `files` as the model MODEL_ID. Names in `lfs` are redirected to `cdn`, where there is one."""

    def __init__(self, files: dict[str, bytes], lfs: tuple[str, ...] = (), cdn: str = "") -> None:
        self.files = files
        self.lfs = lfs
        self.cdn = cdn
        self.etags = {name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in files.items()}
        self.troubles: list[Trouble] = []
        self.seen: list[Seen] = []
        self.commit = COMMIT
        self.slow_seconds = 0.0
        self.extra: list[dict[str, Any]] = []
        self.released = threading.Event()
        server = self

        class Handler(_Handler):
            hub = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = False  # So that stopping waits for them.
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        """What a user would enter as the server."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def listing(self) -> dict[str, Any]:
        """The answer to a question about the model."""
        siblings: list[dict[str, Any]] = []
        for name, content in self.files.items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": git_sha1(content)}
            if name in self.lfs:
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        return {"id": MODEL_ID, "sha": self.commit, "siblings": [*siblings, *self.extra]}

    def trouble(self, path: str) -> Trouble | None:
        """What goes wrong now."""
        for trouble in self.troubles:
            if trouble.times > 0 and path.partition("?")[0].endswith(trouble.where):
                trouble.times -= 1
                return trouble
        return None

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [seen.path for seen in self.seen]

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and let go of connections that keep silent."""
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serving(server: HubServer) -> Iterator[HubServer]:
    """The server, running."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub = self.hub
        hub.seen.append(Seen(self.path, {name.lower(): value for name, value in self.headers.items()}))
        trouble = hub.trouble(self.path)
        if trouble and trouble.status:
            self._refuse(trouble.status, trouble.headers)
        elif self.path.startswith("/api/models/"):
            self._send(json.dumps(hub.listing()).encode(), "listing", trouble)
        elif (name := self.path.partition("?")[0].rsplit("/", 1)[-1]) in hub.files:
            if hub.cdn and name in hub.lfs:
                self._refuse(302, {"Location": f"{hub.cdn}/cdn/{name}?signature=secret"})
            else:
                self._send(hub.files[name], hub.etags.get(name, name), trouble)
        else:
            self._refuse(404, {"X-Error-Code": "EntryNotFound"})

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _refuse(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, content: bytes, etag: str, trouble: Trouble | None) -> None:
        start, wanted = 0, self.headers.get("Range", "")
        same = self.headers.get("If-Range", f'"{etag}"') == f'"{etag}"'
        if wanted and same and not (trouble and trouble.whole):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self._refuse(416, {"Content-Range": f"bytes */{len(content)}"})
                return
        body = content[start:]
        if trouble and trouble.wrong:
            body = bytes(255 - byte for byte in body)
        if trouble and trouble.more:
            body += b"more"
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{etag}"')
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self._write(body, trouble)

    def _write(self, body: bytes, trouble: Trouble | None) -> None:
        ends = (trouble.cut, trouble.stall) if trouble else ()
        end = next((at for at in ends if at is not None), len(body))
        piece, pause = (trouble.drip, 0.01) if trouble and trouble.drip else (PIECE, self.hub.slow_seconds)
        try:
            for place in range(0, end, piece):
                self.wfile.write(body[place : min(place + piece, end)])
                if pause:
                    time.sleep(pause)
        except OSError:
            self.close_connection = True
            return
        if trouble and trouble.stall is not None:
            self.hub.released.wait(20)
        if end < len(body):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
