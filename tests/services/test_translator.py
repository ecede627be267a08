"""Questions that give way, and images that are translated through them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat import Role, Turn
from app.domain.engine_status import EngineState
from app.domain.errors import Problem
from app.domain.generation import FinishReason, GenerationOptions, ModelInfo
from app.domain.pages import Page
from app.domain.regions import Box, Point, TextLine
from app.domain.translation import Translation
from app.engine.process.backend import BackendKind
from app.engine.process.messages import (
    Ask,
    Cancel,
    Done,
    Event,
    OpenModel,
    ReadText,
    Ready,
    Request,
    TextRead,
    Token,
)
from app.services.aside_questions import AsideQuestions
from app.services.translator import Translator
from tests.services.conftest import INFO, BuildHouse, House
from tests.support.chats import attachment

IMAGE = attachment()
OPTIONS = GenerationOptions()


def line(text: str, top: float) -> TextLine:
    box = Box(10, top, 210, top + 20)
    corners = (Point(10, top), Point(210, top), Point(210, top + 20), Point(10, top + 20))
    return TextLine(text, box, corners, 0.9)


PAGE = Page(400, 300, (line("Exit", 10), line("Entrance", 100)), "Exit\nEntrance")


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        page = PAGE if "empty" not in request.path else Page(400, 300, (), "")
        yield TextRead(request.request_id, page)
        yield Done(request.request_id, FinishReason.COMPLETE)


class Model:
    """Answers with what it is told to, in turn; holds an answer back until it is cancelled where that is ""."""

    def __init__(self, *answers: str, info: ModelInfo = INFO) -> None:
        self._answers = list(answers)
        self._info = info
        self.prompts: list[str] = []

    def __call__(self, request: Request) -> Iterator[Event]:
        match request:
            case OpenModel(request_id=number):
                yield Ready(number, self._info)
                yield Done(number, FinishReason.COMPLETE)
            case Ask(request_id=number, turns=turns):
                self.prompts.append(turns[-1].text)
                if answer := self._answers.pop(0):
                    yield Token(number, answer)
                    yield Done(number, FinishReason.COMPLETE)
                else:
                    yield Token(number, "half")
            case Cancel(request_id=number):
                yield Done(number, FinishReason.STOPPED)


def opened(house: House, qtbot: QtBot) -> AsideQuestions:
    house.model.open("/models/tiny")
    qtbot.waitUntil(lambda: house.model.status.state is EngineState.READY)
    return AsideQuestions(house.model)


def turns(text: str) -> tuple[Turn, ...]:
    return (Turn(Role.USER, text),)


def test_questions_are_answered_in_order(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=Model("one", "two"))
    questions = opened(house, qtbot)
    heard: list[tuple[int, str]] = []
    questions.answered.connect(lambda number, text: heard.append((number, text)))
    first, second = questions.ask(turns("1"), OPTIONS), questions.ask(turns("2"), OPTIONS)
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == [(first, "one"), (second, "two")]


def test_a_question_gives_way_to_the_users_and_is_asked_again(build_house: BuildHouse, qtbot: QtBot) -> None:
    model = Model("", "the user's answer", "whole")
    house = build_house(model=model)
    questions = opened(house, qtbot)
    questions.ask(turns("aside"), OPTIONS)
    qtbot.waitUntil(lambda: model.prompts == ["aside"])
    with qtbot.waitSignal(questions.answered) as answered:
        house.model.ask(turns("the user's"), OPTIONS)
    assert model.prompts == ["aside", "the user's", "aside"]
    assert answered.args is not None
    assert answered.args[1] == "whole"


def test_while_the_user_is_answered_no_question_is_sent(build_house: BuildHouse, qtbot: QtBot) -> None:
    model = Model("", "aside's")
    house = build_house(model=model)
    questions = opened(house, qtbot)
    request_id = house.model.ask(turns("the user's"), OPTIONS)
    questions.ask(turns("aside"), OPTIONS)
    qtbot.waitUntil(lambda: model.prompts == ["the user's"])
    with qtbot.waitSignal(questions.answered):
        house.model.cancel(request_id)
    assert model.prompts == ["the user's", "aside"]


def test_a_cancelled_question_is_not_heard_of_again(build_house: BuildHouse, qtbot: QtBot) -> None:
    model = Model("", "two")
    house = build_house(model=model)
    questions = opened(house, qtbot)
    first = questions.ask(turns("1"), OPTIONS)
    qtbot.waitUntil(lambda: model.prompts == ["1"])
    with qtbot.waitSignal(questions.answered) as answered:
        second = questions.ask(turns("2"), OPTIONS)
        questions.cancel(first)
    assert answered.args == [second, "two"]


def test_without_a_model_a_question_fails_in_words(build_house: BuildHouse, qtbot: QtBot) -> None:
    questions = AsideQuestions(build_house().model)
    problems: list[Problem] = []
    questions.failed.connect(lambda _, problem: problems.append(problem))
    questions.ask(turns("1"), OPTIONS)
    assert "No model is open" in problems[0].sentence


def test_when_another_model_is_opened_the_question_goes_to_that(build_house: BuildHouse, qtbot: QtBot) -> None:
    model = Model("", "from the other")
    house = build_house(model=model)
    questions = opened(house, qtbot)
    questions.ask(turns("1"), OPTIONS)
    qtbot.waitUntil(lambda: model.prompts == ["1"])
    with qtbot.waitSignal(questions.answered) as answered:
        house.model.open("/models/other")
    assert answered.args is not None
    assert answered.args[1] == "from the other"


def translator_of(house: House, qtbot: QtBot) -> Translator:
    return Translator(
        house.engines_by_kind[BackendKind.READER], house.model, opened(house, qtbot), house.files, house.model
    )


def test_an_image_is_translated_and_remembered(build_house: BuildHouse, qtbot: QtBot) -> None:
    model = Model(json.dumps(["Ausgang", "Eingang"]))
    house = build_house(model=model, reader=reads)
    translator = translator_of(house, qtbot)
    seen: list[Translation] = []
    translator.changed.connect(seen.append)
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0].texts == ("Ausgang", "Eingang")
    assert [passage.text for passage in seen[0].passages] == ["Exit", "Entrance"]
    assert seen[0].is_whole
    translator.translate(IMAGE, "German")
    assert seen[1] == seen[0]
    assert len(model.prompts) == 1


def test_an_answer_without_the_form_is_asked_for_once_more_and_then_one_by_one(
    build_house: BuildHouse, qtbot: QtBot
) -> None:
    model = Model("Ausgang", '["Ausgang"]', '["Ausgang"]', '["Eingang"]')
    house = build_house(model=model, reader=reads)
    translator = translator_of(house, qtbot)
    seen: list[Translation] = []
    translator.changed.connect(seen.append)
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(seen) and seen[-1].is_whole)
    assert [translation.texts for translation in seen] == [("Ausgang", ""), ("Ausgang", "Eingang")]
    assert "no JSON array" in model.prompts[1]
    assert "Your last answer" not in model.prompts[2]


@pytest.mark.parametrize(("answers", "words"), [(["x"] * 4, "could not be used"), ([], "demo model cannot translate")])
def test_what_cannot_be_translated_is_said(
    build_house: BuildHouse, qtbot: QtBot, answers: list[str], words: str
) -> None:
    demo = ModelInfo(
        name="Demo", folder="", scheme="W4A16", device="CPU", device_reason="", context_length=1, is_demo=not answers
    )
    house = build_house(model=Model(*answers, info=demo), reader=reads)
    translator = translator_of(house, qtbot)
    problems: list[Problem] = []
    translator.failed.connect(lambda _, problem: problems.append(problem))
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(problems))
    assert words in problems[0].sentence


def test_an_image_without_text_is_said(build_house: BuildHouse, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    house = build_house(model=Model(), reader=reads)
    monkeypatch.setattr(house.files, "path", lambda _: Path("empty.png"))
    translator = translator_of(house, qtbot)
    problems: list[Problem] = []
    translator.failed.connect(lambda _, problem: problems.append(problem))
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: bool(problems))
    assert "No text" in problems[0].sentence


def test_stopping_leaves_nothing_behind(build_house: BuildHouse, qtbot: QtBot) -> None:
    model = Model("", json.dumps(["Sortie", "Entrée"]))
    house = build_house(model=model, reader=reads)
    translator = translator_of(house, qtbot)
    seen: list[Translation] = []
    translator.changed.connect(seen.append)
    translator.translate(IMAGE, "German")
    qtbot.waitUntil(lambda: len(model.prompts) == 1)
    translator.translate(IMAGE, "French")
    qtbot.waitUntil(lambda: bool(seen))
    assert [translation.language for translation in seen] == ["French"]
