"""A client of `lorgnette mcp` over pipes, which says what it is told: lines, whole or broken."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.processes import engine_processes_of, is_alive, wait_until

INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
SCRIPTED = """
import sys
from app.cli import main
from app.commands import mcp
from tests.support.serving import scripted_client
if __name__ == "__main__":
    mcp.client_ignoring_sigint = scripted_client
    mcp.checked_model = lambda folder: folder
    sys.exit(main(["mcp", *sys.argv[1:]]))
"""
"""The command with engine processes whose answers stand in the files: see tests/support/serving.py."""


class McpClient:
    """A running command; its messages are in `messages`, in order."""

    def __init__(self, home: Path, arguments: Sequence[str], *, is_scripted: bool) -> None:
        program = home / "scripted_mcp.py"
        program.write_text(SCRIPTED, encoding="utf-8")
        for folder in (home / "home", home / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        folders = {name: str(home / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        begun = [str(program)] if is_scripted else ["-m", "app", "mcp"]
        self.process = subprocess.Popen(
            [sys.executable, *begun, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": str(Path.cwd()), **os.environ, **folders, "TMPDIR": str(home / "tmp")},
        )
        self.messages: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self._engines: set[int] = set()
        self._id = 0
        self._threads = [threading.Thread(target=work) for work in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.messages.append(json.loads(line))

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.errors.extend(line.decode() for line in self.process.stderr)

    def send(self, data: bytes) -> None:
        """Write bytes."""
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def say(self, **message: object) -> None:
        """Write a message."""
        self.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def begin(self, method: str, **params: object) -> int:
        """Send a request and return its id."""
        self._id += 1
        self.say(id=self._id, method=method, params=params)
        return self._id

    def answer_to(self, request_id: object) -> dict[str, Any]:
        """Wait for the answer to a request."""
        wait_until(lambda: any(one.get("id", "") == request_id for one in self.messages))
        return next(one for one in self.messages if one.get("id", "") == request_id)

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Make a request and return its answer."""
        return self.answer_to(self.begin(method, **params))

    def initialize(self) -> None:
        """Shake hands."""
        assert "result" in self.ask("initialize", **INITIALIZE)
        self.say(method="notifications/initialized")

    def begin_call(self, name: str, **arguments: object) -> int:
        """Call a tool and return the request's id."""
        return self.begin("tools/call", name=name, arguments=arguments)

    def call(self, name: str, **arguments: object) -> tuple[bool, str]:
        """Call a tool; return whether it is an error, and its text."""
        return outcome(self.answer_to(self.begin_call(name, **arguments)))

    def engines(self) -> list[int]:
        """The process ids of its engine processes."""
        found = engine_processes_of(self.process.pid)
        self._engines.update(found)
        return found

    def wait(self) -> int:
        """Return the exit status once it has ended and everything that it printed is read, and no engine is left."""
        status = self.process.wait(60)
        for thread in self._threads:
            thread.join()
        wait_until(lambda: not any(map(is_alive, self._engines)))
        return status


def outcome(answer: dict[str, Any]) -> tuple[bool, str]:
    """Whether the result of a tool is an error, and its texts."""
    result = answer["result"]
    return result["isError"], "\n".join(part["text"] for part in result["content"])


@contextmanager
def mcp_client(home: Path, *arguments: str, is_scripted: bool = True) -> Iterator[McpClient]:
    """Run the command, for as long as the context lasts."""
    client = McpClient(home, arguments, is_scripted=is_scripted)
    try:
        yield client
    finally:
        if client.process.poll() is None:
            client.engines()
            client.process.kill()
        client.wait()
        for stream in (client.process.stdin, client.process.stdout, client.process.stderr):
            assert stream
            try:
                stream.close()
            except BrokenPipeError:
                continue
