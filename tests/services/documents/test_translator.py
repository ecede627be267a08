"""Questions that give way, and images that are translated through them."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Role, Turn
from app.domain.documents.pages import OcrPage
from app.domain.documents.paragraphs import translation_schema
from app.domain.documents.translation import Translation
from app.domain.errors import Problem
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.models.model_info import ModelInfo
from app.domain.models.model_policy import ModelPolicy
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
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
    ThoughtDelta,
)
from app.services.documents.translator import Translator
from app.services.engines.reader_engine import ReaderEngine
from app.services.models.background_requests import BackgroundRequests
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.chats import attachment
from tests.support.fake_engine import ignore

IMAGE = attachment()
OPTIONS = GenerationOptions()


def line(text: str, top: float) -> TextLine:
    box = Box(10, top, 210, top + 20)
    corners = (Point(10, top), Point(210, top), Point(210, top + 20), Point(10, top + 20))
    return TextLine(text, box, corners, 0.9)


PAGE = OcrPage(400, 300, (line("Exit", 10), line("Entrance", 100)), "Exit\nEntrance")


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        page = PAGE if "empty" not in request.path else OcrPage(400, 300, (), "")
        yield TextRead(page)
        yield Done(FinishReason.COMPLETE)


class Model:
    """Answers with what it is told to, in turn; holds an answer back until it is cancelled where that is ""."""

    def __init__(self, *answers: str, info: ModelInfo = INFO, cut_off: int = 0) -> None:
        self._cut_off = cut_off  # The number of answers that reach their limit.
        self._answers = list(answers)
        self._info = info
        self.prompts: list[str] = []
        self.schemas: list[str] = []

    def __call__(self, request: Request) -> Iterator[Event]:
        match request:
            case OpenModel():
                yield Ready(self._info)
                yield Done(FinishReason.COMPLETE)
            case Ask(turns=turns, schema=schema):
                self.prompts.append(turns[-1].text)
                self.schemas.append(schema)
                if answer := self._answers.pop(0):
                    yield AnswerDelta(answer)
                    is_cut_off = len(self.prompts) <= self._cut_off
                    yield Done(FinishReason.LENGTH if is_cut_off else FinishReason.COMPLETE)
                else:
                    yield AnswerDelta("half")
            case Cancel():
                yield Done(FinishReason.STOPPED)


def opened(services: Services, qtbot: QtBot) -> BackgroundRequests:
    services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: services.model.status.state is EngineState.READY)
    return BackgroundRequests(services.model)


def fails(outcome: object) -> None:
    pytest.fail(f"unexpected: {outcome}")


def turns(text: str) -> tuple[Turn, ...]:
    return (Turn(Role.USER, text),)


def test_questions_are_answered_in_order(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=Model("one", "two"))
    questions = opened(services, qtbot)
    answers: list[tuple[str, str]] = []
    for prompt in ("1", "2"):
        questions.ask(turns(prompt), OPTIONS, partial(lambda asked, text: answers.append((asked, text)), prompt), fails)
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert answers == [("1", "one"), ("2", "two")]


def test_a_question_gives_way_to_the_users_and_is_asked_again(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model("", "the user's answer", "whole")
    services = build_services(model=model)
    questions = opened(services, qtbot)
    answers: list[str] = []
    questions.ask(turns("aside"), OPTIONS, answers.append, fails)
    qtbot.waitUntil(lambda: model.prompts == ["aside"])
    services.model.ask(turns("the user's"), OPTIONS, ignore)
    qtbot.waitUntil(lambda: bool(answers))
    assert model.prompts == ["aside", "the user's", "aside"]
    assert answers == ["whole"]


def test_while_the_user_is_answered_no_question_is_sent(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model("", "aside's")
    services = build_services(model=model)
    questions = opened(services, qtbot)
    call = services.model.ask(turns("the user's"), OPTIONS, ignore)
    answers: list[str] = []
    questions.ask(turns("aside"), OPTIONS, answers.append, fails)
    qtbot.waitUntil(lambda: model.prompts == ["the user's"])
    services.model.stop(call)
    qtbot.waitUntil(lambda: bool(answers))
    assert model.prompts == ["the user's", "aside"]


def test_a_cancelled_question_is_not_heard_of_again(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model("", "two")
    services = build_services(model=model)
    questions = opened(services, qtbot)
    answers: list[str] = []
    first = questions.ask(turns("1"), OPTIONS, fails, fails)
    qtbot.waitUntil(lambda: model.prompts == ["1"])
    questions.ask(turns("2"), OPTIONS, answers.append, fails)
    questions.cancel(first)
    qtbot.waitUntil(lambda: answers == ["two"])


def test_without_a_model_a_question_fails_in_words(build_services: BuildServices, qtbot: QtBot) -> None:
    questions = BackgroundRequests(build_services().model)
    problems: list[Problem] = []
    questions.ask(turns("1"), OPTIONS, fails, problems.append)
    assert "No model is open" in problems[0].sentence


def test_when_another_model_is_opened_the_question_goes_to_that(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model("", "from the other")
    services = build_services(model=model)
    questions = opened(services, qtbot)
    answers: list[str] = []
    questions.ask(turns("1"), OPTIONS, answers.append, fails)
    qtbot.waitUntil(lambda: model.prompts == ["1"])
    services.model.open("/models/other")
    qtbot.waitUntil(lambda: answers == ["from the other"])


def translator_of(services: Services, qtbot: QtBot) -> Translator:
    return Translator(
        ReaderEngine(services.engines_by_kind[BackendKind.READER]),
        services.model,
        opened(services, qtbot),
        services.files,
        services.model,
    )


def test_an_image_is_translated_and_remembered(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model(json.dumps(["Ausgang", "Eingang"]))
    services = build_services(model=model, reader=reads)
    translator = translator_of(services, qtbot)
    seen: list[Translation] = []
    translator.changed.connect(seen.append)
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0].texts == ("Ausgang", "Eingang")
    assert [paragraph.text for paragraph in seen[0].paragraphs] == ["Exit", "Entrance"]
    assert seen[0].is_whole
    translator.translate(IMAGE, "German")
    assert seen[1] == seen[0]
    assert len(model.prompts) == 1
    assert model.schemas == [translation_schema(["Exit", "Entrance"])]


def test_an_answer_without_the_form_is_asked_for_once_more_and_then_one_by_one(
    build_services: BuildServices, qtbot: QtBot
) -> None:
    model = Model("Ausgang", '["Ausgang"]', '["Ausgang"]', '["Eingang"]')
    services = build_services(model=model, reader=reads)
    translator = translator_of(services, qtbot)
    seen: list[Translation] = []
    translator.changed.connect(seen.append)
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(seen) and seen[-1].is_whole)
    assert [translation.texts for translation in seen] == [("Ausgang", ""), ("Ausgang", "Eingang")]
    assert "no JSON array" in model.prompts[1]
    assert "Your last answer" not in model.prompts[2]


def test_a_translation_that_was_cut_off_is_asked_for_again(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model('["Ausgang", ""]', '["Ausgang", "Eingang"]', cut_off=1)
    translator = translator_of(build_services(model=model, reader=reads), qtbot)
    seen: list[Translation] = []
    translator.changed.connect(seen.append)
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(seen))
    assert [translation.texts for translation in seen] == [("Ausgang", "Eingang")]
    assert "too long" in model.prompts[1]


@pytest.mark.parametrize(("answers", "words"), [(["x"] * 4, "was not valid"), ([], "demo model cannot translate")])
def test_what_cannot_be_translated_is_said(
    build_services: BuildServices, qtbot: QtBot, answers: list[str], words: str
) -> None:
    demo = ModelInfo(
        name="Demo",
        folder="",
        scheme="W4A16",
        device="CPU",
        device_reason="",
        context_length=1,
        policy=ModelPolicy(can_translate=bool(answers)),
    )
    services = build_services(model=Model(*answers, info=demo), reader=reads)
    translator = translator_of(services, qtbot)
    problems: list[Problem] = []
    translator.failed.connect(lambda _, problem: problems.append(problem))
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(problems))
    assert words in problems[0].sentence


def test_an_image_without_text_is_said(
    build_services: BuildServices, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = build_services(model=Model(), reader=reads)
    monkeypatch.setattr(services.files, "path", lambda _: Path("empty.png"))
    translator = translator_of(services, qtbot)
    problems: list[Problem] = []
    translator.failed.connect(lambda _, problem: problems.append(problem))
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(problems))
    assert "No text" in problems[0].sentence


def test_stopping_leaves_nothing_behind(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model("", json.dumps(["Sortie", "Entrée"]))
    services = build_services(model=model, reader=reads)
    translator = translator_of(services, qtbot)
    seen: list[Translation] = []
    translator.changed.connect(seen.append)
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: len(model.prompts) == 1)
    translator.translate(IMAGE, "French")
    qtbot.waitUntil(lambda: bool(seen))
    assert [translation.language for translation in seen] == ["French"]


def test_reasoning_is_no_part_of_an_answer_and_none_by_itself(build_services: BuildServices, qtbot: QtBot) -> None:
    replies: list[list[Event]] = [[ThoughtDelta("Hm.", 1.0), AnswerDelta("Yes")], [ThoughtDelta("Hm.", 1.0)]]

    def thinks(request: Request) -> Iterator[Event]:
        match request:
            case OpenModel():
                yield Ready(INFO)
                yield Done(FinishReason.COMPLETE)
            case Ask():
                yield from replies.pop(0)
                yield Done(FinishReason.LENGTH)

    questions = opened(build_services(model=thinks), qtbot)
    answers: list[str] = []
    problems: list[Problem] = []
    questions.ask(turns("1"), OPTIONS, answers.append, problems.append)
    questions.ask(turns("2"), OPTIONS, answers.append, problems.append)
    qtbot.waitUntil(lambda: len(problems) == 1)
    assert answers == ["Yes"]
    assert problems[0].what == "The model thought, but gave no answer."
