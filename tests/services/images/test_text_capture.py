"""The text of a captured image: what is reported of it, and what is not."""

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.documents.pages import OcrPage
from app.domain.error_texts import chat_texts
from app.domain.errors import Problem
from app.domain.images.codes import Code
from app.domain.images.geometry import Box
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import Cancel, Done, Event, ReadImage, Request, TextRead
from app.services.engines.engine import Engine
from app.services.engines.reader_engine import ReaderEngine
from app.services.images.text_capture import TextCapture
from tests.support.fake_engine import FakeEngines, Script

CODE = Code("QR Code", "https://example.org/\u202etxt", Box(0, 0, 9, 9))


class Reading:
    """A text capture over a fake reader, and what it reported."""

    def __init__(self, script: Script) -> None:
        self.engines = FakeEngines(reader=script)
        self.engine = Engine(BackendKind.READER, self.engines)
        self.capture = TextCapture(ReaderEngine(self.engine))
        self.texts: list[str] = []
        self.problems: list[Problem] = []
        self.capture.text_read.connect(lambda text, _uncertain: self.texts.append(text))
        self.capture.failed.connect(self.problems.append)


def pages(*read: OcrPage) -> Script:
    """Answer one request after the other with these pages."""
    left = iter(read)

    def script(request: Request) -> Iterator[Event]:
        if isinstance(request, ReadImage):
            yield TextRead(next(left))
            yield Done(FinishReason.COMPLETE)

    return script


def silence_at_first(request: Request) -> Iterator[Event]:
    """Read nothing but what is called "second"."""
    if isinstance(request, Cancel):
        yield Done(FinishReason.STOPPED)
    elif isinstance(request, ReadImage) and request.name == "second":
        yield TextRead(OcrPage(1, 1, (), "the second"))
        yield Done(FinishReason.COMPLETE)


def test_the_text_and_the_codes_beside_it_are_reported_and_codes_alone_by_their_contents(qtbot: QtBot) -> None:
    both, code = OcrPage(1, 1, (), "Ticket", codes=(CODE,)), OcrPage(1, 1, (), "", codes=(CODE,))
    reading = Reading(pages(both, code, OcrPage(1, 1, (), "")))
    for _ in range(3):
        with qtbot.waitSignal(reading.capture.text_read):
            reading.capture.read(b"png", "area")
    first, second, third = reading.texts
    assert first.splitlines()[0] == "Ticket"
    assert first.splitlines()[-1].startswith("QR Code: https://example.org/")
    assert second.startswith("https://example.org/")
    assert "\u202e" not in first + second, "what reorders text is made visible"
    assert third == ""
    reading.engine.shut_down()


def test_a_newer_image_takes_the_place_of_one_that_is_being_read(qtbot: QtBot) -> None:
    reading = Reading(silence_at_first)
    reading.capture.read(b"png", "first")
    reading.capture.read(b"png", "second")
    qtbot.waitUntil(lambda: reading.texts == ["the second"])
    assert reading.problems == []
    reading.engine.shut_down()


def test_a_reader_that_dies_meanwhile_is_told_and_the_next_image_is_read(qtbot: QtBot) -> None:
    reading = Reading(silence_at_first)
    reading.capture.read(b"png", "first")
    qtbot.waitUntil(lambda: bool(reading.engines.requests(BackendKind.READER)))
    reading.engines.latest(BackendKind.READER).kill()
    qtbot.waitUntil(lambda: reading.problems == [chat_texts.READER_KILLED.problem(signal=9)])
    reading.capture.read(b"png", "second")
    qtbot.waitUntil(lambda: reading.texts == ["the second"])
    reading.engine.shut_down()


def test_what_was_stopped_is_not_reported(qtbot: QtBot) -> None:
    reading = Reading(silence_at_first)
    reading.capture.read(b"png", "first")
    with qtbot.waitSignal(reading.engine.became_idle):
        reading.capture.stop()
    assert (reading.texts, reading.problems) == ([], [])
    reading.engine.shut_down()
