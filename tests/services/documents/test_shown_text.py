"""The text of the image that is shown: as it was stored, else read in the background, whatever else goes on."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import storage_texts
from app.domain.errors import Problem, ProblemKind, StorageError
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.domain.images.geometry import Point, TextLine
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import Cancel, Done, Event, Failed, ReadText, Request, TextRead
from app.services.documents.shown_text import ShownText
from tests.services.conftest import BuildServices, Services
from tests.support.chats import attachment
from tests.support.memory_stores import MemoryOcrResults

IMAGE, OTHER, BROKEN = attachment(), attachment("other.png", "cd" * 32), attachment("broken.png", "ef" * 32)
LINE = TextLine.between("old", (Point(0, 0), Point(9, 0), Point(9, 9), Point(0, 9)), 0.9)
PAGE = OcrPage(10, 10, (LINE,), "old")
UNREADABLE = Problem(ProblemKind.IMAGE, "The image is damaged.", "The chat is kept.", "Use another.")


def reads(request: Request) -> Iterator[Event]:
    match request:
        case ReadText(path=path) if BROKEN.digest in path:
            yield Failed(UNREADABLE)
        case ReadText(path=path):
            yield TextRead(OcrPage(10, 10, (), f"text of {path[-4:]}"))
            yield Done(FinishReason.COMPLETE)


def never_ends(request: Request) -> Iterator[Event]:
    if isinstance(request, Cancel):
        yield Done(FinishReason.STOPPED)


class Shown:
    """The service, what it was asked for and what it has found."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.text = ShownText(services.store_thread.pages, services.image_texts, services.files)
        self.found: list[tuple[Attachment, str]] = []
        self.text.found.connect(lambda image, page: self.found.append((image, page.text)))

    @property
    def requests(self) -> list[str]:
        """What the OCR process was sent: the ends of the images' paths, and the cancellations."""
        clients = [client for kind, client in self.services.engines.clients if kind is BackendKind.READER]
        sent = [request for client in clients for request in client.requests]
        return [request.path[-4:] if isinstance(request, ReadText) else "cancel" for request in sent]


@pytest.fixture
def build(build_services: BuildServices) -> Callable[..., Shown]:
    return lambda **scripts: Shown(build_services(**scripts))


def test_an_image_that_nobody_has_read_is_read_and_found_by_search(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=reads)
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.found == [(IMAGE, "text of abab")])
    qtbot.waitUntil(lambda: (IMAGE.digest, 0) in shown.services.stores.pages.ocr_results)


def test_stored_text_is_taken_with_its_corrections_and_nothing_is_read(
    build: Callable[..., Shown], qtbot: QtBot
) -> None:
    shown = build(reader=reads)
    stored = OcrResult(digest=IMAGE.digest, number=0, page=PAGE).with_correction(0, "new")
    shown.services.stores.pages.ocr_results[IMAGE.digest, 0] = stored
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.found == [(IMAGE, "new")])
    assert shown.requests == []


def test_what_was_read_for_a_question_is_not_read_again(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=reads)
    shown.services.stores.full = True  # It is known, but not stored.
    path = str(shown.services.files.path(IMAGE))
    shown.services.image_texts.read([path])
    qtbot.waitUntil(lambda: shown.services.image_texts.page(path) is not None)
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.found == [(IMAGE, "text of abab")])
    assert shown.requests == ["abab"]


def test_only_the_image_that_is_shown_is_read(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=never_ends)
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.requests == ["abab"])
    shown.text.request(OTHER)
    qtbot.waitUntil(lambda: shown.requests == ["abab", "cancel", "cdcd"])
    shown.text.request(replace(OTHER, media_type="video/mp4", seconds=3.0))
    qtbot.waitUntil(lambda: shown.requests == ["abab", "cancel", "cdcd", "cancel"])
    assert shown.found == []


