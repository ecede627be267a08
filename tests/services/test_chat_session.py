"""What the user sees of a chat: questions, streamed answers, Stop, failures, drafts, branches."""

from collections.abc import Iterator
from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.domain.chat import Author, Draft, MessageState, Role, SeenImage, Turn
from app.domain.doubt import Doubt
from app.domain.engine_status import EngineState
from app.domain.errors import Problem, ProblemKind
from app.domain.generation import AnswerStats, FinishReason
from app.domain.pages import Page
from app.engine.process.backend import BackendKind
from app.engine.process.messages import (
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
    Token,
)
from tests.services.conftest import INFO, BuildHouse, House
from tests.support.chats import attachment
from tests.support.memory_store import MemoryStore

STATS = AnswerStats(
    prompt_tokens=9, visual_tokens=0, new_tokens=2, first_token_seconds=0.1, total_seconds=0.2, context_tokens=11
)


def answers_hello(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel(request_id=number):
            yield Ready(number, INFO)
            yield Done(number, FinishReason.COMPLETE)
        case Ask(request_id=number):
            yield Token(number, "Hel")
            yield Token(number, "lo")
            yield Stats(number, STATS)
            yield Done(number, FinishReason.COMPLETE)


def answers_until_stopped(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel(request_id=number):
            yield Ready(number, INFO)
            yield Done(number, FinishReason.COMPLETE)
        case Ask(request_id=number):
            yield Token(number, "half an ")
        case Cancel(request_id=number):
            yield Token(number, "answer")
            yield Done(number, FinishReason.STOPPED)


def reads_total(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        yield TextRead(request.request_id, Page(10, 10, (), "TOTAL 9.00"))
        yield Done(request.request_id, FinishReason.COMPLETE)


def open_model(house: House, qtbot: QtBot) -> None:
    house.model.open("/models/tiny")
    qtbot.waitUntil(lambda: house.model.status.state is EngineState.READY)


def wait_for_end(house: House, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(house.session.branch) > 0 and not house.session.is_busy)


def say_half(house: House, qtbot: QtBot, text: str) -> None:
    """Ask what `answers_until_stopped` answers, and stop it."""
    house.session.send(text)
    qtbot.waitUntil(lambda: bool(house.session.branch) and house.session.branch[-1].text == "half an ")
    house.session.stop()
    wait_for_end(house, qtbot)


def test_an_answer_streams_and_everything_is_kept(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    house.session.add_attachment(house.session.conversation_id, attachment())
    house.session.set_draft_text("What is this?")

    house.session.send("What is this?")
    wait_for_end(house, qtbot)

    question, answer = house.session.branch
    assert (question.role, question.text, question.attachments) == (Role.USER, "What is this?", (attachment(),))
    assert (answer.text, answer.state, answer.model_name) == ("Hello", MessageState.COMPLETE, "Tiny")
    assert answer.stats == STATS
    assert house.session.draft.is_empty
    house.close()
    assert list(house.store.saved.values()) == [question, answer]
    card = house.store.cards[question.conversation_id]
    assert (card.title, card.leaf_id, card.image_count) == ("What is this?", answer.id, 1)
    assert card.draft.is_empty


def test_the_model_is_asked_with_the_images_and_the_chat_so_far(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    house.session.add_attachment(house.session.conversation_id, attachment())
    house.session.send("First?")
    wait_for_end(house, qtbot)

    house.session.send("Second?")
    qtbot.waitUntil(lambda: len(house.session.branch) == 4 and not house.session.is_busy)

    ask = house.engines.requests(BackendKind.MODEL)[-1]
    assert isinstance(ask, Ask)
    assert ask.turns == (
        Turn(Role.USER, "First?", (SeenImage("/store/" + "ab" * 32),)),
        Turn(Role.ASSISTANT, "Hello"),
        Turn(Role.USER, "Second?"),
    )


def test_a_question_is_on_disk_before_its_answer_starts(build_house: BuildHouse, qtbot: QtBot) -> None:
    seen: list[int] = []
    store = MemoryStore()

    def watch(request: Request) -> Iterator[Event]:
        if isinstance(request, Ask):
            seen.append(len(store.saved))
        yield from answers_hello(request)

    house = build_house(store=store, model=watch)
    open_model(house, qtbot)
    house.session.send("Hi")
    wait_for_end(house, qtbot)
    assert seen == [2]


def test_stop_keeps_what_was_said(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    say_half(house, qtbot, "Tell me")

    answer = house.session.branch[-1]
    assert (answer.text, answer.state) == ("half an answer", MessageState.STOPPED)


def test_an_answer_is_saved_while_it_streams(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    house.session.send("Tell me")
    qtbot.waitUntil(lambda: any(message.text == "half an " for message in house.store.saved.values()))
    assert house.session.is_busy


def test_a_killed_engine_leaves_the_partial_answer_and_says_so(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    house.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(house.session.branch) and house.session.branch[-1].text == "half an ")

    house.engines.latest(BackendKind.MODEL).kill()
    wait_for_end(house, qtbot)

    answer = house.session.branch[-1]
    assert (answer.text, answer.state) == ("half an ", MessageState.FAILED)
    assert answer.problem is not None
    assert answer.problem.kind is ProblemKind.ENGINE
    assert "signal 9" in answer.problem.what
    assert house.model.status.state is EngineState.DIED


def test_asking_after_a_death_restarts_the_engine(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    house.engines.latest(BackendKind.MODEL).kill()
    qtbot.waitUntil(lambda: house.model.status.state is EngineState.DIED)

    house.session.send("Still there?")
    wait_for_end(house, qtbot)

    assert house.session.branch[-1].text == "Hello"
    assert house.model.status.state is EngineState.READY


def test_asking_without_a_model_keeps_the_question_and_says_what_to_do(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house()
    house.session.send("Anyone?")
    wait_for_end(house, qtbot)

    question, answer = house.session.branch
    assert question.text == "Anyone?"
    assert answer.state is MessageState.FAILED
    assert answer.problem is not None
    assert answer.problem.kind is ProblemKind.MODEL_MISSING
    assert "Choose a model folder" in answer.problem.todo


def test_reading_needs_no_model_and_keeps_the_typed_words(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(reader=reads_total)
    house.session.add_attachment(house.session.conversation_id, attachment())
    house.session.set_draft_text("and then")

    house.session.read_text(attachment())
    wait_for_end(house, qtbot)

    question, answer = house.session.branch
    assert question.attachments == (attachment(),)
    assert (answer.author, answer.text, answer.state) == (Author.READER, "TOTAL 9.00", MessageState.COMPLETE)
    assert answer.page is not None
    assert house.session.draft == Draft(text="and then")


def test_a_full_disk_keeps_the_draft_and_says_so(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    house.session.add_attachment(house.session.conversation_id, attachment())
    house.session.set_draft_text("Precious")
    house.store.full = True

    with qtbot.waitSignal(house.session.problem_met) as met:
        house.session.send("Precious")

    assert isinstance(met.args, list)
    problem = met.args[0]
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.STORAGE
    assert house.session.draft == Draft(text="Precious", attachments=(attachment(),))
    assert not house.session.branch
    assert not house.session.is_busy
    assert not [item for item in house.engines.requests(BackendKind.MODEL) if isinstance(item, Ask)]
    house.store.full = False
    house.session.send("Precious")
    wait_for_end(house, qtbot)
    assert house.session.branch[-1].text == "Hello"


def test_regenerating_makes_a_second_branch(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    house.session.send("Hi")
    wait_for_end(house, qtbot)
    first = house.session.branch[-1]

    house.session.regenerate(first.id)
    qtbot.waitUntil(lambda: house.session.branch[-1].id != first.id and not house.session.is_busy)

    question, second = house.session.branch
    assert second.parent_id == first.parent_id == question.id
    assert set(house.store.saved) == {question.id, first.id, second.id}


def test_a_draft_survives_leaving_and_coming_back(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house()
    house.session.add_attachment(house.session.conversation_id, attachment())
    house.session.set_draft_text("unfinished thou")
    first = house.session.conversation_id

    house.session.start_new()
    assert house.session.draft.is_empty
    house.session.open(first)

    assert house.session.draft == Draft(text="unfinished thou", attachments=(attachment(),))
    house.close()
    assert house.store.cards[first].draft == Draft(text="unfinished thou", attachments=(attachment(),))


def test_a_draft_is_saved_shortly_after_typing_without_being_asked(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house()
    house.session.set_draft_text("typed")
    qtbot.waitUntil(lambda: [card.draft.text for card in house.store.cards.values()] == ["typed"])


def test_a_draft_that_could_not_be_saved_is_saved_when_there_is_room(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house()
    house.session.set_draft_text("first words")
    qtbot.waitUntil(lambda: [card.draft.text for card in house.store.cards.values()] == ["first words"])
    house.store.full = True
    house.session.set_draft_text("more words")
    with qtbot.waitSignal(house.session.problem_met):
        house.session.save_draft()
    house.store.full = False

    house.close()

    assert [card.draft.text for card in house.store.cards.values()] == ["more words"]


def test_an_image_lands_in_the_chat_it_was_dropped_on(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house()
    house.session.set_draft_text("first")
    first = house.session.conversation_id
    house.session.start_new()

    house.session.add_attachment(first, attachment())

    assert house.session.draft.is_empty
    house.session.open(first)
    qtbot.waitUntil(lambda: house.session.draft == Draft(text="first", attachments=(attachment(),)))


def test_an_answer_goes_on_while_another_chat_is_shown(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    house.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(house.session.branch) and house.session.branch[-1].text == "half an ")
    first = house.session.conversation_id

    house.session.start_new()
    busy_in_new_chat = house.session.is_busy
    house.session.open(first)
    qtbot.waitUntil(lambda: len(house.session.branch) == 2)

    assert (busy_in_new_chat, house.session.is_busy) == (False, True)
    assert house.session.branch[-1].text == "half an "
    house.session.stop()
    wait_for_end(house, qtbot)
    assert house.session.branch[-1].text == "half an answer"


def test_closing_while_an_answer_streams_keeps_it(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    house.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(house.session.branch) and house.session.branch[-1].text == "half an ")

    house.close()

    answer = house.session.branch[-1]
    assert (answer.text, answer.state) == ("half an ", MessageState.STOPPED)
    assert house.store.saved[answer.id] == answer
    assert house.store.closed


def test_deleting_the_chat_that_is_shown_leaves_an_empty_one(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    house.session.send("Tell me")
    qtbot.waitUntil(lambda: bool(house.session.branch) and house.session.branch[-1].text == "half an ")
    doomed = house.session.conversation_id

    house.session.delete(doomed)

    assert not house.session.branch
    assert not house.session.is_busy
    house.close()
    assert house.store.cards == {}
    assert house.store.saved == {}


def test_the_latest_chat_comes_back_after_a_restart(build_house: BuildHouse, qtbot: QtBot) -> None:
    before = build_house(model=answers_hello)
    open_model(before, qtbot)
    before.session.send("Hi")
    wait_for_end(before, qtbot)
    branch = before.session.branch
    before.close()

    after = build_house(store=before.store)
    after.library.load()
    with qtbot.waitSignal(after.library.loaded):
        pass
    latest = after.library.latest
    assert latest is not None
    after.session.open(latest.id)
    qtbot.waitUntil(lambda: after.session.branch == branch)


def test_a_failed_request_is_told_in_its_own_words(build_house: BuildHouse, qtbot: QtBot) -> None:
    problem = Problem(ProblemKind.IMAGE, "The image is too dark.", "It is kept.", "Try another.")

    def fails(request: Request) -> Iterator[Event]:
        yield Failed(request.request_id, problem)

    house = build_house(reader=fails)
    house.session.read_text(attachment())
    wait_for_end(house, qtbot)
    assert house.session.branch[-1].problem == problem
    assert replace(house.session.branch[-1], problem=None).text == ""


def asked(house: House) -> list[Ask]:
    return [request for request in house.engines.requests(BackendKind.MODEL) if isinstance(request, Ask)]


def say(house: House, qtbot: QtBot, text: str) -> None:
    house.session.send(text)
    wait_for_end(house, qtbot)


def test_an_edited_question_stands_beside_the_old_one_with_its_images(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    house.session.add_attachment(house.session.conversation_id, attachment())
    say(house, qtbot, "First?")
    first = house.session.branch
    say(house, qtbot, "Second?")
    house.session.set_draft_text("still writing")

    house.session.edit(first[0].id, "First, but better?")
    qtbot.waitUntil(lambda: len(house.session.branch) == 2 and not house.session.is_busy)

    question, answer = house.session.branch
    assert (question.text, question.attachments, answer.text) == ("First, but better?", (attachment(),), "Hello")
    assert asked(house)[-1].turns == (Turn(Role.USER, "First, but better?", (SeenImage("/store/" + "ab" * 32),)),)
    assert house.session.versions(question.id) == (first[0].id, question.id)
    assert house.session.draft.text == "still writing"
    conversation_id = question.conversation_id
    house.close()
    assert len(house.store.saved) == 6
    assert (house.store.cards[conversation_id].leaf_id, house.store.cards[conversation_id].image_count) == (
        answer.id,
        1,
    )


def test_another_version_is_shown_with_all_that_followed_it(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    say(house, qtbot, "First?")
    say(house, qtbot, "Second?")
    old = house.session.branch
    house.session.edit(old[0].id, "Other?")
    qtbot.waitUntil(lambda: len(house.session.branch) == 2 and not house.session.is_busy)
    with qtbot.waitSignal(house.session.branch_changed):
        house.session.show_version(old[0].id)
    assert house.session.branch == old
    house.close()
    assert house.store.cards[old[0].conversation_id].leaf_id == old[-1].id


def test_an_answer_that_streams_in_another_version_is_not_shown_here(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    say_half(house, qtbot, "First?")
    first = house.session.branch
    house.session.edit(first[0].id, "Other?")
    qtbot.waitUntil(lambda: house.session.branch[-1].text == "half an " and house.session.is_busy)
    other = house.session.branch
    house.session.show_version(first[0].id)
    with qtbot.assertNotEmitted(house.session.message_changed):
        house.session.stop()
        qtbot.waitUntil(lambda: not house.session.is_busy)
    house.session.show_version(other[0].id)
    assert (house.session.branch[-1].text, house.session.branch[-1].state) == ("half an answer", MessageState.STOPPED)


def test_a_stopped_answer_goes_on_where_it_ended(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_until_stopped)
    open_model(house, qtbot)
    say_half(house, qtbot, "Tell me")
    stopped = house.session.branch[-1]

    house.session.go_on(stopped.id)
    qtbot.waitUntil(lambda: house.session.branch[-1].text == "half an answerhalf an ")
    assert asked(house)[-1].turns == (Turn(Role.USER, "Tell me"), Turn(Role.ASSISTANT, "half an answer"))
    house.session.stop()
    wait_for_end(house, qtbot)
    assert [message.id for message in house.session.branch] == [stopped.parent_id, stopped.id]
    assert house.session.branch[-1].text == "half an answerhalf an answer"


def test_only_the_last_answer_goes_on(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    say(house, qtbot, "First?")
    answer = house.session.branch[-1]
    say(house, qtbot, "Second?")
    house.session.go_on(answer.id)
    assert not house.session.is_busy
    assert len(asked(house)) == 2


def test_a_hit_in_another_chat_and_version_is_pointed_at(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    say(house, qtbot, "First?")
    old = house.session.branch
    house.session.edit(old[0].id, "Other?")
    qtbot.waitUntil(lambda: house.session.branch[0].text == "Other?" and not house.session.is_busy)
    house.session.start_new()
    with qtbot.waitSignal(house.library.found) as found:
        house.library.search("First")
    query, (hit,) = found.args
    assert (query, hit.message_id) == ("First", old[0].id)

    for _ in range(2):  # From another chat, and from the same one.
        with qtbot.waitSignal(house.session.message_pointed_at) as pointed:
            house.session.open(hit.conversation_id, hit.message_id)
        assert pointed.args == [old[0].id]
        assert house.session.branch == old


def test_an_answer_that_went_in_a_circle_keeps_its_good_part(build_house: BuildHouse, qtbot: QtBot) -> None:
    def circles(request: Request) -> Iterator[Event]:
        match request:
            case Ask(request_id=number, turns=turns):
                yield Token(number, "again, " * 100 if turns[-1].role is Role.ASSISTANT else "Good. " + "so on, " * 100)
                yield Done(number, FinishReason.REPEATING)
            case _:
                yield from answers_hello(request)

    house = build_house(model=circles)
    open_model(house, qtbot)
    say(house, qtbot, "Tell me")
    answer = house.session.branch[-1]
    assert (answer.text, answer.state) == ("Good. so on,", MessageState.REPEATING)
    house.session.go_on(answer.id)
    wait_for_end(house, qtbot)
    assert house.session.branch[-1].text.startswith("Good. so on,again,")


def test_an_image_is_asked_about_with_its_own_pixel_budget(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=answers_hello)
    open_model(house, qtbot)
    house.session.add_attachment(house.session.conversation_id, attachment())
    house.session.set_pixel_budget(attachment(), 99_999)
    assert house.session.draft.attachments == (replace(attachment(), pixel_budget=99_999),)
    house.session.send("What is it?")
    wait_for_end(house, qtbot)
    (turn,) = asked(house)[-1].turns
    assert [image.pixel_budget for image in turn.images] == [99_999]


def test_what_the_model_was_unsure_of_is_kept_where_it_stands(build_house: BuildHouse, qtbot: QtBot) -> None:
    def unsure(request: Request) -> Iterator[Event]:
        match request:
            case OpenModel(request_id=number):
                yield Ready(number, INFO)
                yield Done(number, FinishReason.COMPLETE)
            case Ask(request_id=number):
                yield Token(number, "The total ", 0.99)
                yield Token(number, "is 9", 0.5, ((" 8", 0.25),))
                yield Done(number, FinishReason.COMPLETE)

    house = build_house(model=unsure)
    open_model(house, qtbot)
    house.session.send("What is it?")
    wait_for_end(house, qtbot)
    told = house.session.branch[-1]
    assert told.doubts == (Doubt(10, 14, 0.5, ((" 8", 0.25),)),)
    assert house.store.saved[told.id].doubts == told.doubts
