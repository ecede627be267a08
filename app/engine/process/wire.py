"""Encodes and decodes envelopes: MessagePack with a type tag, validated on arrival by msgspec.

A request may name a file whose name is not UTF-8 (see `app.domain.well_formed`). MessagePack cannot represent that, so
such a request is sent as JSON, whose escapes can; no MessagePack message begins with a brace. Events are shown and
stored, so their text is made well-formed when they are encoded.
"""

import json
from typing import Any

import msgspec

from app.domain.ids import CallId
from app.domain.well_formed import well_formed
from app.engine.process.messages import Event, Request

MAX_EVENT_BYTES = 64 * 1024 * 1024
"""Maximum size in bytes of one encoded event.

The largest are images of 1800 pixels per side, and pages with the boxes of all their words.
"""
NO_CALL = CallId(0)
"""Call id in the envelope of messages that belong to no call: Shutdown, and Heartbeat but for the first of a call."""


class RequestEnvelope(msgspec.Struct, frozen=True):
    """A request and the id of the call that it starts or cancels; ids are unique within a process's lifetime."""

    call_id: CallId
    body: Request


class EventEnvelope(msgspec.Struct, frozen=True):
    """An event and the id of the call that it belongs to."""

    call_id: CallId
    body: Event


class _Head(msgspec.Struct):
    """The part common to all envelopes."""

    call_id: CallId


_JSON = b"{"
_encoder = msgspec.msgpack.Encoder()
_request_decoder = msgspec.msgpack.Decoder(RequestEnvelope)
_event_decoder = msgspec.msgpack.Decoder(EventEnvelope)


def encode_request(envelope: RequestEnvelope) -> bytes:
    """Return the request as bytes; raises whatever its values raise if they cannot be encoded."""
    try:
        return _encoder.encode(envelope)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(envelope)).encode("ascii")


def decode_request(data: bytes) -> RequestEnvelope:
    """Return a request from bytes; raises ValueError, RecursionError or MemoryError if they are not one."""
    if data.startswith(_JSON):
        return msgspec.convert(json.loads(data), RequestEnvelope)
    return _request_decoder.decode(data)


def call_id_of(data: bytes) -> CallId:
    """Return the call id of a request that could not be decoded; raises as `decode_request` if there is none."""
    if data.startswith(_JSON):
        return msgspec.convert(json.loads(data), _Head).call_id
    return msgspec.msgpack.decode(data, type=_Head).call_id


def encode_event(envelope: EventEnvelope) -> bytes:
    """Return the event as bytes; raises whatever its values raise if they cannot be encoded."""
    try:
        return _encoder.encode(envelope)
    except UnicodeEncodeError:
        return _encoder.encode(_shown(msgspec.to_builtins(envelope, builtin_types=(bytes,))))


def decode_event(data: bytes) -> EventEnvelope:
    """Return an event from bytes; raises ValueError, RecursionError or MemoryError if they are not one."""
    return _event_decoder.decode(data)


def _shown(value: Any) -> Any:  # noqa: ANN401 - plain data of any kind
    match value:
        case str():
            return well_formed(value)
        case dict():
            return {key: _shown(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_shown(inner) for inner in value]
        case _:
            return value
