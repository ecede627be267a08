"""Messages that travel whatever stands in them, and bytes that are no messages."""

import os
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.documents.pages import OcrPage
from app.domain.documents.pdf_options import PdfOptions
from app.domain.ids import CallId, Digest
from app.domain.images.attachments import ImageCrop
from app.domain.models.remote_servers import RemoteModel
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process import wire
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    CropImage,
    Event,
    ImageProbed,
    ListModels,
    Message,
    OpenServer,
    ProbeImage,
    Request,
    TextRead,
    WritePdf,
)
from app.engine.process.wire import EventEnvelope, RequestEnvelope
from tests.support.any_value import INTEGERS, any_value

any_text = st.one_of(
    st.text(), st.text(st.characters(categories=["Cs"])), st.text(st.sampled_from("aä日\ud800\udce9\udfff"))
)
"""Half of it with lone surrogates."""
names = st.one_of(st.text(), st.binary().map(os.fsdecode))
"""Of files; half of them are not UTF-8."""
NAME = os.fsdecode(b"/home/me/latin1-\xe9.png")


@pytest.mark.parametrize(
    "request_",
    [
        OpenServer(RemoteModel("http://gpu-box:8000/v1", "qwen"), "hush"),
        ListModels("http://gpu-box:8000/v1", "hush"),
        ProbeImage("a.pdf", 320, "hush"),
    ],
    ids=lambda request: type(request).__name__,
)
def test_keys_and_passwords_are_not_said_in_a_log(request_: Request) -> None:
    assert "hush" in repr(wire.encode_request(RequestEnvelope(CallId(1), request_)))
    assert "hush" not in repr(RequestEnvelope(CallId(1), request_))


@given(names, INTEGERS)
def test_every_name_reaches_the_process(name: str, number: int) -> None:
    request = RequestEnvelope(CallId(number), ProbeImage(name, 320, name))
    assert wire.decode_request(wire.encode_request(request)) == request


@pytest.mark.parametrize(
    "request_",
    [
        CropImage(NAME, ImageCrop(digest=Digest("d"), name="a.png", left=1, top=2, right=3, bottom=4), NAME, 320),
        WritePdf(NAME, (OcrPage(10, 20, (), "text"),), "a.pdf", options=PdfOptions(is_deskewed=True)),
        Ask((Turn(Role.USER, "é 日本", (SeenImage(NAME),)),), GenerationOptions(), ("text",)),
    ],
    ids=lambda request: type(request).__name__,
)
def test_requests_of_every_shape_reach_the_process(request_: Request) -> None:
    request = RequestEnvelope(CallId(1), request_)
    assert wire.decode_request(wire.encode_request(request)) == request


@given(any_text, st.binary())
def test_events_can_be_shown_and_stored_and_lose_nothing_else(text: str, data: bytes) -> None:
    shown = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for event, expected in (
        (AnswerDelta(text, 0.5, ((text, 0.25),)), AnswerDelta(shown, 0.5, ((shown, 0.25),))),
        (TextRead(OcrPage(1, 1, (), text)), TextRead(OcrPage(1, 1, (), shown))),
        (
            ImageProbed(Digest(text), "image/png", 1, 1, 1, 1, data),
            ImageProbed(Digest(shown), "image/png", 1, 1, 1, 1, data),
        ),
    ):
        assert wire.decode_event(wire.encode_event(EventEnvelope(CallId(3), event))) == EventEnvelope(
            CallId(3), expected
        )


@pytest.mark.parametrize("kind", get_args(Request))
@settings(max_examples=30)
@given(st.data())
def test_every_request_reaches_the_process(kind: type[Message], data: st.DataObject) -> None:
    request = RequestEnvelope(CallId(data.draw(INTEGERS)), data.draw(any_value(kind, names)))
    assert wire.decode_request(wire.encode_request(request)) == request


@pytest.mark.parametrize("kind", get_args(Event))
@settings(max_examples=30)
@given(st.data())
def test_every_event_reaches_the_window(kind: type[Message], data: st.DataObject) -> None:
    event = EventEnvelope(CallId(data.draw(INTEGERS)), data.draw(any_value(kind, st.text())))
    assert wire.decode_event(wire.encode_event(event)) == event


@pytest.mark.parametrize("kind", get_args(Event))
@settings(max_examples=30)
@given(st.data())
def test_every_event_is_shown_as_far_as_it_can_be(kind: type[Message], data: st.DataObject) -> None:
    shown = wire.decode_event(wire.encode_event(EventEnvelope(CallId(1), data.draw(any_value(kind, any_text)))))
    assert type(shown.body) is kind
    assert repr(shown).encode()
    assert wire.decode_event(wire.encode_event(shown)) == shown


@settings(max_examples=50)
@given(st.data())
def test_a_damaged_message_is_refused_or_another_message(data: st.DataObject) -> None:
    """One byte after another of a message is replaced, left out, or follows at its end."""
    body = data.draw(
        st.sampled_from([*get_args(Request), *get_args(Event)]).flatmap(lambda it: any_value(it, st.text()))
    )
    is_request = isinstance(body, Request)
    whole = (
        wire.encode_request(RequestEnvelope(CallId(1), body))
        if is_request
        else wire.encode_event(EventEnvelope(CallId(1), body))
    )
    place = data.draw(st.integers(0, len(whole)))
    damaged = whole[:place] + data.draw(st.binary(max_size=2)) + whole[place + data.draw(st.integers(0, 2)) :]
    try:
        decoded = wire.decode_request(damaged) if is_request else wire.decode_event(damaged)
    except (ValueError, RecursionError, MemoryError):
        return
    assert isinstance(decoded.body, Message)


junk = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda depth: b"\x82\xa4type\xa5Token\xa1x" + b"\x91" * depth, st.integers(1, 200_000)),
    st.builds(lambda depth: b'{"type":' + b"[" * depth, st.integers(1, 200_000)),
    st.builds(lambda head, tail: b"\xdf" + head + tail, st.binary(min_size=4, max_size=4), st.binary(max_size=20)),
)


@given(junk)
def test_what_is_no_message_is_refused_in_time(data: bytes) -> None:
    decoders: tuple[Callable[[bytes], EventEnvelope | RequestEnvelope | int], ...]
    decoders = wire.decode_event, wire.decode_request, wire.call_id_of
    for decode in decoders:
        try:
            decode(data)
        except (ValueError, RecursionError, MemoryError):
            continue


@pytest.mark.parametrize("name", ["a", NAME], ids=["MessagePack", "JSON"])
def test_the_id_of_a_request_that_cannot_be_read(name: str) -> None:
    data = wire.encode_request(RequestEnvelope(CallId(7), ProbeImage(name, 320)))
    assert wire.call_id_of(data.replace(b"ProbeImage", b"ProbeFruit")) == 7
