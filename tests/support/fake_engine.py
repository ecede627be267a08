"""An engine process that is not one: the test says what it answers, through the real EngineWorker and its thread."""

import queue
from collections.abc import Callable, Iterator

from app.engine.process.backend import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.messages import Cancel, Event, Request

Script = Callable[[Request], Iterator[Event]]
"""What the process says to a request; Cancel is passed to it like any other."""


class FakeClient(EngineClient):
    """Answers requests by a script, without a process. `requests` holds what was asked, in order."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._inbox: queue.SimpleQueue[Request | int | None] = queue.SimpleQueue()
        self.requests: list[Request] = []

    def send(self, request: Request) -> None:
        """Queue a request for the script."""
        self._inbox.put(request)

    def close(self) -> None:
        """End `events`."""
        self._inbox.put(None)

    def kill(self) -> None:
        """Die as a killed process does."""
        self._inbox.put(-9)

    def events(self) -> Iterator[Event]:
        """What the script says."""
        while (item := self._inbox.get()) is not None:
            if isinstance(item, int):
                raise EngineDied(item)
            self.requests.append(item)
            yield from self._script(item)


class FakeEngines:
    """Makes fake clients, and remembers them by kind; a kind without a script says nothing."""

    def __init__(self, **scripts: Script) -> None:
        self._scripts = {BackendKind[name.upper()]: script for name, script in scripts.items()}
        self.clients: list[tuple[BackendKind, FakeClient]] = []

    def __call__(self, kind: BackendKind) -> FakeClient:
        """A client of this kind."""
        client = FakeClient(self._scripts.get(kind, _says_nothing))
        self.clients.append((kind, client))
        return client

    def latest(self, kind: BackendKind) -> FakeClient:
        """The newest client of a kind."""
        return next(client for made, client in reversed(self.clients) if made is kind)

    def requests(self, kind: BackendKind) -> list[Request]:
        """Everything asked of a kind but Cancel, over all its processes."""
        asked = [request for made, client in self.clients if made is kind for request in client.requests]
        return [request for request in asked if not isinstance(request, Cancel)]


def _says_nothing(_request: Request) -> Iterator[Event]:
    return iter(())