def test_a_question_stops_other_readings_but_not_this_one(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=never_ends)
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.requests == ["abab"])
    texts, files = shown.services.image_texts, shown.services.files
    texts.read([str(files.path(OTHER))])
    texts.read([str(files.path(BROKEN))])  # OTHER waits for IMAGE, and is not wanted any more.
    texts.stop()
    shown.text.request(OTHER)
    qtbot.waitUntil(lambda: shown.requests == ["abab", "cancel", "cdcd"])


def test_an_image_that_a_question_wants_is_still_read_when_another_is_shown(
    build: Callable[..., Shown], qtbot: QtBot
) -> None:
    shown = build(reader=never_ends)
    shown.services.image_texts.read([str(shown.services.files.path(IMAGE))])
    shown.text.request(IMAGE)
    looked_up: list[object] = []
    shown.services.store_thread.pages.run(lambda _: None, looked_up.append)
    qtbot.waitUntil(lambda: looked_up == [None])
    shown.text.request(OTHER)
    shown.services.store_thread.pages.run(lambda _: None, looked_up.append)
    qtbot.waitUntil(lambda: looked_up == [None, None])
    assert shown.requests == ["abab"]


def test_an_image_that_cannot_be_read_has_no_text(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=reads)
    shown.text.request(BROKEN)
    with qtbot.waitSignal(shown.services.engines_by_kind[BackendKind.READER].became_idle):
        pass
    assert shown.found == []


def test_what_the_user_has_read_goes_first_and_is_not_read_twice(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=never_ends)
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.requests == ["abab"])
    shown.services.session.read_text(IMAGE)  # It is being read in the background, which may have only just begun.
    qtbot.waitUntil(lambda: shown.requests == ["abab", "cancel", "abab"])
    reader = shown.services.engines.latest(BackendKind.READER)
    reader.say(TextRead(PAGE))
    reader.say(Done(FinishReason.COMPLETE))
    qtbot.waitUntil(lambda: not shown.services.session.is_busy)
    assert shown.services.session.branch[-1].text == "old"
    assert shown.found == [(IMAGE, "old")]
    qtbot.waitUntil(lambda: not shown.services.engines_by_kind[BackendKind.READER].is_busy)
    assert shown.requests == ["abab", "cancel", "abab"]


def test_after_what_the_user_has_read_the_shown_image_is_read(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=never_ends)
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.requests == ["abab"])
    shown.services.session.read_text(OTHER)
    qtbot.waitUntil(lambda: shown.requests == ["abab", "cancel", "cdcd"])
    shown.services.engines.latest(BackendKind.READER).say(Done(FinishReason.COMPLETE))
    qtbot.waitUntil(lambda: shown.requests == ["abab", "cancel", "cdcd", "abab"])


def test_a_correction_in_the_document_window_is_on_the_image_at_once(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=reads)
    result = OcrResult(digest=IMAGE.digest, number=0, page=PAGE)
    shown.services.stores.pages.ocr_results[IMAGE.digest, 0] = result
    shown.text.show_corrected(result.with_correction(0, "nothing is shown"))
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.found == [(IMAGE, "old")])
    shown.text.show_corrected(result.with_correction(0, "new"))
    shown.text.show_corrected(replace(result, digest=OTHER.digest))
    shown.text.show_corrected(replace(result, number=1))
    assert shown.found[1:] == [(IMAGE, "new")]


class Damaged(MemoryOcrResults):
    """A database that cannot be read."""

    def ocr_result(self, digest: Digest, number: int) -> OcrResult | None:
        raise StorageError(storage_texts.DATABASE_DISK_FULL)


def test_a_database_that_cannot_be_read_costs_no_text(build: Callable[..., Shown], qtbot: QtBot) -> None:
    shown = build(reader=reads)
    shown.services.stores.pages = Damaged(lambda: None)
    shown.text.request(IMAGE)
    qtbot.waitUntil(lambda: shown.found == [(IMAGE, "text of abab")])
