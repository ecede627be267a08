"""What the user sees of a chat: questions, streamed answers, Stop, failures, drafts, branches."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Author, Draft, Message, MessageState, Role, SeenImage, Turn, now
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import engine_texts
from app.domain.errors import Problem, ProblemKind
from app.domain.ids import ConversationId, Digest, FolderId, MessageId
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import GenerationOptions
from app.domain.text.confidence import LowConfidenceSpan
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Cancel,
    Done,
    Event,
    Failed,
    OpenModel,
    ReadText,
    Ready,
    Request,
    Stats,
    TextRead,
)
from app.services.chat import answers as answers_module
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.chats import attachment
from tests.support.memory_stores import MemoryStores

STATS = AnswerStats(
    prompt_tokens=9, visual_tokens=0, new_tokens=2, first_token_seconds=0.1, total_seconds=0.2, context_tokens=11
)


def answers_hello(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel():
            yield Ready(INFO)
            yield Done(FinishReason.COMPLETE)
        case Ask():
            yield AnswerDelta("Hel")
            yield AnswerDelta("lo")
            yield Stats(STATS)
            yield Done(FinishReason.COMPLETE)


def answers_until_stopped(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel():
            yield Ready(INFO)
            yield Done(FinishReason.COMPLETE)
        case Ask():
            yield AnswerDelta("half an ")
        case Cancel():
            yield AnswerDelta("answer")
            yield Done(FinishReason.STOPPED)


def reads_total(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        yield TextRead(OcrPage(10, 10, (), "TOTAL 9.00"))
        yield Done(FinishReason.COMPLETE)


def open_model(services: Services, qtbot: QtBot) -> None:
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)


def wait_for_end(services: Services, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(services.session.branch) > 0 and not services.session.is_busy)


def say_half(services: Services, qtbot: QtBot, text: str) -> None:
    """Ask what `answers_until_stopped` answers, and stop it."""
    services.session.send(text)
    qtbot.waitUntil(lambda: bool(services.session.branch) and services.session.branch[-1].text == "half an ")
    services.session.stop()
    wait_for_end(services, qtbot)


def test_an_answer_streams_and_everything_is_kept(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.session.add_attachment(services.session.conversation_id, attachment())
    services.session.set_draft_text("What is this?")

    services.session.send("What is this?")
    wait_for_end(services, qtbot)

    question, answer = services.session.branch
    assert (question.role, question.text, question.attachments) == (Role.USER, "What is this?", (attachment(),))
    assert (answer.text, answer.state, answer.model_name) == ("Hello", MessageState.COMPLETE, "Tiny")
    assert answer.stats == STATS
    assert services.session.draft.is_empty
    services.close()
    assert list(services.stores.chats.saved.values()) == [question, answer]
    chat = services.stores.chats.rows[question.conversation_id]
    assert (chat.title, chat.leaf_id, chat.image_count) == ("What is this?", answer.id, 1)
    assert chat.draft.is_empty


def test_the_same_image_under_another_name_is_attached_once(build_services: BuildServices, qtbot: QtBot) -> None:
    session = build_services(model=answers_hello).session
    session.add_attachment(session.conversation_id, attachment("one.png"))
    with qtbot.waitSignal(session.image_repeated) as repeated:
        session.add_attachment(session.conversation_id, attachment("two.png"))
    assert repeated.args == [attachment("two.png")]
    assert session.draft.attachments == (attachment("one.png"),)


def test_the_model_is_asked_with_the_images_and_the_chat_so_far(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.session.add_attachment(services.session.conversation_id, attachment())
    services.session.send("First?")
    wait_for_end(services, qtbot)

    services.session.send("Second?")
    qtbot.waitUntil(lambda: len(services.session.branch) == 4 and not services.session.is_busy)

    ask = services.engines.requests(BackendKind.MODEL)[-1]
    assert isinstance(ask, Ask)
    assert ask.turns == (
        Turn(Role.USER, "First?", (SeenImage("/store/" + "ab" * 32, None, Digest("ab" * 32)),)),
        Turn(Role.ASSISTANT, "Hello"),
        Turn(Role.USER, "Second?"),
    )


def test_the_model_is_given_the_instructions_first(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    session, library = services.session, services.library
    library.set_instructions(session.conversation, "Be brief.")  # The chat is in no list yet.
    assert session.conversation.instructions == "Be brief."
    session.send("First?")
    wait_for_end(services, qtbot)
    assert asked(services)[-1].turns == (Turn(Role.SYSTEM, "Be brief."), Turn(Role.USER, "First?"))

    session.set_draft_text("Second")
    assert session.prefill_turns()[0] == Turn(Role.SYSTEM, "Be brief.")
    library.set_instructions(session.conversation, "Rhyme.")
    session.regenerate(session.branch[-1].id)
    qtbot.waitUntil(lambda: not session.is_busy)
    assert asked(services)[-1].turns == (Turn(Role.SYSTEM, "Rhyme."), Turn(Role.USER, "First?"))
    library.set_instructions(session.conversation, "")
    session.edit(session.branch[0].id, "Third?")
    qtbot.waitUntil(lambda: session.branch[0].text == "Third?" and not session.is_busy)
    assert asked(services)[-1].turns == (Turn(Role.USER, "Third?"),)
    library.set_instructions(session.conversation, "Be kind.")
    services.close()
    assert services.stores.chats.rows[session.conversation_id].instructions == "Be kind."


def test_instructions_are_kept_without_a_turn_and_while_one_is_being_saved(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    session, library, rows = services.session, services.library, services.stores.chats.rows
    library.set_instructions(session.conversation, "Be brief.")
    alone = session.conversation_id
    session.start_new()
    session.send("First?")
    library.set_instructions(session.conversation, "Rhyme.")  # The turn is not saved yet.
    wait_for_end(services, qtbot)
    assert session.conversation.instructions == "Rhyme."
    services.close()
    assert rows[alone].instructions == "Be brief."
    kept = rows[session.conversation_id]
    assert (kept.instructions, kept.leaf_id) == ("Rhyme.", session.branch[-1].id)


def test_a_chat_that_is_moved_while_a_turn_is_being_saved_stays_in_its_folder(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    session, library = services.session, services.library
    session.send("First?")
    wait_for_end(services, qtbot)
    session.send("Second?")
    library.move((session.conversation_id,), FolderId("f1"))
    wait_for_end(services, qtbot)
    session.send("Third?")
    wait_for_end(services, qtbot)
    services.close()
    kept = services.stores.chats.rows[session.conversation_id]
    assert (kept.folder_id, kept.leaf_id) == ("f1", session.branch[-1].id)


def test_a_question_is_on_disk_before_its_answer_starts(build_services: BuildServices, qtbot: QtBot) -> None:
    seen: list[int] = []
    stores = MemoryStores()

    def watch(request: Request) -> Iterator[Event]:
        if isinstance(request, Ask):
            seen.append(len(stores.chats.saved))
        yield from answers_hello(request)

    services = build_services(stores=stores, model=watch)
    open_model(services, qtbot)
    services.session.send("Hi")
    wait_for_end(services, qtbot)
    assert seen == [2]


def test_stop_keeps_what_was_said(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    say_half(services, qtbot, "Tell me")

    answer = services.session.branch[-1]
    assert (answer.text, answer.state) == ("half an answer", MessageState.STOPPED)


def test_an_answer_is_saved_while_it_streams(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    services.session.send("Tell me")
    qtbot.waitUntil(lambda: any(message.text == "half an " for message in services.stores.chats.saved.values()))
    assert services.session.is_busy


def test_a_killed_engine_leaves_the_partial_answer_and_says_so(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    services.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(services.session.branch) and services.session.branch[-1].text == "half an ")

    services.engines.latest(BackendKind.MODEL).kill()
    wait_for_end(services, qtbot)

    answer = services.session.branch[-1]
    assert (answer.text, answer.state) == ("half an ", MessageState.FAILED)
    assert answer.problem is not None
    assert answer.problem.kind is ProblemKind.ENGINE
    assert "signal 9" in answer.problem.what
    assert services.model.status.state is EngineState.DIED


def test_asking_after_a_death_restarts_the_engine(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.engines.latest(BackendKind.MODEL).kill()
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.DIED)

    services.session.send("Still there?")
    wait_for_end(services, qtbot)

    assert services.session.branch[-1].text == "Hello"
    assert services.model.status.state is EngineState.READY


def test_asking_without_a_model_keeps_the_question_and_says_what_to_do(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services()
    services.session.send("Anyone?")
    wait_for_end(services, qtbot)

    question, answer = services.session.branch
    assert question.text == "Anyone?"
    assert answer.state is MessageState.FAILED
    assert answer.problem is not None
    assert answer.problem.kind is ProblemKind.MODEL_MISSING
    assert "Choose a model folder" in answer.problem.todo


def test_asking_a_model_that_could_not_be_opened_says_why(build_services: BuildServices, qtbot: QtBot) -> None:
    why = engine_texts.OUT_OF_MEMORY.problem()

    def refuses(request: Request) -> Iterator[Event]:
        if isinstance(request, OpenModel):
            yield Failed(why)

    services = build_services(model=refuses)
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.FAILED)
    services.session.send("Anyone?")
    wait_for_end(services, qtbot)
    assert services.session.branch[-1].problem == why


def test_reading_needs_no_model_and_keeps_the_typed_words(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(reader=reads_total)
    services.session.add_attachment(services.session.conversation_id, attachment())
    services.session.set_draft_text("and then")

    services.session.read_text(attachment())
    wait_for_end(services, qtbot)

    question, answer = services.session.branch
    assert question.attachments == (attachment(),)
    assert (answer.author, answer.text, answer.state) == (Author.READER, "TOTAL 9.00", MessageState.COMPLETE)
    assert answer.page is not None
    assert services.session.draft == Draft(text="and then")


def test_several_images_are_read_in_order_a_turn_for_each(build_services: BuildServices, qtbot: QtBot) -> None:
    images = tuple(attachment(f"{name}.png", name * 32) for name in ("ab", "cd", "ef"))
    problem = Problem(ProblemKind.IMAGE, "The image is damaged.", "The chat is kept.", "Use another.")

    def reads(request: Request) -> Iterator[Event]:
        assert isinstance(request, ReadText)
        if images[1].digest in request.path:
            yield Failed(problem)
            return
        yield TextRead(OcrPage(4, 3, (), f"text of {request.path[-2:]}"))
        yield Done(FinishReason.COMPLETE)

    services = build_services(reader=reads)
    for image in images:
        services.session.add_attachment(services.session.conversation_id, image)
    services.session.read_texts(images)
    wait_for_end(services, qtbot)

    branch = services.session.branch
    assert [message.parent_id for message in branch] == [None, *(message.id for message in branch[:-1])]
    assert [message.attachments for message in branch[::2]] == [(image,) for image in images]
    assert [message.text for message in branch[1::2]] == ["text of ab", "", "text of ef"]
    assert [message.state for message in branch[1::2]] == [
        MessageState.COMPLETE,
        MessageState.FAILED,
        MessageState.COMPLETE,
    ]
    assert services.session.draft.is_empty
    assert {message.id for message in branch} == set(services.stores.chats.saved)


def test_stop_ends_the_reading_of_all_images(build_services: BuildServices, qtbot: QtBot) -> None:
    def never_ends(request: Request) -> Iterator[Event]:
        if isinstance(request, Cancel):
            yield Done(FinishReason.STOPPED)

    images = tuple(attachment(f"{name}.png", name * 32) for name in ("ab", "cd", "ef"))
    services = build_services(reader=never_ends)
    services.session.read_texts(images)
    qtbot.waitUntil(lambda: len(services.engines.requests(BackendKind.READER)) == 1)
    services.session.stop()
    wait_for_end(services, qtbot)
    assert [message.state for message in services.session.branch[1::2]] == [MessageState.STOPPED] * 3
    assert len(services.engines.requests(BackendKind.READER)) == 1


def test_a_full_disk_keeps_the_draft_and_says_so(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.session.add_attachment(services.session.conversation_id, attachment())
    services.session.set_draft_text("Precious")
    services.stores.full = True

    with qtbot.waitSignal(services.session.problem_met) as met:
        services.session.send("Precious")

    assert isinstance(met.args, list)
    problem = met.args[0]
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.STORAGE
    assert services.session.draft == Draft(text="Precious", attachments=(attachment(),))
    assert not services.session.branch
    assert not services.session.is_busy
    assert not [item for item in services.engines.requests(BackendKind.MODEL) if isinstance(item, Ask)]
    services.stores.full = False
    services.session.send("Precious")
    wait_for_end(services, qtbot)
    assert services.session.branch[-1].text == "Hello"


def test_regenerating_makes_a_second_branch(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.session.send("Hi")
    wait_for_end(services, qtbot)
    first = services.session.branch[-1]

    services.session.regenerate(first.id)
    qtbot.waitUntil(lambda: services.session.branch[-1].id != first.id and not services.session.is_busy)

    question, second = services.session.branch
    assert second.parent_id == first.parent_id == question.id
    qtbot.waitUntil(lambda: set(services.stores.chats.saved) == {question.id, first.id, second.id})


def test_a_draft_survives_leaving_and_coming_back(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services()
    services.session.add_attachment(services.session.conversation_id, attachment())
    services.session.set_draft_text("unfinished thou")
    first = services.session.conversation_id

    services.session.start_new()
    assert services.session.draft.is_empty
    services.session.open(first)

    assert services.session.draft == Draft(text="unfinished thou", attachments=(attachment(),))
    services.close()
    assert services.stores.chats.rows[first].draft == Draft(text="unfinished thou", attachments=(attachment(),))


def test_a_draft_is_saved_shortly_after_typing_without_being_asked(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services()
    services.session.set_draft_text("typed")
    qtbot.waitUntil(lambda: [chat.draft.text for chat in services.stores.chats.rows.values()] == ["typed"])


def test_a_draft_that_could_not_be_saved_is_saved_when_there_is_room(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services()
    services.session.set_draft_text("first words")
    qtbot.waitUntil(lambda: [chat.draft.text for chat in services.stores.chats.rows.values()] == ["first words"])
    services.stores.full = True
    services.session.set_draft_text("more words")
    with qtbot.waitSignal(services.store_thread.problem_met):
        services.session.save_draft()
    services.stores.full = False

    services.close()

    assert [chat.draft.text for chat in services.stores.chats.rows.values()] == ["more words"]


def test_an_image_lands_in_the_chat_it_was_dropped_on(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services()
    services.session.set_draft_text("first")
    first = services.session.conversation_id
    services.session.start_new()

    services.session.add_attachment(first, attachment())

    assert services.session.draft.is_empty
    services.session.open(first)
    qtbot.waitUntil(lambda: services.session.draft == Draft(text="first", attachments=(attachment(),)))


def test_an_answer_goes_on_while_another_chat_is_shown(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    services.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(services.session.branch) and services.session.branch[-1].text == "half an ")
    first = services.session.conversation_id

    services.session.start_new()
    busy_in_new_chat = services.session.is_busy
    services.session.open(first)
    qtbot.waitUntil(lambda: len(services.session.branch) == 2)

    assert (busy_in_new_chat, services.session.is_busy) == (False, True)
    assert services.session.branch[-1].text == "half an "
    services.session.stop()
    wait_for_end(services, qtbot)
    assert services.session.branch[-1].text == "half an answer"


def test_closing_while_an_answer_streams_keeps_it(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    services.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(services.session.branch) and services.session.branch[-1].text == "half an ")

    services.close()

    answer = services.session.branch[-1]
    assert (answer.text, answer.state) == ("half an ", MessageState.STOPPED)
    qtbot.waitUntil(lambda: services.stores.chats.saved.get(answer.id) == answer)
    assert services.stores.closed


def test_deleting_the_chat_that_is_shown_leaves_an_empty_one(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    services.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(services.session.branch) and services.session.branch[-1].text == "half an ")
    doomed = services.session.conversation_id

    services.session.delete_all((doomed,))

    assert not services.session.branch
    assert not services.session.is_busy
    services.close()
    assert services.stores.chats.rows == {}
    assert services.stores.chats.saved == {}


def test_the_latest_chat_comes_back_after_a_restart(build_services: BuildServices, qtbot: QtBot) -> None:
    before = build_services(model=answers_hello)
    open_model(before, qtbot)
    before.session.send("Hi")
    wait_for_end(before, qtbot)
    branch = before.session.branch
    before.close()

    after = build_services(stores=before.stores)
    after.library.load()
    with qtbot.waitSignal(after.library.loaded):
        pass
    latest = after.library.latest
    assert latest is not None
    after.session.open(latest.id)
    qtbot.waitUntil(lambda: after.session.branch == branch)


def test_a_failed_request_is_told_in_its_own_words(build_services: BuildServices, qtbot: QtBot) -> None:
    problem = Problem(ProblemKind.IMAGE, "The image is too dark.", "It is kept.", "Try another.")

    def fails(request: Request) -> Iterator[Event]:
        yield Failed(problem)

    services = build_services(reader=fails)
    services.session.read_text(attachment())
    wait_for_end(services, qtbot)
    assert services.session.branch[-1].problem == problem
    assert replace(services.session.branch[-1], problem=None).text == ""


def asked(services: Services) -> list[Ask]:
    return [request for request in services.engines.requests(BackendKind.MODEL) if isinstance(request, Ask)]


def say(services: Services, qtbot: QtBot, text: str) -> None:
    services.session.send(text)
    wait_for_end(services, qtbot)


def test_an_edited_question_stands_beside_the_old_one_with_its_images(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.session.add_attachment(services.session.conversation_id, attachment())
    say(services, qtbot, "First?")
    first = services.session.branch
    say(services, qtbot, "Second?")
    services.session.set_draft_text("still writing")

    services.session.edit(first[0].id, "First, but better?")
    qtbot.waitUntil(lambda: len(services.session.branch) == 2 and not services.session.is_busy)

    question, answer = services.session.branch
    assert (question.text, question.attachments, answer.text) == ("First, but better?", (attachment(),), "Hello")
    assert asked(services)[-1].turns == (
        Turn(Role.USER, "First, but better?", (SeenImage("/store/" + "ab" * 32, None, Digest("ab" * 32)),)),
    )
    assert services.session.versions(question.id) == (first[0].id, question.id)
    assert services.session.draft.text == "still writing"
    conversation_id = question.conversation_id
    services.close()
    assert len(services.stores.chats.saved) == 6
    assert (
        services.stores.chats.rows[conversation_id].leaf_id,
        services.stores.chats.rows[conversation_id].image_count,
    ) == (
        answer.id,
        1,
    )


def test_another_version_is_shown_with_all_that_followed_it(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    say(services, qtbot, "First?")
    say(services, qtbot, "Second?")
    old = services.session.branch
    services.session.edit(old[0].id, "Other?")
    qtbot.waitUntil(lambda: len(services.session.branch) == 2 and not services.session.is_busy)
    with qtbot.waitSignal(services.session.branch_changed):
        services.session.show_version(old[0].id)
    assert services.session.branch == old
    services.close()
    assert services.stores.chats.rows[old[0].conversation_id].leaf_id == old[-1].id


def test_an_answer_that_streams_in_another_version_is_not_shown_here(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    say_half(services, qtbot, "First?")
    first = services.session.branch
    services.session.edit(first[0].id, "Other?")
    qtbot.waitUntil(lambda: services.session.branch[-1].text == "half an " and services.session.is_busy)
    other = services.session.branch
    services.session.show_version(first[0].id)
    with qtbot.assertNotEmitted(services.session.message_changed):
        services.session.stop()
        qtbot.waitUntil(lambda: not services.session.is_busy)
    services.session.show_version(other[0].id)
    assert (services.session.branch[-1].text, services.session.branch[-1].state) == (
        "half an answer",
        MessageState.STOPPED,
    )


def test_a_stopped_answer_goes_on_where_it_ended(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_until_stopped)
    open_model(services, qtbot)
    say_half(services, qtbot, "Tell me")
    stopped = services.session.branch[-1]

    services.session.continue_answer(stopped.id)
    qtbot.waitUntil(lambda: services.session.branch[-1].text == "half an answerhalf an ")
    assert asked(services)[-1].turns == (Turn(Role.USER, "Tell me"), Turn(Role.ASSISTANT, "half an answer"))
    services.session.stop()
    wait_for_end(services, qtbot)
    assert [message.id for message in services.session.branch] == [stopped.parent_id, stopped.id]
    assert services.session.branch[-1].text == "half an answerhalf an answer"


def test_only_the_last_answer_goes_on(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    say(services, qtbot, "First?")
    answer = services.session.branch[-1]
    say(services, qtbot, "Second?")
    services.session.continue_answer(answer.id)
    assert not services.session.is_busy
    assert len(asked(services)) == 2


def test_a_hit_in_another_chat_and_version_is_pointed_at(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    say(services, qtbot, "First?")
    old = services.session.branch
    services.session.edit(old[0].id, "Other?")
    qtbot.waitUntil(lambda: services.session.branch[0].text == "Other?" and not services.session.is_busy)
    services.session.start_new()
    with qtbot.waitSignal(services.library.found) as found:
        services.library.search("First")
    query, (hit,) = found.args
    assert (query, hit.message_id) == ("First", old[0].id)

    for _ in range(2):  # From another chat, and from the same one.
        with qtbot.waitSignal(services.session.message_pointed_at) as pointed:
            services.session.open(hit.conversation_id, hit.message_id)
        assert pointed.args == [old[0].id]
        assert services.session.branch == old


def test_an_answer_that_went_in_a_circle_keeps_its_good_part(build_services: BuildServices, qtbot: QtBot) -> None:
    def circles(request: Request) -> Iterator[Event]:
        match request:
            case Ask(turns=turns):
                yield AnswerDelta("again, " * 100 if turns[-1].role is Role.ASSISTANT else "Good. " + "so on, " * 100)
                yield Done(FinishReason.REPEATING)
            case _:
                yield from answers_hello(request)

    services = build_services(model=circles)
    open_model(services, qtbot)
    say(services, qtbot, "Tell me")
    answer = services.session.branch[-1]
    assert (answer.text, answer.state) == ("Good. so on,", MessageState.REPEATING)
    services.session.continue_answer(answer.id)
    wait_for_end(services, qtbot)
    assert services.session.branch[-1].text.startswith("Good. so on,again,")


def test_an_image_is_asked_about_with_its_own_pixel_budget(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.session.add_attachment(services.session.conversation_id, attachment())
    services.session.set_pixel_budget(attachment(), 99_999)
    assert services.session.draft.attachments == (replace(attachment(), pixel_budget=99_999),)
    services.session.send("What is it?")
    wait_for_end(services, qtbot)
    (turn,) = asked(services)[-1].turns
    assert [image.pixel_budget for image in turn.images] == [99_999]


def test_what_the_model_was_unsure_of_is_kept_where_it_stands(build_services: BuildServices, qtbot: QtBot) -> None:
    def unsure(request: Request) -> Iterator[Event]:
        match request:
            case OpenModel():
                yield Ready(INFO)
                yield Done(FinishReason.COMPLETE)
            case Ask():
                yield AnswerDelta("The total ", 0.99)
                yield AnswerDelta("is 9", 0.5, ((" 8", 0.25),))
                yield Done(FinishReason.COMPLETE)

    services = build_services(model=unsure)
    open_model(services, qtbot)
    services.session.send("What is it?")
    wait_for_end(services, qtbot)
    told = services.session.branch[-1]
    assert told.doubts == (LowConfidenceSpan(10, 14, 0.5, ((" 8", 0.25),)),)
    qtbot.waitUntil(lambda: services.stores.chats.saved.get(told.id) == told)


def test_a_new_title_and_a_pin_are_shown_and_outlive_the_next_question(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services(model=answers_hello)
    open_model(services, qtbot)
    services.session.send("What is this?")
    wait_for_end(services, qtbot)
    shown: list[str] = []
    services.session.conversation_changed.connect(lambda conversation: shown.append(conversation.title))
    services.library.rename(services.session.conversation_id, "Stations")
    services.library.pin(services.session.conversation_id)
    assert shown == ["Stations", "Stations"]

    services.session.send("And this?")
    services.library.rename(services.session.conversation_id, "Trains")  # While the question is being saved.
    qtbot.waitUntil(lambda: len(services.session.branch) == 4 and not services.session.is_busy)
    services.session.set_draft_text("a draft")
    services.session.save_draft()
    listed = services.library[services.session.conversation_id]
    assert (listed.title, listed.is_pinned) == ("Trains", True)
    qtbot.waitUntil(lambda: services.stores.chats.rows[listed.id].draft.text == "a draft")
    assert (
        services.stores.chats.rows[listed.id].title,
        services.stores.chats.rows[listed.id].is_pinned,
    ) == (
        "Trains",
        True,
    )


def test_an_answer_without_an_end_is_cut_off_and_the_chat_goes_on(
    build_services: BuildServices, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_module, "MAX_ANSWER_CHARACTERS", 1000)

    def endless(request: Request) -> Iterator[Event]:
        match request:
            case OpenModel():
                yield Ready(INFO)
                yield Done(FinishReason.COMPLETE)
            case Ask():
                for _ in range(100):
                    yield AnswerDelta("nine and " * 9, 0.5)
                yield Done(FinishReason.COMPLETE)

    services = build_services(model=endless)
    open_model(services, qtbot)
    say(services, qtbot, "Resume")
    answer = services.session.branch[-1]
    assert answer.state is MessageState.CUT_OFF
    assert answer.text == ("nine and " * 9 * 100)[:1000]
    assert answer.doubts[-1].end == 1000
    qtbot.waitUntil(lambda: services.stores.chats.saved.get(answer.id) == answer)
    assert not services.session.is_busy


def test_pieces_are_put_together_when_the_answer_is_wanted_and_not_one_by_one() -> None:
    begun = Message(
        id=MessageId("a"),
        conversation_id=ConversationId("c"),
        parent_id=None,
        role=Role.ASSISTANT,
        text="So ",
        created=now(),
    )
    running = answers_module.RunningAnswer(begun, lambda: None)
    for _ in range(1000):
        assert running.add(AnswerDelta("word ", 0.5))
    assert running.answer is begun
    whole = running.snapshot()
    assert whole.text == "So " + "word " * 1000
    assert [whole.text[doubt.start : doubt.end] for doubt in whole.doubts] == ["word "] * 1000
    assert running.snapshot() is whole


def test_who_is_told_of_an_answer_may_end_another(
    build_services: BuildServices, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begins(request: Request) -> Iterator[Event]:
        match request:
            case OpenModel():
                yield Ready(INFO)
                yield Done(FinishReason.COMPLETE)
            case Ask() | ReadText():
                yield AnswerDelta("half")

    monkeypatch.setattr(answers_module, "PAINT_MILLISECONDS", 500)  # Both have begun before either is shown.
    services = build_services(model=begins, reader=begins)
    open_model(services, qtbot)
    answers = services.answers
    first, second = (
        Message(
            id=MessageId(f"a{number}"),
            conversation_id=ConversationId("c"),
            parent_id=None,
            role=Role.ASSISTANT,
            text="",
            created=now(),
        )
        for number in (1, 2)
    )
    told: list[str] = []

    def end_both(answer: Message) -> None:
        told.append(answer.id)
        answers.abandon()

    answers.answer_changed.connect(end_both)
    answers.ask(first, (Turn(Role.USER, "Hello"),), GenerationOptions())
    answers.read(second, Path("image.png"))
    qtbot.waitUntil(lambda: [answer.text for answer in answers.current(ConversationId("c"))] == ["half", "half"])
    assert told == []
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["a1"]


def test_a_chat_that_is_deleted_while_its_messages_are_loaded_is_not_shown(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    services = build_services()
    chat = services.session.conversation_id
    services.session.send("What is it?")
    qtbot.waitUntil(lambda: chat in services.library and not services.session.is_busy)
    services.session.start_new()
    services.session.open(chat)
    services.library.delete(chat)  # Not by the session, which would have shown an empty one.
    read: list[object] = []
    services.store_thread.chats.run(lambda _: None, read.append)
    qtbot.waitUntil(lambda: read == [None])
    assert chat not in services.library
    assert services.session.branch == ()
