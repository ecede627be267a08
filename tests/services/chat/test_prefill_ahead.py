"""What is read while the user types, and what it gives way to."""

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState, Stage
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Cancel,
    Done,
    Event,
    OpenModel,
    Prefill,
    Ready,
    Request,
    StageProgress,
)
from app.services.chat.prefill_ahead import PAUSE_MILLISECONDS
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.chats import attachment
from tests.support.fake_engine import ignore

IMAGE, OTHER = attachment(), attachment("other.png", "cd" * 32)


def reads_for_ever(request: Request) -> Iterator[Event]:
    """Reading ahead ends when it is stopped; answers end at once."""
    match request:
        case OpenModel():
            yield Ready(INFO)
            yield Done(FinishReason.COMPLETE)
        case Prefill():
            yield StageProgress(Stage.ENCODING_IMAGE, 0.25)
        case Ask(turns=turns) if turns[-1].text != "Wait":
            yield AnswerDelta("Yes")
            yield Done(FinishReason.COMPLETE)
        case Cancel():
            yield Done(FinishReason.STOPPED)


def build(build_services: BuildServices, qtbot: QtBot) -> Services:
    services = build_services(model=reads_for_ever)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    return services


def drop(services: Services, qtbot: QtBot) -> Prefill:
    """Drop IMAGE and return what is prefilled because of it."""
    services.session.add_attachment(services.session.conversation_id, IMAGE)
    qtbot.waitUntil(lambda: bool(prepared(services)))
    return prepared(services)[-1]


def requests(services: Services) -> list[Request]:
    return services.engines.latest(BackendKind.MODEL).requests


def prepared(services: Services) -> list[Prefill]:
    return [request for request in requests(services) if isinstance(request, Prefill)]


def is_stopped(services: Services) -> bool:
    return Cancel() in requests(services)


def wait_a_while(qtbot: QtBot) -> None:
    qtbot.wait(2 * PAUSE_MILLISECONDS)


def test_a_dropped_image_is_read_before_anything_is_asked(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    request = drop(services, qtbot)
    assert request.turns == (Turn(Role.USER, "", (SeenImage(str(services.files.path(IMAGE)), None, IMAGE.digest),)),)
    services.session.set_draft_text("What is")
    services.prefill_ahead.schedule()
    wait_a_while(qtbot)
    assert prepared(services) == [request]
    assert not is_stopped(services)


def test_an_image_that_is_taken_away_is_no_longer_read(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    request = drop(services, qtbot)
    services.session.remove_attachment(IMAGE)
    qtbot.waitUntil(lambda: is_stopped(services))
    wait_a_while(qtbot)
    assert prepared(services) == [request]


def test_another_image_is_read_together_with_the_first(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    drop(services, qtbot)
    services.session.add_attachment(services.session.conversation_id, OTHER)
    qtbot.waitUntil(lambda: len(prepared(services)) == 2)
    assert is_stopped(services)
    assert prepared(services)[-1].turns[-1].images == tuple(
        SeenImage(str(services.files.path(image)), None, image.digest) for image in (IMAGE, OTHER)
    )


def test_the_question_waits_for_what_is_read_ahead_and_shows_how_far_it_is(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot)
    request = drop(services, qtbot)
    services.session.send("What is this?")
    qtbot.waitUntil(lambda: services.session.is_busy and services.model.is_answering)
    wait_a_while(qtbot)
    assert not is_stopped(services)
    assert prepared(services) == [request]


def test_progress_of_reading_ahead_is_shown_on_the_answer_that_waits(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot)
    drop(services, qtbot)
    services.session.send("Wait")
    qtbot.waitUntil(lambda: services.session.is_busy and services.model.is_answering)
    with qtbot.waitSignal(services.answers.activity_changed) as shown:
        services.engines.latest(BackendKind.MODEL).say(StageProgress(Stage.PREFILLING, 0.5))
    assert shown.args == [services.session.branch[-1].id, Stage.PREFILLING, 0.5]


def test_stop_also_stops_what_the_answer_waits_for(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    drop(services, qtbot)
    services.session.send("Wait")
    qtbot.waitUntil(lambda: services.session.is_busy and services.model.is_answering)
    services.session.stop()
    qtbot.waitUntil(lambda: is_stopped(services))
    qtbot.waitUntil(lambda: not services.session.is_busy)


def test_leaving_the_chat_stops_reading_ahead_unless_an_answer_waits(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build(build_services, qtbot)
    drop(services, qtbot)
    services.session.send("Wait")
    qtbot.waitUntil(lambda: services.session.is_busy and services.model.is_answering)
    services.session.start_new()
    wait_a_while(qtbot)
    assert not is_stopped(services)


def test_another_question_comes_first(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    request = drop(services, qtbot)
    services.model.ask((Turn(Role.USER, "Hello"),), request.options, ignore)
    qtbot.waitUntil(lambda: is_stopped(services))


def test_the_reader_gets_the_processor(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    drop(services, qtbot)
    services.session.read_text(IMAGE)
    qtbot.waitUntil(lambda: is_stopped(services))


def test_the_chat_so_far_is_read_when_the_user_types_on(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    services.session.send("Hello")
    qtbot.waitUntil(lambda: len(services.session.branch) == 2 and not services.session.is_busy)
    wait_a_while(qtbot)
    assert prepared(services) == []
    services.session.set_draft_text("And")
    services.prefill_ahead.schedule()
    qtbot.waitUntil(lambda: bool(prepared(services)))
    assert [turn.text for turn in prepared(services)[-1].turns] == ["Hello", "Yes", ""]


def test_a_first_question_without_images_leaves_nothing_to_read(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    services.session.set_draft_text("Hello")
    services.prefill_ahead.schedule()
    wait_a_while(qtbot)
    assert prepared(services) == []


def test_a_model_that_is_opened_reads_what_stands_in_the_draft(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build(build_services, qtbot)
    drop(services, qtbot)
    services.model.restart()
    qtbot.waitUntil(lambda: bool(prepared(services)))
    assert [kind for kind, _ in services.engines.clients].count(BackendKind.MODEL) == 2
