"""Drives the application of `tests.support.driven_app` from outside, and sees what it leaves behind."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

MARK = "LORGNETTE_DRIVEN"
"""In the environment of the application, and so of every process that it starts."""
START_SECONDS = 60.0
Fact = dict[str, Any]


class Driver:
    """One application over `home`, which gets its data, its TMPDIR and its HOME; started by `wrapper`, if any."""

    def __init__(
        self, home: Path, *arguments: str, wrapper: tuple[str, ...] = (), data: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.data = data or home / "data"
        self.temporary = home / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.mark = uuid4().hex
        self._facts_file = home / f"facts-{self.mark}.jsonl"
        self._facts_file.touch()
        self._place = 0
        self.facts: list[Fact] = []
        self._numbers = itertools.count(1)
        folders = {name: str(home / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        self._log = (home / "stderr.txt").open("ab")
        command = [sys.executable, "-m", "tests.support.driven_app", str(self._facts_file), "--data", str(self.data)]
        self.process = subprocess.Popen(
            [*wrapper, *command, *arguments],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **folders, "TMPDIR": str(self.temporary), MARK: self.mark, **(environment or {})},
        )

    def tell(self, do: str, **arguments: Any) -> int:  # noqa: ANN401 - whatever the hand takes
        """Have a hand do something, and return the command's number."""
        number = next(self._numbers)
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"number": number, "do": do, **arguments}).encode() + b"\n")
        self.process.stdin.flush()
        return number

    def do(self, do: str, seconds: float = 30.0, **arguments: Any) -> Any:  # noqa: ANN401
        """The same, and wait until it was done; returns what it saw."""
        since = len(self.facts)
        number = self.tell(do, **arguments)
        return self.wait_for("done", seconds, lambda fact: fact["number"] == number, since)["result"]

    def read(self) -> list[Fact]:
        """Facts that are new."""
        with self._facts_file.open("rb") as file:
            file.seek(self._place)
            whole, end, _torn = file.read().rpartition(b"\n")
        self._place += len(whole) + len(end)
        fresh = [json.loads(line) for line in whole.split(b"\n") if line]
        self.facts += fresh
        return fresh

    def wait_for(
        self, fact: str, seconds: float = START_SECONDS, holds: Callable[[Fact], bool] = lambda _: True, since: int = 0
    ) -> Fact:
        """The first fact of this name for which `holds`, old or new; fails where it does not come."""
        deadline = time.monotonic() + seconds
        while True:
            self.read()
            for known in self.facts[since:]:
                if known["fact"] == fact and holds(known):
                    return known
            ended = self.process.poll()
            assert ended is None, f"the application ended with {ended} before {fact}: {self.said()}"
            assert time.monotonic() < deadline, f"no {fact} within {seconds} s: {self.facts[-5:]}"
            time.sleep(0.02)

    def connect(self, address: str) -> None:
        """Have a server answer, and wait until it does."""
        self.read()
        since, host = len(self.facts), urlsplit(address).netloc
        self.do("connect", address=address)
        self.wait_for("status", holds=lambda fact: fact["state"] == "ready" and fact["server"] == host, since=since)

    def begin(self) -> None:
        """Wait until it has begun and the chats are read."""
        self.wait_for("begun")

    def wait_until(self, holds: Callable[[Fact], bool], seconds: float = START_SECONDS) -> Fact:
        """Look at the screen until `holds` of it, and return what is seen."""
        deadline = time.monotonic() + seconds
        while True:
            seen: Fact = self.do("look", seconds)
            if holds(seen):
                return seen
            assert time.monotonic() < deadline, f"waited in vain: {seen}"
            time.sleep(0.05)

    def engine(self, kind: str) -> int:
        """The process id of the newest engine of this kind."""
        self.read()
        started = [fact for fact in self.facts if fact["fact"] == "engine" and fact["kind"] == kind]
        return int(started[-1]["pid"])

    def problems(self) -> list[str]:
        """Every sentence that was shown."""
        self.read()
        return [fact["sentence"] for fact in self.facts if fact["fact"] == "problem"]

    def kill(self, number: int = signal.SIGKILL) -> float:
        """End it by force; returns the moment."""
        moment = time.monotonic()
        self.process.send_signal(number)
        self.process.wait()
        self.read()
        return moment

    def quit(self, seconds: float = 30.0) -> int:
        """Close it as a user does, and return its exit status."""
        self.tell("quit")
        status = self.process.wait(seconds)
        self.read()
        return status

    def said(self) -> str:
        """The end of what it wrote to its terminal."""
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")[-2000:]

    def family(self) -> list[int]:
        """Every process of this start that lives, the application's own too."""
        return [pid for pid in _all_processes() if _carries(pid, self.mark)]

    def processes(self) -> dict[str, int]:
        """The family by what each process is: `window`, and the kinds of engines with the number of their start."""
        self.read()
        kinds = {self.process.pid: "window"}
        for number, fact in enumerate(fact for fact in self.facts if fact["fact"] == "engine"):
            kinds[fact["pid"]] = f"{fact['kind']} {number}"
        return {kinds.get(pid, f"process {pid}"): pid for pid in self.family()}

    def close(self) -> None:
        """Leave nothing behind."""
        for pid in self.family():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self._log.close()


@contextmanager
def driving(home: Path, *arguments: str, **options: Any) -> Iterator[Driver]:  # noqa: ANN401 - Driver's own
    """An application that ends with the context."""
    driver = Driver(home, *arguments, **options)
    try:
        yield driver
    finally:
        driver.close()


def _all_processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _carries(pid: int, mark: str) -> bool:
    """Whether a process that has not ended carries the mark; one of another user's does not."""
    try:
        return f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
