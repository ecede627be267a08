"""`lorgnette serve` as a process of its own, over folders of its own, on a free port of this machine."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import engine_processes_of, is_alive, wait_until

STARTED = re.compile(r"“(.+)” answers at (http://[\d.]+:\d+)/v1")


class ServeCommand:
    """A running command; `model` is the name by which its model is asked, `address` that of the server."""

    def __init__(self, home: Path, *arguments: str) -> None:
        for folder in (home / "home", home / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        folders = {name: str(home / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", "0", *arguments],
            stderr=subprocess.PIPE,
            env={**os.environ, **folders, "TMPDIR": str(home / "tmp")},
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        wait_until(lambda: self.process.poll() is not None or any(map(STARTED.search, self.lines)))
        found = STARTED.search(self.stderr)
        self.model, self.address = found.groups() if found else ("", "")
        self._engines: set[int] = set()

    def _read(self) -> None:
        assert self.process.stderr
        self.lines.extend(self.process.stderr)

    @property
    def stderr(self) -> str:
        """What it has printed on standard error."""
        return "".join(self.lines)

    def engines(self) -> dict[str, int]:
        """The process ids of its engine processes, by their kinds."""
        found = {}
        for pid in engine_processes_of(self.process.pid):
            try:
                found[Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()] = pid
            except OSError:  # It has just ended.
                continue
        self._engines.update(found.values())
        return found

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the exit status once the process and all that it printed are there."""
        self.engines()
        self.process.send_signal(number)
        status = self.process.wait(60)
        self._reader.join()
        return status

    def orphans(self, seconds: float = 10.0) -> list[int]:
        """Its engine processes that do not end, behind its end."""
        deadline = time.monotonic() + seconds
        while (left := [pid for pid in self._engines if is_alive(pid)]) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left


@contextmanager
def serve_command(home: Path, *arguments: str) -> Iterator[ServeCommand]:
    """Run the command, for as long as the context lasts."""
    command = ServeCommand(home, *arguments)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.end(signal.SIGKILL)
        assert command.process.stderr
        command.process.stderr.close()
