"""Fields of a page, filled in by an imitated model."""

import json
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.domain.documents.fields import field_schema, fields_from
from app.domain.documents.labelled_values import LabelledValue
from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem
from app.services.documents.page_questions import PageQuestions
from tests.services.conftest import BuildServices
from tests.services.documents.test_translator import PAGE, Model, fails, line, opened

FIELDS = fields_from("door, total")
GOOD = json.dumps({"door": {"value": "Exit", "text": "Exit"}, "total": {"value": "99", "text": "99.00"}})


def test_values_come_with_the_places_that_bear_them_out(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=Model(GOOD))
    found: list[tuple[LabelledValue, ...]] = []
    PageQuestions(opened(services, qtbot)).fill_in(FIELDS, PAGE, Path("page.png"), found.append, fails)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [
        (LabelledValue("door", "Exit", (PAGE.lines[0].box,)), LabelledValue("total", "99", (), is_unverified=True)),
    ]


def test_an_invalid_answer_is_asked_again_once_and_told_why(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model("no idea", GOOD)
    services = build_services(model=model)
    found: list[tuple[LabelledValue, ...]] = []
    PageQuestions(opened(services, qtbot)).fill_in(FIELDS, PAGE, Path("page.png"), found.append, fails)
    qtbot.waitUntil(lambda: bool(found))
    assert "not valid" in model.prompts[1]
    assert model.schemas == [field_schema(FIELDS)] * 2


def test_an_answer_that_was_cut_off_is_asked_again(build_services: BuildServices, qtbot: QtBot) -> None:
    model = Model(GOOD, GOOD, cut_off=1)
    found: list[tuple[LabelledValue, ...]] = []
    services = build_services(model=model)
    PageQuestions(opened(services, qtbot)).fill_in(FIELDS, PAGE, Path("page.png"), found.append, fails)
    qtbot.waitUntil(lambda: bool(found))
    assert "too long" in model.prompts[1]


def test_twice_invalid_is_said(build_services: BuildServices, qtbot: QtBot) -> None:
    services = build_services(model=Model("no", "no"))
    problems: list[Problem] = []
    page = OcrPage(1, 1, (line("x", 0),), "x")
    PageQuestions(opened(services, qtbot)).fill_in(FIELDS, page, Path("page.png"), fails, problems.append)
    qtbot.waitUntil(lambda: bool(problems))
    assert "twice" in problems[0].sentence
