"""Questions that are sent while an answer is being written."""

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Draft, MessageState
from app.domain.errors import Problem, ProblemKind
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import AnswerDelta, Ask, Cancel, Done, Event, Failed, OpenModel, Ready, Request
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.chats import attachment
from tests.support.memory_stores import MemoryStores

BROKEN = Problem(ProblemKind.ENGINE, "The engine stopped.", "The chat is kept.", "Try again.")


def writes_until_stopped(request: Request) -> Iterator[Event]:
    """Every answer goes on until Stop, but that to "short" ends and that to "broken" fails."""
    match request:
        case OpenModel():
            yield Ready(INFO)
            yield Done(FinishReason.COMPLETE)
        case Ask(turns=turns) if turns[-1].text == "short":
            yield AnswerDelta("short")
            yield Done(FinishReason.COMPLETE)
        case Ask(turns=turns) if turns[-1].text == "broken":
            yield Failed(BROKEN)
        case Ask():
            yield AnswerDelta("long")
        case Cancel():
            yield Done(FinishReason.STOPPED)


def begin(build_services: BuildServices, qtbot: QtBot, first: str, stores: MemoryStores | None = None) -> Services:
    """Open the model and ask the first question."""
    services = build_services(stores=stores, model=writes_until_stopped)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    services.session.send(first)
    qtbot.waitUntil(lambda: bool(services.session.branch) and bool(services.session.branch[-1].text))
    return services


def queue(services: Services, text: str) -> None:
    """Type a question and press Enter."""
    services.session.set_draft_text(text)
    services.session.send(text)


def queued(services: Services) -> list[str]:
    return [question.text for question in services.queue.questions(services.session.conversation_id)]


def asked(services: Services) -> list[str]:
    requests = services.engines.requests(BackendKind.MODEL)
    return [request.turns[-1].text for request in requests if isinstance(request, Ask)]


def texts(services: Services) -> list[str]:
    return [message.text for message in services.session.branch]


def test_questions_follow_in_order_after_stop(build_services: BuildServices, qtbot: QtBot) -> None:
    services = begin(build_services, qtbot, "first")
    services.session.add_attachment(services.session.conversation_id, attachment())
    queue(services, "short")
    queue(services, "last")
    assert (queued(services), services.session.draft) == (["short", "last"], Draft())
    assert services.session.is_busy

    services.session.stop()
    qtbot.waitUntil(lambda: texts(services) == ["first", "long", "short", "short", "last", "long"])
    assert queued(services) == []
    assert services.session.branch[1].state is MessageState.STOPPED
    assert services.session.branch[2].attachments == (attachment(),)
    assert asked(services) == ["first", "short", "last"]
    turns = services.engines.latest(BackendKind.MODEL).requests[-1]
    assert isinstance(turns, Ask)
    assert [turn.text for turn in turns.turns] == ["first", "long", "short", "short", "last"]


def test_enter_twice_sends_once(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=writes_until_stopped)
    services.model.open("/models/tiny")
    queue(services, "short")
    services.session.send("short")
    qtbot.waitUntil(lambda: texts(services) == ["short", "short"] and not services.session.is_busy)
    assert (asked(services), queued(services)) == (["short"], [])


def test_after_a_failure_the_questions_wait_until_they_are_sent(build_services: BuildServices, qtbot: QtBot) -> None:
    services = begin(build_services, qtbot, "first")
    for text in ("broken", "short", "last"):
        queue(services, text)
    services.session.stop()
    chat = services.session.conversation_id
    qtbot.waitUntil(lambda: services.queue.is_held(chat))
    qtbot.wait(50)
    assert (queued(services), asked(services)) == (["short", "last"], ["first", "broken"])

    services.queue.resume(chat)
    assert not services.queue.is_held(chat)
    qtbot.waitUntil(lambda: asked(services) == ["first", "broken", "short", "last"])
    qtbot.waitUntil(lambda: texts(services) == ["first", "long", "broken", "", "short", "short", "last", "long"])


