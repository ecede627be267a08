"""What is read while the user types, and what it gives way to."""

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.chat import Role, SeenImage, Turn
from app.domain.engine_status import EngineState, Stage
from app.domain.generation import FinishReason
from app.engine.process.backend import BackendKind
from app.engine.process.messages import (
    Ask,
    Cancel,
    Done,
    Event,
    Loading,
    OpenModel,
    Prepare,
    Ready,
    Request,
    Token,
)
from app.services.read_ahead import PAUSE_MILLISECONDS
from tests.services.conftest import INFO, BuildHouse, House
from tests.support.chats import attachment

IMAGE, OTHER = attachment(), attachment("other.png", "cd" * 32)


def reads_for_ever(request: Request) -> Iterator[Event]:
    """Reading ahead ends when it is stopped; answers end at once."""
    match request:
        case OpenModel(request_id=number):
            yield Ready(number, INFO)
            yield Done(number, FinishReason.COMPLETE)
        case Prepare(request_id=number):
            yield Loading(number, Stage.LOOKING, 0.25)
        case Ask(request_id=number, turns=turns) if turns[-1].text != "Wait":
            yield Token(number, "Yes")
            yield Done(number, FinishReason.COMPLETE)
        case Cancel(request_id=number):
            yield Done(number, FinishReason.STOPPED)


def build(build_house: BuildHouse, qtbot: QtBot) -> House:
    house = build_house(model=reads_for_ever)
    house.model.open("/models/tiny")
    qtbot.waitUntil(lambda: house.model.status.state is EngineState.READY)
    return house


def drop(house: House, qtbot: QtBot) -> Prepare:
    """Drop IMAGE and return what is read ahead because of it."""
    house.session.add_attachment(house.session.conversation_id, IMAGE)
    qtbot.waitUntil(lambda: bool(prepared(house)))
    return prepared(house)[-1]


def requests(house: House) -> list[Request]:
    return house.engines.latest(BackendKind.MODEL).requests


def prepared(house: House) -> list[Prepare]:
    return [request for request in requests(house) if isinstance(request, Prepare)]


def is_stopped(house: House, request: Prepare) -> bool:
    return Cancel(request.request_id) in requests(house)


def wait_a_while(qtbot: QtBot) -> None:
    qtbot.wait(2 * PAUSE_MILLISECONDS)


def test_a_dropped_image_is_read_before_anything_is_asked(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    assert request.turns == (Turn(Role.USER, "", (SeenImage(str(house.files.path(IMAGE))),)),)
    house.session.set_draft_text("What is")
    house.read_ahead.look_soon()
    wait_a_while(qtbot)
    assert prepared(house) == [request]
    assert not is_stopped(house, request)


def test_an_image_that_is_taken_away_is_no_longer_read(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.session.remove_attachment(IMAGE)
    qtbot.waitUntil(lambda: is_stopped(house, request))
    wait_a_while(qtbot)
    assert prepared(house) == [request]


def test_another_image_is_read_together_with_the_first(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.session.add_attachment(house.session.conversation_id, OTHER)
    qtbot.waitUntil(lambda: len(prepared(house)) == 2)
    assert is_stopped(house, request)
    assert prepared(house)[-1].turns[-1].images == tuple(
        SeenImage(str(house.files.path(image))) for image in (IMAGE, OTHER)
    )


def test_the_question_waits_for_what_is_read_ahead_and_shows_how_far_it_is(
    build_house: BuildHouse, qtbot: QtBot
) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.session.send("What is this?")
    qtbot.waitUntil(lambda: isinstance(requests(house)[-1], Ask))
    assert not is_stopped(house, request)
    assert house.model.answer_waiting_for(request.request_id) == requests(house)[-1].request_id


def test_progress_of_reading_ahead_is_shown_on_the_answer_that_waits(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.session.send("Wait")
    qtbot.waitUntil(lambda: house.session.is_busy and isinstance(requests(house)[-1], Ask))
    with qtbot.waitSignal(house.answers.activity_changed) as shown:
        house.model.engine.event_received.emit(Loading(request.request_id, Stage.THINKING, 0.5))
    assert shown.args == [house.session.branch[-1].id, Stage.THINKING, 0.5]


def test_stop_also_stops_what_the_answer_waits_for(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.session.send("Wait")
    qtbot.waitUntil(lambda: house.session.is_busy and isinstance(requests(house)[-1], Ask))
    house.session.stop()
    qtbot.waitUntil(lambda: is_stopped(house, request))
    qtbot.waitUntil(lambda: not house.session.is_busy)


def test_leaving_the_chat_stops_reading_ahead_unless_an_answer_waits(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.session.send("Wait")
    qtbot.waitUntil(lambda: house.session.is_busy and isinstance(requests(house)[-1], Ask))
    house.session.start_new()
    wait_a_while(qtbot)
    assert not is_stopped(house, request)


def test_another_question_comes_first(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.model.ask((Turn(Role.USER, "Hello"),), request.options)
    qtbot.waitUntil(lambda: is_stopped(house, request))


def test_the_reader_gets_the_processor(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    request = drop(house, qtbot)
    house.session.read_text(IMAGE)
    qtbot.waitUntil(lambda: is_stopped(house, request))


def test_the_chat_so_far_is_read_when_the_user_types_on(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    house.session.send("Hello")
    qtbot.waitUntil(lambda: len(house.session.branch) == 2 and not house.session.is_busy)
    wait_a_while(qtbot)
    assert prepared(house) == []
    house.session.set_draft_text("And")
    house.read_ahead.look_soon()
    qtbot.waitUntil(lambda: bool(prepared(house)))
    assert [turn.text for turn in prepared(house)[-1].turns] == ["Hello", "Yes", ""]


def test_a_first_question_without_images_leaves_nothing_to_read(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    house.session.set_draft_text("Hello")
    house.read_ahead.look_soon()
    wait_a_while(qtbot)
    assert prepared(house) == []


def test_a_model_that_is_opened_reads_what_stands_in_the_draft(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot)
    drop(house, qtbot)
    house.model.restart()
    qtbot.waitUntil(lambda: bool(prepared(house)))
    assert [kind for kind, _ in house.engines.clients].count(BackendKind.MODEL) == 2
