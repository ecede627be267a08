"""Messages to bytes and back: MessagePack with a type tag, validated on arrival by msgspec."""

import msgspec

from app.engine.process.messages import Event, Request

_encoder = msgspec.msgpack.Encoder()
_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_event_decoder: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)


def encode(message: Request | Event) -> bytes:
    """The message as bytes."""
    return _encoder.encode(message)


def decode_request(data: bytes) -> Request:
    """A request from bytes; raises msgspec.ValidationError or DecodeError where they are not one."""
    return _request_decoder.decode(data)


def decode_event(data: bytes) -> Event:
    """An event from bytes; raises msgspec.ValidationError or DecodeError where they are not one."""
    return _event_decoder.decode(data)
