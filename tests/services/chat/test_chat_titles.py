"""Chats are called by what was read or answered, where the question tells nothing, and as the user wants."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.documents.pages import OcrPage
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.models.model_policy import ModelPolicy
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Cancel,
    Done,
    Event,
    OpenModel,
    ReadText,
    Ready,
    Request,
    TextRead,
)
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.chats import attachment


def answers(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel():
            yield Ready(INFO)
        case Ask():
            yield AnswerDelta("A receipt of the bakery.")
    if not isinstance(request, Cancel):
        yield Done(FinishReason.COMPLETE)


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        yield TextRead(OcrPage(10, 10, (), "4711\nCORNER BAKERY\nTOTAL 9.00"))
        yield Done(FinishReason.COMPLETE)


def reads_nothing(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        yield TextRead(OcrPage(10, 10, (), ""))
        yield Done(FinishReason.COMPLETE)


def title(services: Services) -> str:
    """The title of the chat that is shown, as it is listed; empty while it is not."""
    chat = services.session.conversation_id
    return services.library[chat].title if chat in services.library else ""


def wait(services: Services, qtbot: QtBot, count: int) -> None:
    """Wait for the end of the answer with which the branch has so many messages."""
    qtbot.waitUntil(lambda: len(services.session.branch) == count and not services.session.is_busy)


def test_a_chat_whose_image_was_read_is_called_by_its_text(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(reader=reads)
    services.session.read_text(attachment())
    qtbot.waitUntil(lambda: title(services) == "CORNER BAKERY")
    chat = services.session.conversation_id
    qtbot.waitUntil(lambda: services.stores.chats.rows[chat].title == "CORNER BAKERY")
    services.library.rename(chat, "Mine")
    services.session.read_text(attachment())
    wait(services, qtbot, 4)
    assert title(services) == "Mine"


def test_an_image_without_words_gives_its_name(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(reader=reads_nothing)
    services.session.read_text(attachment())
    wait(services, qtbot, 2)
    assert title(services) == "receipt.png"


def test_a_question_that_names_another_chat_leaves_it_to_the_answer(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services(model=answers)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    services.session.send("What is this?")
    wait(services, qtbot, 2)
    services.session.send("What is this?")  # The same chat is called so.
    wait(services, qtbot, 4)
    assert title(services) == "What is this?"
    services.session.start_new()
    services.session.send("What is this?")
    wait(services, qtbot, 2)
    assert title(services) == "A receipt of the bakery."


def refuses(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel():
            yield Ready(replace(INFO, policy=ModelPolicy(fallback="I can only read short text.")))
        case Ask():
            yield AnswerDelta("It\nI can only read short text.")
    if not isinstance(request, Cancel):
        yield Done(FinishReason.COMPLETE)


@pytest.mark.parametrize(("reader", "expected"), [(reads, "CORNER BAKERY"), (reads_nothing, "Read the text.")])
def test_a_refusal_leaves_the_title_to_what_was_read_or_the_question(
    build_services: BuildServices, qtbot: QtBot, reader: Callable[[Request], Iterator[Event]], expected: str
) -> None:
    services = build_services(model=refuses, reader=reader)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    services.session.add_attachment(services.session.conversation_id, attachment())
    path = str(services.files.path(attachment()))
    with qtbot.waitSignal(services.model.image_texts.page_read):
        services.model.image_texts.read([path])
    services.session.send("Read the text.")
    wait(services, qtbot, 2)
    assert title(services) == expected


def test_a_preset_leaves_the_title_to_the_answer(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    services.session.send("Read the text.")
    wait(services, qtbot, 2)
    assert title(services) == "A receipt of the bakery."
