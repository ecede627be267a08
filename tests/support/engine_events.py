"""The events of an engine process, but for Heartbeat."""

from collections.abc import Generator
from contextlib import closing
from typing import cast

from app.engine.process.client import EngineClient
from app.engine.process.messages import Event, Heartbeat
from app.engine.process.wire import EventEnvelope


def envelopes(client: EngineClient) -> Generator[EventEnvelope]:
    """The events of a process with the ids of their calls; it ends when this is closed."""
    with closing(cast(Generator[EventEnvelope], client.events())) as said:
        yield from (envelope for envelope in said if not isinstance(envelope.body, Heartbeat))


def engine_events(client: EngineClient) -> Generator[Event]:
    """The events of a process, which ends when this is closed."""
    with closing(envelopes(client)) as said:
        yield from (envelope.body for envelope in said)
