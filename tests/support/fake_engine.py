"""An engine process that is not one: the test says what it answers, through the real EngineWorker and its thread."""

import queue
from collections.abc import Callable, Iterator

from app.domain.ids import CallId
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.messages import Cancel, Event, Heartbeat, Request
from app.engine.process.wire import EventEnvelope, RequestEnvelope
from app.services.engines.engine import Engine

Script = Callable[[Request], Iterator[Event]]
"""What the process says to a request; Cancel is passed to it like any other."""


class FakeClient(EngineClient):
    """Answers requests by a script, without a process. `requests` holds what was asked, in order.

    `is_running` until it is closed or killed.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._asked: queue.SimpleQueue[RequestEnvelope | EventEnvelope | int | None] = queue.SimpleQueue()
        self.requests: list[Request] = []
        self.is_running = True
        self._call_id = 0

    def send(self, request: RequestEnvelope) -> None:
        """Queue a request for the script."""
        self._asked.put(request)

    def say(self, event: Event) -> None:
        """Have an event come of the latest request."""
        self._asked.put(EventEnvelope(CallId(self._call_id), event))

    def close(self) -> None:
        """End `events`."""
        self.is_running = False
        self._asked.put(None)

    def kill(self) -> None:
        """Die as a killed process does."""
        self.is_running = False
        self._asked.put(-9)

    def events(self) -> Iterator[EventEnvelope]:
        """What the script says."""
        while (item := self._asked.get()) is not None:
            if isinstance(item, int):
                raise EngineDied(item)
            if isinstance(item, EventEnvelope):
                yield item
                continue
            self._call_id = item.call_id
            self.requests.append(item.body)
            if not isinstance(item.body, Cancel):
                yield EventEnvelope(item.call_id, Heartbeat())
            for event in self._script(item.body):
                yield EventEnvelope(item.call_id, event)


def ignore(_event: Event) -> None:
    """Hear an answer that no test asks about."""


def pass_ticks(engine: Engine, count: int) -> None:
    """Let so many ticks of the engine's watch pass at once."""
    for _ in range(count):
        engine.tick()


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

    def set_script(self, kind: BackendKind, script: Script) -> None:
        """Give the clients of a kind that are made from now on another script."""
        self._scripts[kind] = script

    def latest(self, kind: BackendKind) -> FakeClient:
        """The newest client of a kind."""
        return next(client for made, client in reversed(self.clients) if made is kind)

    def running(self, kind: BackendKind) -> int:
        """How many processes of a kind there are."""
        return sum(client.is_running for made, client in self.clients if made is kind)

    def requests(self, kind: BackendKind) -> list[Request]:
        """Everything asked of a kind but Cancel, over all its processes."""
        asked = [request for made, client in self.clients if made is kind for request in client.requests]
        return [request for request in asked if not isinstance(request, Cancel)]


def _says_nothing(_request: Request) -> Iterator[Event]:
    return iter(())
