"""What the built-in reader finds on an image while its question is being written, and who gets it."""

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.engine_status import EngineState
from app.domain.errors import Problem, ProblemKind
from app.domain.generation import FinishReason
from app.domain.pages import Page
from app.engine.process.backend import BackendKind
from app.engine.process.messages import Ask, Cancel, Done, Event, Failed, OpenModel, ReadText, Ready, Request, TextRead
from tests.services.conftest import INFO, BuildHouse, House
from tests.support.chats import attachment

IMAGE, OTHER, BROKEN = attachment(), attachment("other.png", "cd" * 32), attachment("broken.png", "ef" * 32)
UNREADABLE = Problem(ProblemKind.IMAGE, "The image is damaged.", "The chat is kept.", "Use another.")


def answers(request: Request) -> Iterator[Event]:
    if isinstance(request, OpenModel):
        yield Ready(request.request_id, INFO)
    if not isinstance(request, Cancel):
        yield Done(request.request_id, FinishReason.COMPLETE)


def reads(request: Request) -> Iterator[Event]:
    match request:
        case ReadText(request_id=number, path=path) if BROKEN.digest in path:
            yield Failed(number, UNREADABLE)
        case ReadText(request_id=number, path=path):
            yield TextRead(number, Page(10, 10, (), f"text of {path[-4:]}"))
            yield Done(number, FinishReason.COMPLETE)


def never_ends(request: Request) -> Iterator[Event]:
    if isinstance(request, Cancel):
        yield Done(request.request_id, FinishReason.STOPPED)


def build(build_house: BuildHouse, qtbot: QtBot, **scripts: object) -> House:
    house = build_house(model=answers, **scripts)
    house.model.open("/models/tiny")
    qtbot.waitUntil(lambda: house.model.status.state is EngineState.READY)
    return house


def read_paths(house: House) -> list[str]:
    return [request.path for request in house.engines.requests(BackendKind.READER) if isinstance(request, ReadText)]


def asked(house: House) -> list[Ask]:
    return [request for request in house.engines.requests(BackendKind.MODEL) if isinstance(request, Ask)]


def test_a_dropped_image_is_read_and_its_text_goes_with_the_question(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot, reader=reads)
    path = str(house.files.path(IMAGE))
    with qtbot.waitSignal(house.engines_by_kind[BackendKind.READER].event_received):
        house.session.add_attachment(house.session.conversation_id, IMAGE)
    house.session.send("What is this?")
    qtbot.waitUntil(lambda: len(asked(house)) == 1 and not house.session.is_busy)
    house.session.send("And in French?")
    qtbot.waitUntil(lambda: len(asked(house)) == 2)
    assert read_paths(house) == [path]
    assert [request.image_texts for request in asked(house)] == [(f"text of {path[-4:]}",)] * 2


def test_an_image_that_cannot_be_read_is_tried_once_and_nobody_is_told(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot, reader=reads)
    told: list[object] = []
    house.session.problem_met.connect(told.append)
    with qtbot.waitSignal(house.engines_by_kind[BackendKind.READER].event_received):
        house.session.add_attachment(house.session.conversation_id, BROKEN)
    house.session.add_attachment(house.session.conversation_id, IMAGE)
    qtbot.waitUntil(lambda: len(read_paths(house)) == 2)
    assert read_paths(house) == [str(house.files.path(image)) for image in (BROKEN, IMAGE)]
    house.session.send("What is this?")
    qtbot.waitUntil(lambda: len(asked(house)) == 1)
    assert told == []


def test_what_the_user_wants_read_does_not_wait(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build(build_house, qtbot, reader=never_ends)
    house.session.add_attachment(house.session.conversation_id, IMAGE)
    house.session.add_attachment(house.session.conversation_id, OTHER)
    qtbot.waitUntil(lambda: len(read_paths(house)) == 2)
    house.session.read_text(OTHER)
    qtbot.waitUntil(lambda: len(read_paths(house)) == 3)
    requests = house.engines.latest(BackendKind.READER).requests
    assert [type(request) for request in requests] == [ReadText, ReadText, Cancel, Cancel, ReadText]
