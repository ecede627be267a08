"""Formulas that cannot be drawn, one after the other."""

import pytest
from pytestqt.qtbot import QtBot

from app.ui.markdown import formulas
from app.ui.markdown.formulas import FormulaPainter, FormulaPicture, FormulaStyle

STYLE = FormulaStyle(x_height=8.0, colour="#000000", ratio=1.0)


def test_whatever_a_formula_brings_about_the_next_one_is_drawn(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    draw = formulas.draw

    def fragile(tex: str, style: FormulaStyle, *, is_display: bool) -> FormulaPicture | None:
        tried.append(tex)
        if tex == "broken":
            raise MemoryError
        return draw(tex, style, is_display=is_display)

    monkeypatch.setattr(formulas, "draw", fragile)
    painter = FormulaPainter()
    with qtbot.waitSignal(painter.drawn, timeout=30_000):
        for tex in ("broken", "x^2"):
            assert painter.picture(tex, STYLE, is_display=False) is None
    assert tried == ["broken", "x^2"]
    assert painter.picture("broken", STYLE, is_display=False) is None
    assert painter.picture("x^2", STYLE, is_display=False) is not None
