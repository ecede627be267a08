"""The rows above the code and tables of a text, which copy them whole, even if the text is a part of a message."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QMimeData, QPointF
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QWidget

from app.domain.chat.sections import begins_code, whole_code, whole_table
from app.ui.markdown.code_blocks import CodeBlock, code_mime, frame_of
from app.ui.markdown.copy_row import CopyRow, row_height
from app.ui.markdown.markdown_tables import row_place, rows_mime, table_mime, tables_in
from app.ui.markdown.message_parts import Part
from app.ui.widgets.i18n import tr


class CopyRows:
    """Rows on the viewport of a text, one above each block of code and each table of its document."""

    def __init__(self, document: QTextDocument, viewport: QWidget) -> None:
        self._document = document
        self._viewport = viewport
        self._code: Sequence[CodeBlock] = ()
        self._code_rows: list[CopyRow] = []
        self._table_rows: list[CopyRow] = []
        self.part = Part("")
        """What the document shows of a message."""

    def stand_for(self, code: Sequence[CodeBlock]) -> None:
        """Have a row for each of these blocks of code, and for each table of the document."""
        self._code = code
        for _ in range(len(self._code_rows), len(code)):
            self._code_rows.append(CopyRow(tr("Copy code"), tr("Copy this code"), self._viewport, at_end=True))
        for number in range(len(self._table_rows), len(tables_in(self._document))):
            row = CopyRow(tr("Copy table"), tr("Copy this table for a spreadsheet"), self._viewport, at_end=False)
            row.stand_for("", partial(self._table_mime, number))
            self._table_rows.append(row)
        for row, block in zip(self._code_rows, code, strict=False):
            row.stand_for(block.language, partial(self._code_mime, block))

    def place(self) -> None:
        """Place the rows above their blocks, and hide those without one."""
        document, width = self._document, self._viewport.width()
        height = row_height(document.defaultFont())
        _place(self._code_rows, [frame_of(document, code).topLeft() for code in self._code], width, height)
        _place(self._table_rows, [row_place(document, table) for table in tables_in(document)], width, height)

    def _table_mime(self, number: int) -> QMimeData:
        # Qt's tables are deleted with the text that contains them, so none is stored.
        tables = tables_in(self._document)
        start = self._parted_block(is_code=False, is_first=number == 0, is_last=number == len(tables) - 1)
        return rows_mime(whole_table(self.part.message, start)) if start >= 0 else table_mime(tables[number])

    def _code_mime(self, code: CodeBlock) -> QMimeData:
        ends = self._code[0], self._code[-1]
        start = self._parted_block(is_code=True, is_first=code == ends[0], is_last=code == ends[1])
        return code_mime(replace(code, code=whole_code(self.part.message, start)) if start >= 0 else code)

    def _parted_block(self, *, is_code: bool, is_first: bool, is_last: bool) -> int:
        """Return the start in the message of the block that continues beyond either end of the part, or -1."""
        ends = ((self.part.begins_in, is_first), (self.part.ends_in, is_last))
        starts = (start for start, is_there in ends if is_there and start >= 0)
        return next((start for start in starts if begins_code(self.part.message, start) is is_code), -1)


def _place(rows: Sequence[CopyRow], corners: Sequence[QPointF], width: int, height: int) -> None:
    """Place rows with their upper left corners at `corners`, up to `width`; hide the others."""
    for row, corner in zip(rows, corners, strict=False):
        row.setGeometry(round(corner.x()), round(corner.y()), width - round(corner.x()), height)
    for number, row in enumerate(rows):
        row.setVisible(number < len(corners))
