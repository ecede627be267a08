"""Number fields take what is typed as it is meant."""

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.ui.batch.margins_edit import MarginsEdit
from app.ui.widgets.spin_boxes import DecimalBox, IntegerBox
from tests.support.on_screen import the
from tests.ui.conftest import shown


def type_over(box: QWidget, text: str) -> None:
    line = the(box, QLineEdit)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)


@pytest.mark.parametrize(("typed", "after"), [("60", 49), ("100000", 49), ("48", 48), (" ", 7)])
def test_a_margin_beyond_the_maximum_becomes_the_maximum(qtbot: QtBot, typed: str, after: int) -> None:
    margins = shown(MarginsEdit(), qtbot)
    box = margins.boxes["Top"]
    box.setValue(7)
    type_over(box, typed)
    if after == 49:
        assert box.text() == f"{typed} %"
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert (box.value(), box.text()) == (after, f"{after} %")
    assert margins.areas[0].bottom == after / 100


@pytest.mark.parametrize("code", ["en", "de", "ar", "zh_CN", "ja", "es"])
def test_a_number_is_brought_within_the_bounds_once_it_is_complete(qtbot: QtBot, code: str) -> None:
    box = IntegerBox()
    box.setLocale(QLocale(code))
    box.setRange(64, 4096)
    box.setGroupSeparatorShown(True)
    box.setKeyboardTracking(False)
    shown(box, qtbot)
    for typed, after in (("99999", 4096), ("5", 64), ("1000", 1000)):
        with qtbot.waitSignal(box.valueChanged) as changed:
            type_over(box, typed)
            QTest.keyClick(box, Qt.Key.Key_Return)
        assert changed.args == [after]


@pytest.mark.parametrize("code", ["en", "de"])
def test_a_decimal_beyond_the_maximum_becomes_the_maximum(qtbot: QtBot, code: str) -> None:
    box = DecimalBox()
    box.setLocale(QLocale(code))
    box.setRange(0, 2)
    shown(box, qtbot)
    type_over(box, "25")
    assert box.cleanText() == "25"
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 2
    type_over(box, f"1{box.locale().decimalPoint()}5")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 1.5
