"""Many clients ask `lorgnette serve` while its engines are killed: each request ends with an answer or a told error."""

import base64
import json
import os
import random
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from tests.faults.conftest import Tries
from tests.support.serve_command import ServeCommand, serve_command

CLIENTS = 8
TEXT = ["Gate", "B14", "Boarding", "09:35", "Luggage:", "23", "kg"]
MAX_GROWN_BYTES = 150_000_000
"""Of the command's own process: 8 clients' bodies and what allocators keep of them."""
KILL_SECONDS = (1.0, 4.0)
"""Between two kills, at random."""
ANSWERED, REFUSED, LEFT = "answered", "told an error", "left by the client"


@dataclass
class Outcomes:
    """What came of each request, by its number; what is none of the three ends is an objection."""

    ends: dict[int, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    kills: int = 0

    def objections(self, wanted: int) -> list[str]:
        """What broke the promise that nothing is lost."""
        good = {ANSWERED, REFUSED, LEFT}
        wrong = [f"{number}: {end}" for number, end in sorted(self.ends.items()) if end not in good]
        wrong += [f"{number}: nothing" for number in range(wanted) if number not in self.ends]
        if self.kills == 0 or ANSWERED not in self.ends.values():
            wrong.append("nothing was tried")
        return wrong


class Client:
    """Asks one request after another, of random kinds."""

    def __init__(self, command: ServeCommand, note: bytes, rng: random.Random) -> None:
        self._authority = command.address.removeprefix("http://")
        self._model = command.model
        self._note = note
        self._rng = rng

    def request(self) -> str:
        """Make a request and return how it ended."""
        kind = self._rng.choice([self._whole, self._stream, self._stream, self._read, self._broken, self._leave])
        connection = HTTPConnection(self._authority, timeout=300)
        try:
            return kind(connection)
        finally:
            connection.close()

    def _whole(self, connection: HTTPConnection) -> str:
        status, body = self._post(connection, self._question(is_stream=False))
        if status != 200:
            return _told(status, body)
        text = json.loads(body)["choices"][0]["message"]["content"]
        return ANSWERED if text.split() == TEXT else f"another answer: {text}"

    def _stream(self, connection: HTTPConnection) -> str:
        status, body = self._post(connection, self._question(is_stream=True))
        if status != 200:
            return _told(status, body)
        events = body.decode().split("\n\n")
        *lines, last = [event.removeprefix("data: ") for event in events if event.startswith("data: ")]
        if last != "[DONE]":
            return _told(500, last.encode())
        texts = [choice["delta"].get("content", "") for line in lines for choice in json.loads(line)["choices"]]
        return ANSWERED if "".join(texts).split() == TEXT else f"another answer: {texts}"

    def _read(self, connection: HTTPConnection) -> str:
        status, body = self._post(connection, self._note, "/ocr")
        if status != 200:
            return _told(status, body)
        return ANSWERED if body.decode().split() == TEXT else f"another text: {body!r}"

    def _broken(self, connection: HTTPConnection) -> str:
        status, body = self._post(connection, self._rng.randbytes(2000), "/ocr")
        return f"read from nothing: {body!r}" if status == 200 else _told(status, body)

    def _leave(self, connection: HTTPConnection) -> str:
        """Go within the answer, or before it."""
        connection.request("POST", "/v1/chat/completions", self._question(is_stream=True))
        time.sleep(self._rng.uniform(0.0, 0.5))
        return LEFT

    def _question(self, *, is_stream: bool) -> bytes:
        url = f"data:image/png;base64,{base64.b64encode(self._note).decode()}"
        parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "Read the text."}]
        asked = {"model": self._model, "temperature": 0, "stream": is_stream}
        return json.dumps({**asked, "messages": [{"role": "user", "content": parts}]}).encode()

    @staticmethod
    def _post(connection: HTTPConnection, body: bytes, path: str = "/v1/chat/completions") -> tuple[int, bytes]:
        connection.request("POST", path, body)
        response = connection.getresponse()
        return response.status, response.read()


def _told(status: int, body: bytes) -> str:
    """REFUSED, if this is an error as the API has it."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return f"{status} {body[-200:]!r}"
    return REFUSED if status >= 400 and error["message"] else f"{status} {error}"


def hammer(command: ServeCommand, note: bytes, wanted: int, rng: random.Random) -> Outcomes:
    """Have clients make `wanted` requests together while engines are killed."""
    outcomes = Outcomes()
    numbers = iter(range(wanted))
    lock, over = threading.Lock(), threading.Event()

    def work(client: Client) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            begun = time.monotonic()
            try:
                end = client.request()
            except OSError as error:
                end = f"{type(error).__name__}: {error}"
            with lock:
                outcomes.ends[number] = end
                outcomes.seconds.append(time.monotonic() - begun)

    clients = [Client(command, note, random.Random(rng.random())) for _ in range(CLIENTS)]
    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    killer = threading.Thread(target=_kill_engines, args=(command, outcomes, random.Random(rng.random()), over))
    for thread in (*threads, killer):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    killer.join()
    return outcomes


def _kill_engines(command: ServeCommand, outcomes: Outcomes, moments: random.Random, over: threading.Event) -> None:
    while not over.wait(moments.uniform(*KILL_SECONDS)):
        if engines := sorted(command.engines().values()):
            with suppress(ProcessLookupError):
                os.kill(moments.choice(engines), signal.SIGKILL)
                outcomes.kills += 1


def resident(pid: int) -> int:
    """The bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_nothing_is_lost_by_many_clients_and_kills(home: Path, note: Path, rng: random.Random, tries: Tries) -> None:
    wanted = tries(60, 1000)
    content = note.read_bytes()
    with serve_command(home) as command:
        assert Client(command, content, rng).request()
        before, descriptors = resident(command.process.pid), _descriptors(command)
        begun = time.monotonic()
        outcomes = hammer(command, content, wanted, rng)
        seconds = time.monotonic() - begun
        grown = resident(command.process.pid) - before
        _print(outcomes, seconds, grown)
        assert outcomes.objections(wanted) == []
        assert grown < MAX_GROWN_BYTES
        assert _descriptors(command) <= descriptors + 12
        last = Client(command, content, rng)
        _until(lambda: last.request() == ANSWERED)
        assert command.end(signal.SIGTERM) == 0
        assert command.orphans() == []
        assert "Traceback" not in command.stderr
    assert list((home / "tmp").iterdir()) == []


def test_twin_a_request_that_is_lost_is_seen() -> None:
    outcomes = Outcomes({0: ANSWERED, 1: "ConnectionResetError: reset", 2: LEFT, 4: REFUSED}, kills=1)
    assert outcomes.objections(5) == ["1: ConnectionResetError: reset", "3: nothing"]
    assert Outcomes({0: REFUSED}).objections(1) == ["nothing was tried"]
    assert _told(500, b"Internal Server Error") != REFUSED
    assert _told(503, b'{"error": {"message": "x"}}') == REFUSED


def _descriptors(command: ServeCommand) -> int:
    return len(list(Path(f"/proc/{command.process.pid}/fd").iterdir()))


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
    raise AssertionError("waited in vain")


def _print(outcomes: Outcomes, seconds: float, grown: int) -> None:
    ends = dict(Counter(outcomes.ends.values()))
    print(  # noqa: T201 - the figures of a soak
        f"{len(outcomes.ends)} requests of {CLIENTS} clients in {seconds:.0f} s, {outcomes.kills} kills: {ends}; "
        f"median {statistics.median(outcomes.seconds):.2f} s, max {max(outcomes.seconds):.1f} s; "
        f"grown by {grown / 1e6:.0f} MB"
    )
