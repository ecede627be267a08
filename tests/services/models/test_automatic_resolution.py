"""When the resolution of an image of the draft is chosen, and what the model sees of it from then on."""

from collections.abc import Iterator
from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.domain.documents.automatic_resolution import PHOTO_SIDE
from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem, ProblemKind
from app.domain.images.attachments import Attachment
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import GenerationOptions
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
from app.services.models.automatic_resolution import AutomaticResolution
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.chats import attachment

PHOTO, BROKEN = attachment(), attachment("broken.png", "ef" * 32)
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
        case ReadText():
            yield TextRead(OcrPage(1200, 900, (), ""))
            yield Done(FinishReason.COMPLETE)


def never_ends(request: Request) -> Iterator[Event]:
    if isinstance(request, Cancel):
        yield Done(FinishReason.STOPPED)


def build(build_services: BuildServices, qtbot: QtBot, **scripts: object) -> Services:
    services = build_services(model=answers, **scripts)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    return services


def drop(services: Services, image: Attachment = PHOTO) -> None:
    services.session.add_attachment(services.session.conversation_id, image)


def requested(services: Services, kind: type[Ask] | type[Prefill]) -> list[tuple[int | None, ...]]:
    """The budgets of the last turn's images of each request."""
    found = (request for request in services.engines.requests(BackendKind.MODEL) if isinstance(request, kind))
    return [tuple(image.pixel_budget for image in request.turns[-1].images) for request in found]


def test_an_image_is_read_before_it_is_prefilled_and_keeps_its_resolution(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=reads)
    drop(services)
    qtbot.waitUntil(lambda: bool(requested(services, Prefill)))
    assert requested(services, Prefill) == [(PHOTO_SIDE**2,)]
    assert services.session.draft.attachments == (PHOTO,)  # The user has chosen nothing.
    services.session.send("What is this?")
    qtbot.waitUntil(lambda: not services.session.is_busy and len(services.session.branch) == 2)
    assert requested(services, Ask) == [(PHOTO_SIDE**2,)]
    (seen,) = services.session.branch[0].attachments
    assert seen == replace(PHOTO, pixel_budget=PHOTO_SIDE**2)
    assert services.session.draft.is_empty


def test_nothing_is_prefilled_and_no_question_waits_while_an_image_is_being_read(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=never_ends)
    drop(services)
    qtbot.wait(3 * PAUSE_MILLISECONDS)
    assert requested(services, Prefill) == []
    services.session.send("What is this?")
    qtbot.waitUntil(lambda: requested(services, Ask) == [(None,)])


def test_an_image_that_cannot_be_read_is_seen_as_the_settings_say(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot, reader=reads)
    drop(services, BROKEN)
    drop(services)
    qtbot.waitUntil(lambda: requested(services, Prefill) == [(None, PHOTO_SIDE**2)])


def test_an_image_keeps_its_resolution_when_the_speed_becomes_known(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot, reader=reads)
    drop(services)
    qtbot.waitUntil(lambda: services.image_texts.has_ended(str(services.files.path(PHOTO))))
    options = GenerationOptions()
    resolution = AutomaticResolution(services.image_texts, services.files, lambda: options)
    chosen = resolution.of(PHOTO)
    assert chosen is not None
    resolution.set_visual_token_seconds(0.001)
    assert resolution.of(PHOTO) == chosen
    faster = AutomaticResolution(services.image_texts, services.files, lambda: options)
    faster.set_visual_token_seconds(0.001)
    assert faster.of(PHOTO) != chosen


def test_what_the_user_chose_is_kept(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot, reader=reads)
    drop(services, replace(PHOTO, pixel_budget=123_456))
    qtbot.waitUntil(lambda: requested(services, Prefill) == [(123_456,)])


def test_without_the_setting_nothing_is_chosen_or_waited_for(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot, reader=reads)
    drop(services)
    qtbot.waitUntil(lambda: bool(requested(services, Prefill)))
    off = GenerationOptions(automatic_resolution=False)
    resolution = AutomaticResolution(services.image_texts, services.files, lambda: off)
    assert resolution.of(PHOTO) is None
    assert resolution.applied((PHOTO,)) == (PHOTO,)
    assert not resolution.is_pending((BROKEN,))
