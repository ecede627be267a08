"""A thinking model's chat: its reasoning is kept beside the answer, and never asked about again."""

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from app.domain.chat.chat import MessageState, Role
from app.domain.models.answer_stats import FinishReason
from app.domain.text.thoughts import Thought
from app.engine.process.messages import AnswerDelta, Ask, Done, Event, OpenModel, Ready, Request, ThoughtDelta
from tests.services.chat.test_chat_session import asked, open_model, say, wait_for_end
from tests.services.conftest import INFO, BuildServices


def thinks(request: Request) -> Iterator[Event]:
    """Answers after a thought; the first time it gets no further than half of that."""
    match request:
        case OpenModel():
            yield Ready(INFO)
            yield Done(FinishReason.COMPLETE)
        case Ask(turns=turns) if turns[-1].text == "Hard?":
            yield ThoughtDelta("\nThree ", 1.0)
            yield Done(FinishReason.LENGTH)
        case Ask(turns=turns) if turns[-1].text == "Left out?":
            yield ThoughtDelta("Nine.", 1.0)
            yield ThoughtDelta("", 0.0)
            yield AnswerDelta("Nine.")
            yield Done(FinishReason.COMPLETE)
        case Ask():
            yield ThoughtDelta("lines, ", 1.5)
            yield ThoughtDelta("so nine.\n", 2.0)
            yield AnswerDelta("Nine.")
            yield Done(FinishReason.COMPLETE)


def test_reasoning_is_kept_beside_the_answer_and_not_sent_back(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=thinks)
    open_model(services, qtbot)
    say(services, qtbot, "Easy?")
    answer = services.session.branch[-1]
    assert (answer.text, answer.thought) == ("Nine.", Thought("lines, so nine.\n", 2.0))
    say(services, qtbot, "Sure?")
    turns = asked(services)[-1].turns
    assert [turn.text for turn in turns] == ["Easy?", "Nine.", "Sure?"]
    assert [turn.thought for turn in turns] == ["", "", ""]
    services.close()
    assert services.stores.chats.saved[answer.id] == answer


def test_an_answer_that_was_taken_for_reasoning_is_the_answer_alone(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services(model=thinks)
    open_model(services, qtbot)
    say(services, qtbot, "Left out?")
    answer = services.session.branch[-1]
    assert (answer.text, answer.thought, answer.state) == ("Nine.", None, MessageState.COMPLETE)


def test_reasoning_that_was_cut_off_is_continued(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=thinks)
    open_model(services, qtbot)
    say(services, qtbot, "Hard?")
    cut_off = services.session.branch[-1]
    assert (cut_off.text, cut_off.state, cut_off.thought) == ("", MessageState.CUT_OFF, Thought("Three ", 1.0))
    services.session.continue_answer(cut_off.id)
    wait_for_end(services, qtbot)
    begun = asked(services)[-1].turns[-1]
    assert (begun.role, begun.text, begun.thought) == (Role.ASSISTANT, "", "Three ")
    answer = services.session.branch[-1]
    assert (answer.text, answer.state) == ("Nine.", MessageState.COMPLETE)
    assert answer.thought == Thought("Three lines, so nine.\n", 3.0)


def test_an_answer_that_has_only_reasoning_is_left_out_later(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=thinks)
    open_model(services, qtbot)
    say(services, qtbot, "Hard?")
    say(services, qtbot, "Easy?")
    assert [turn.text for turn in asked(services)[-1].turns] == ["Hard?", "Easy?"]