def test_a_question_can_be_removed_or_taken_back(build_services: BuildServices, qtbot: QtBot) -> None:
    services = begin(build_services, qtbot, "first")
    chat = services.session.conversation_id
    services.session.add_attachment(chat, attachment())
    queue(services, "one")
    queue(services, "two")
    one, two = services.queue.questions(chat)
    services.session.cancel_queued(two.id)
    services.session.set_draft_text("typed")
    services.session.edit_queued(one.id)
    assert queued(services) == []
    assert services.session.draft == Draft(text="one\n\ntyped", attachments=(attachment(),))
    services.session.edit_queued(one.id)
    assert services.session.draft.text == "one\n\ntyped", "it is there only once"


def test_the_queue_goes_on_while_another_chat_is_shown(build_services: BuildServices, qtbot: QtBot) -> None:
    services = begin(build_services, qtbot, "first")
    chat = services.session.conversation_id
    queue(services, "short")
    queue(services, "last")
    services.session.set_draft_text("typed")
    services.session.start_new()
    assert services.session.draft.is_empty
    assert services.library[chat].draft.text == "short\n\nlast\n\ntyped"
    services.answers.stop(chat)
    qtbot.waitUntil(lambda: asked(services) == ["first", "short", "last"])
    assert services.session.branch == ()

    services.session.open(chat)
    qtbot.waitUntil(lambda: texts(services) == ["first", "long", "short", "short", "last", "long"])
    assert services.session.draft.text == "typed"


def test_a_chat_that_is_shown_again_shows_its_queue_apart_from_its_draft(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = begin(build_services, qtbot, "first")
    chat = services.session.conversation_id
    queue(services, "next")
    services.session.set_draft_text("typed")
    services.session.start_new()
    services.session.open(chat)
    assert (queued(services), services.session.draft.text) == (["next"], "typed")


def test_at_the_end_what_was_queued_is_a_draft(build_services: BuildServices, qtbot: QtBot) -> None:
    stores = MemoryStores()
    services = begin(build_services, qtbot, "first", stores)
    chat = services.session.conversation_id
    queue(services, "one")
    queue(services, "two")
    services.session.set_draft_text("typed")
    services.close()
    qtbot.wait(50)
    assert asked(services) == ["first"]
    assert stores.chats.rows[chat].draft == Draft(text="one\n\ntwo\n\ntyped")


def test_a_deleted_chat_asks_nothing_more_and_comes_back_with_its_questions(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = begin(build_services, qtbot, "first")
    chat = services.session.conversation_id
    queue(services, "next")
    with qtbot.waitSignal(services.library.deleted) as deleted:
        services.session.delete_all((chat,))
    qtbot.wait(50)
    assert asked(services) == ["first"]
    services.library.restore(*deleted.args[0])
    services.session.open(chat)
    assert (queued(services), services.session.draft.text) == ([], "next")


def test_a_question_that_cannot_be_saved_stays_in_the_queue(build_services: BuildServices, qtbot: QtBot) -> None:
    stores = MemoryStores()
    services = begin(build_services, qtbot, "first", stores)
    chat = services.session.conversation_id
    queue(services, "next")
    stores.full = True
    with qtbot.waitSignal(services.queue.problem_met):
        services.session.stop()
    assert (queued(services), services.queue.is_held(chat)) == (["next"], True)


def test_a_question_that_was_removed_is_put_back_into_its_place(build_services: BuildServices, qtbot: QtBot) -> None:
    stores = MemoryStores()
    services = begin(build_services, qtbot, "first", stores)
    for text in ("second", "third", "fourth"):
        queue(services, text)
    chat = services.session.conversation_id
    removed = services.queue.questions(chat)[1]
    services.session.cancel_queued(removed.id)
    assert queued(services) == ["second", "fourth"]
    services.queue.put_back(chat, removed, 1)
    services.session.save_draft()
    assert queued(services) == ["second", "third", "fourth"]
    qtbot.waitUntil(lambda: services.library[chat].draft.text == "second\n\nthird\n\nfourth")


def test_a_question_that_is_put_back_after_the_answer_is_sent(build_services: BuildServices, qtbot: QtBot) -> None:
    services = begin(build_services, qtbot, "first")
    queue(services, "second")
    chat = services.session.conversation_id
    (removed,) = services.queue.questions(chat)
    services.session.cancel_queued(removed.id)
    services.session.stop()
    qtbot.waitUntil(lambda: services.session.branch[-1].state is MessageState.STOPPED)
    services.queue.put_back(chat, removed, 0)
    qtbot.waitUntil(lambda: asked(services) == ["first", "second"])
    assert queued(services) == []
