"""What the built-in reader finds on an image while its question is being written, and who gets it."""

from collections.abc import Iterator
from functools import partial

from pytestqt.qtbot import QtBot

from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem, ProblemKind
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    Ask,
    Cancel,
    Done,
    Event,
    Failed,
    OpenModel,
    Prefill,
    ReadText,
    Ready,
    Request,
    TextRead,
)
from app.services.chat.prefill_ahead import PAUSE_MILLISECONDS
from app.services.models.image_texts import MAX_CACHED
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.chats import attachment

IMAGE, OTHER, BROKEN = attachment(), attachment("other.png", "cd" * 32), attachment("broken.png", "ef" * 32)
UNREADABLE = Problem(ProblemKind.IMAGE, "The image is damaged.", "The chat is kept.", "Use another.")


def answers(request: Request) -> Iterator[Event]:
    if isinstance(request, OpenModel):
        yield Ready(INFO)
    if not isinstance(request, Cancel):
        yield Done(FinishReason.COMPLETE)


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


def build(build_services: BuildServices, qtbot: QtBot, **scripts: object) -> Services:
    services = build_services(model=answers, **scripts)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    return services


def read_paths(services: Services) -> list[str]:
    return [request.path for request in services.engines.requests(BackendKind.READER) if isinstance(request, ReadText)]


def asked(services: Services) -> list[Ask]:
    return [request for request in services.engines.requests(BackendKind.MODEL) if isinstance(request, Ask)]


def test_a_dropped_image_is_read_and_its_text_goes_with_the_question(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=reads)
    path = str(services.files.path(IMAGE))
    services.session.add_attachment(services.session.conversation_id, IMAGE)
    qtbot.waitUntil(lambda: bool(services.image_texts.known([path])))
    services.session.send("What is this?")
    qtbot.waitUntil(lambda: len(asked(services)) == 1 and not services.session.is_busy)
    services.session.send("And in French?")
    qtbot.waitUntil(lambda: len(asked(services)) == 2)
    assert read_paths(services) == [path]
    assert services.stores.pages.ocr_results[IMAGE.digest, 0].page.text == f"text of {path[-4:]}"
    assert [request.image_texts for request in asked(services)] == [(f"text of {path[-4:]}",)] * 2


def test_an_image_that_cannot_be_read_is_tried_once_and_nobody_is_told(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=reads)
    told: list[object] = []
    services.session.problem_met.connect(told.append)
    services.session.add_attachment(services.session.conversation_id, BROKEN)
    with qtbot.waitSignal(services.engines_by_kind[BackendKind.READER].became_idle):
        pass  # It has failed.
    services.session.add_attachment(services.session.conversation_id, IMAGE)
    qtbot.waitUntil(lambda: len(read_paths(services)) == 2)
    assert read_paths(services) == [str(services.files.path(image)) for image in (BROKEN, IMAGE)]
    services.session.send("What is this?")
    qtbot.waitUntil(lambda: len(asked(services)) == 1)
    assert told == []


def test_what_the_user_wants_read_does_not_wait(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot, reader=never_ends)
    services.session.add_attachment(services.session.conversation_id, IMAGE)
    services.session.add_attachment(services.session.conversation_id, OTHER)
    qtbot.waitUntil(lambda: len(read_paths(services)) == 1)
    services.session.read_text(OTHER)
    qtbot.waitUntil(lambda: len(read_paths(services)) == 2)
    requests = services.engines.latest(BackendKind.READER).requests
    assert [type(request) for request in requests] == [ReadText, Cancel, ReadText]


def test_what_was_asked_about_too_early_is_read_after_its_answer(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot, reader=reads)
    services.session.add_attachment(services.session.conversation_id, IMAGE)
    services.session.send("What is this?")
    qtbot.waitUntil(lambda: (IMAGE.digest, 0) in services.stores.pages.ocr_results)
    requests = services.engines.latest(BackendKind.READER).requests
    assert [type(request) for request in requests] == [ReadText]
    assert asked(services)[0].image_texts == ()


def test_the_reading_of_what_was_asked_about_too_early_outlives_the_next_draft(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=never_ends)
    services.session.add_attachment(services.session.conversation_id, IMAGE)
    services.session.send("What is this?")
    qtbot.waitUntil(lambda: len(read_paths(services)) == 1 and not services.session.is_busy)
    services.session.set_draft_text("And")  # What is said so far is prefilled.
    services.prefill_ahead.schedule()
    prefilled = partial(services.engines.requests, BackendKind.MODEL)
    qtbot.waitUntil(lambda: any(isinstance(it, Prefill) and len(it.turns) > 1 for it in prefilled()))
    services.session.start_new()
    qtbot.wait(2 * PAUSE_MILLISECONDS)
    requests = services.engines.latest(BackendKind.READER).requests
    assert [type(request) for request in requests] == [ReadText]


def test_an_image_is_read_once_though_several_ask_for_it(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot, reader=reads)
    path = str(services.files.path(IMAGE))
    told: list[tuple[str, OcrPage]] = []
    services.image_texts.page_read.connect(lambda *read: told.append(read))
    services.image_texts.read([path])  # As the window does at once, the prefill 150 ms later.
    services.session.add_attachment(services.session.conversation_id, IMAGE)
    prefilled = partial(services.engines.requests, BackendKind.MODEL)
    qtbot.waitUntil(lambda: any(isinstance(it, Prefill) for it in prefilled()) and bool(told))
    services.image_texts.read([path])
    page = services.image_texts.page(path)
    assert page is not None
    assert told == [(path, page)]
    assert [type(it) for it in services.engines.latest(BackendKind.READER).requests] == [ReadText]


def test_what_has_been_read_is_not_read_again_once_its_page_is_dropped(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=reads)
    texts, first = services.image_texts, "/images/first"
    texts.read([first])
    qtbot.waitUntil(lambda: texts.has_ended(first))
    texts.read_too([first])
    texts.read([f"/images/{number}" for number in range(MAX_CACHED)])
    qtbot.waitUntil(lambda: not texts.has_ended(first))
    reader = services.engines_by_kind[BackendKind.READER]
    qtbot.waitUntil(lambda: not reader.is_busy)
    texts.read_too([])
    assert not reader.is_busy
    assert read_paths(services).count(first) == 1


def test_what_is_not_wanted_any_more_is_cancelled_and_read_if_it_is_wanted_again(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=never_ends)
    one, two = (str(services.files.path(image)) for image in (IMAGE, OTHER))
    services.image_texts.read([one])
    services.image_texts.read([two])
    services.image_texts.read([one, two])
    requests = services.engines.latest(BackendKind.READER).requests

    def sent() -> list[object]:
        return [request.path if isinstance(request, ReadText) else type(request) for request in requests]

    qtbot.waitUntil(lambda: sent() == [one, Cancel, two])
    services.image_texts.read([one])
    qtbot.waitUntil(lambda: sent() == [one, Cancel, two, Cancel, one])
