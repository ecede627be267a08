"""Tables on the clipboard: what stands on an image, or in an answer, becomes no formula where they are pasted."""

import html
import re

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QTextDocument
from pytestqt.qtbot import QtBot

from app.domain.documents.tables import Cell, Table
from app.domain.images.geometry import Box
from app.ui.documents.tables_pane import TablesPane
from app.ui.markdown.markdown_tables import table_mime, tables_in

BOX = Box(0, 0, 10, 10)


def check(data: QMimeData) -> None:
    assert data.text() == "Price\t'=1+1\n-5\t'＝HYPERLINK(1)"
    cells = [html.unescape(cell) for cell in re.findall(r"<t[dh]>(.*?)</t[dh]>", data.html())]
    assert [cell.replace(" ", "") for cell in cells] == ["Price", "'=1+1", "-5", "'＝HYPERLINK(1)"]


def test_a_table_of_a_page(qtbot: QtBot) -> None:
    texts = (("Price", "=1+1"), ("-5", " ＝HYPERLINK(1)"))
    cells = tuple(Cell(row, column, text, BOX) for row, line in enumerate(texts) for column, text in enumerate(line))
    pane = TablesPane()
    qtbot.addWidget(pane)
    pane.set_tables([Table(2, 2, cells, BOX, is_ruled=True)])
    pane.copy.click()
    check(QGuiApplication.clipboard().mimeData())


def test_a_table_of_an_answer(qtbot: QtBot) -> None:
    document = QTextDocument()
    document.setMarkdown("| Price | =1+1 |\n| --- | --- |\n| -5 | ＝HYPERLINK(1) |\n")
    check(table_mime(tables_in(document)[0]))
