"""Messages that travel whatever stands in them, and bytes that are no messages."""

import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.documents.pages import OcrPage
from app.domain.images.attachments import ImageCrop
from app.domain.models.generation import GenerationOptions
from app.engine.process import wire
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    CropImage,
    ImageProbed,
    ProbeImage,
    Request,
    TextRead,
    WritePdf,
)
from app.engine.process.wire import EventEnvelope, RequestEnvelope

any_text = st.one_of(
    st.text(), st.text(st.characters(categories=["Cs"])), st.text(st.sampled_from("aä日\ud800\udce9\udfff"))
)
"""Half of it with lone surrogates."""
NAME = os.fsdecode(b"/home/me/latin1-\xe9.png")


@given(st.one_of(st.text(), st.binary().map(os.fsdecode)), st.integers(-(2**63), 2**64 - 1))
def test_every_name_reaches_the_process(name: str, number: int) -> None:
    request = RequestEnvelope(number, ProbeImage(name, 320, name))
    assert wire.decode_request(wire.encode_request(request)) == request


@pytest.mark.parametrize(
    "request_",
    [
        CropImage(NAME, ImageCrop(digest="d", name="a.png", left=1, top=2, right=3, bottom=4), NAME, 320),
        WritePdf(NAME, (OcrPage(10, 20, (), "text"),), "a.pdf"),
        Ask((Turn(Role.USER, "é 日本", (SeenImage(NAME),)),), GenerationOptions(), ("text",)),
    ],
    ids=lambda request: type(request).__name__,
)
def test_requests_of_every_shape_reach_the_process(request_: Request) -> None:
    request = RequestEnvelope(1, request_)
    assert wire.decode_request(wire.encode_request(request)) == request


@given(any_text, st.binary())
def test_events_can_be_shown_and_stored_and_lose_nothing_else(text: str, data: bytes) -> None:
    shown = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for event, expected in (
        (AnswerDelta(text, 0.5, ((text, 0.25),)), AnswerDelta(shown, 0.5, ((shown, 0.25),))),
        (TextRead(OcrPage(1, 1, (), text)), TextRead(OcrPage(1, 1, (), shown))),
        (ImageProbed(text, "image/png", 1, 1, 1, 1, data), ImageProbed(shown, "image/png", 1, 1, 1, 1, data)),
    ):
        assert wire.decode_event(wire.encode_event(EventEnvelope(3, event))) == EventEnvelope(3, expected)


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
    data = wire.encode_request(RequestEnvelope(7, ProbeImage(name, 320)))
    assert wire.call_id_of(data.replace(b"ProbeImage", b"ProbeFruit")) == 7
