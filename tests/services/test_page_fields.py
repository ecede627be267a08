"""Fields of a page, filled in by an imitated model."""

import json
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.domain.errors import Problem
from app.domain.fields import fields_from
from app.domain.labelled_values import LabelledValue
from app.domain.pages import Page
from app.services.page_fields import PageFields
from tests.services.conftest import BuildHouse
from tests.services.test_translator import PAGE, Model, line, opened

FIELDS = fields_from("door, total")
GOOD = json.dumps({"door": {"value": "Exit", "text": "Exit"}, "total": {"value": "99", "text": "99.00"}})


def test_values_come_with_the_places_that_bear_them_out(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=Model(GOOD))
    fields = PageFields(opened(house, qtbot))
    with qtbot.waitSignal(fields.found) as found:
        fields.ask(3, PAGE, FIELDS, Path("page.png"))
    assert found.args == [
        3,
        (LabelledValue("door", "Exit", (PAGE.lines[0].box,)), LabelledValue("total", "99", (), is_doubtful=True)),
    ]


def test_an_invalid_answer_is_asked_again_once_and_told_why(build_house: BuildHouse, qtbot: QtBot) -> None:
    model = Model("no idea", GOOD)
    house = build_house(model=model)
    fields = PageFields(opened(house, qtbot))
    with qtbot.waitSignal(fields.found):
        fields.ask(0, PAGE, FIELDS, Path("page.png"))
    assert "not valid" in model.prompts[1]


def test_twice_invalid_is_said(build_house: BuildHouse, qtbot: QtBot) -> None:
    house = build_house(model=Model("no", "no"))
    fields = PageFields(opened(house, qtbot))
    problems: list[Problem] = []
    fields.failed.connect(problems.append)
    fields.ask(0, Page(1, 1, (line("x", 0),), "x"), FIELDS, Path("page.png"))
    qtbot.waitUntil(lambda: bool(problems))
    assert "twice" in problems[0].sentence
