"""Shows text that nobody vouches for: a model's Markdown, or what the reader found.

Qt's own browser would load `![](/any/file)` from the disk, follow links and render HTML. This one loads nothing, opens
nothing and takes tags for text.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import ceil

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QTextEdit, QToolTip, QWidget

from app.domain.doubt import Doubt, DoubtfulWord, doubtful_words, same_words
from app.domain.grounding import regions_in
from app.ui import words
from app.ui.code_blocks import (
    DARK,
    LIGHT,
    CodeBlock,
    code_blocks,
    code_mime,
    colour,
    frame_of,
    make_room,
    paint_frames,
)
from app.ui.copy_row import CopyRow, place_rows
from app.ui.formulas import IMAGE, FormulaPainter, written
from app.ui.labels import tooltip
from app.ui.markdown_document import set_markdown
from app.ui.tables import row_place, table_mime, tables_in
from app.ui.text_positions import qt_position
from app.ui.translation import tr

DOUBT = QColor("#E08A2C")
"""What is behind a word that the model was unsure of: the stronger, the less sure."""


_Span = tuple[int, int]
"""Where something begins and ends, in Qt's positions."""


class SafeTextBrowser(QTextBrowser):
    """As tall as its text. `link_clicked` carries a link's target, which nobody has opened.

    `region_hovered(int)` carries the number of the place on the image that is named under the pointer, or -1.
    """

    link_clicked = Signal(str)
    region_hovered = Signal(int)

    def __init__(self, formulas: FormulaPainter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._formulas = formulas
        self.setObjectName("answer")
        self.setOpenLinks(False)
        self.setAcceptDrops(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._on_size_changed)
        self.anchorClicked.connect(self._on_anchor_clicked)
        self._markdown: str | None = None
        self._written_doubts: Sequence[Doubt] = ()
        self._doubts: list[tuple[_Span, DoubtfulWord]] = []
        self._colour = ""
        self._lacks_formulas = False
        self._code: tuple[CodeBlock, ...] = ()
        self._is_rendering = False
        self._code_rows: list[CopyRow] = []
        self._table_rows: list[CopyRow] = []
        formulas.drawn.connect(self._on_formulas_drawn)
        self._regions: list[_Span] = []
        self._hovered = self._lit = -1
        self._sought = ""
        self.viewport().setMouseTracking(True)

    @property
    def selected_text(self) -> str:
        """What is selected, with formulas as they were written."""
        return written(self.textCursor())

    def show_markdown(self, text: str, doubts: Sequence[Doubt] = ()) -> None:
        """Render GitHub's Markdown, without HTML, and with a line for every line: text read from an image has lines."""
        self._markdown, self._written_doubts = text, doubts
        self._colour = self.palette().color(QPalette.ColorRole.Text).name()
        line = self.palette().color(QPalette.ColorRole.Mid)
        with self._rendering():
            self._lacks_formulas = not set_markdown(
                self.document(), text, self._formulas.picture, self._colour, line, self.devicePixelRatioF()
            )
            self._style_blocks()
        shown = self.toPlainText()
        self._regions = [_span(shown, region.start, region.end) for region in regions_in(shown)]
        places = same_words(text, shown) if doubts else {}
        words_in_doubt = doubtful_words(text, doubts) if doubts else ()
        self._doubts = [(_span(shown, *places[word.start]), word) for word in words_in_doubt if word.start in places]
        self._show_marks()

    def show_plain(self, text: str) -> None:
        """Show text as it is, line by line."""
        self._markdown = None
        self._regions, self._doubts = [], []
        with self._rendering():
            self.setPlainText(text)
            self._style_blocks()
        self._show_marks()

    def set_lit(self, number: int) -> None:
        """Mark what names one of the places; -1 for none."""
        self._lit = number
        self._show_marks()

    def set_sought(self, words: str) -> None:
        """Mark all places that have `words`, upper or lower case; nothing where it is empty."""
        self._sought = words
        self._show_marks()

    def loadResource(self, type: int, name: QUrl | str) -> object:
        """Load nothing, wherever it lies: every image is one clear pixel."""
        # Given nothing, or no image, Qt's image handler would open the file by itself.
        pixel = QImage(1, 1, QImage.Format.Format_ARGB32)
        pixel.fill(Qt.GlobalColor.transparent)
        return pixel

    def heightForWidth(self, width: int) -> int:
        """As tall as the whole text, with a bar below where a table or a line of code is wider than `width`."""
        if round(self.document().textWidth()) != width:
            self.document().setTextWidth(width)
        size = self.document().size()
        bar = self.horizontalScrollBar().sizeHint().height() if size.width() > width + 1 else 0
        return ceil(size.height()) + bar

    def sizeHint(self) -> QSize:
        """The document's own height at the present width."""
        return QSize(super().sizeHint().width(), self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        """No taller than needed, and as narrow as the window wants."""
        return QSize(0, 0)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what the model nearly wrote where it was unsure."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            place = self.cursorForPosition(event.pos()).position()
            for (start, end), word in self._doubts:
                if start <= place <= end:
                    QToolTip.showText(event.globalPos(), tooltip(words.doubt(word)), self)
                    return True
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which place is named under the pointer."""
        super().mouseMoveEvent(event)
        place = self.cursorForPosition(event.position().toPoint()).position()
        found = (number for number, (start, end) in enumerate(self._regions) if start <= place < end)
        self._hover(next(found, -1))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._hover(-1)

    def changeEvent(self, event: QEvent) -> None:
        """Draw everything in the new theme's colours."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._markdown is not None and self._is_recoloured():
            self.show_markdown(self._markdown, self._written_doubts)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frames of code, and the text upon them."""
        if self._code:
            painter = QPainter(self.viewport())
            painter.translate(-self.horizontalScrollBar().value(), 0)
            paint_frames(painter, [frame_of(self.document(), code) for code in self._code])
            painter.end()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the rows above code and tables where these are."""
        super().resizeEvent(event)
        self._place_rows()

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is copied: formulas as they were written, and then no HTML, which would have pictures of nowhere."""
        if IMAGE not in self.textCursor().selectedText():
            return super().createMimeDataFromSelection()
        data = QMimeData()
        data.setText(self.selected_text)
        return data

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's own menu, and the whole text without Markdown's signs."""
        menu = self.createStandardContextMenu(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Copy all as plain text"), self.copy_plain)
        menu.popup(event.globalPos())

    @Slot()
    def copy_plain(self) -> None:
        """Copy all that is shown, formulas as they were written."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        QGuiApplication.clipboard().setText(written(cursor))

    def _is_recoloured(self) -> bool:
        return self._colour != self.palette().color(QPalette.ColorRole.Text).name()

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.set_lit(number)
            self.region_hovered.emit(number)

    def _show_marks(self) -> None:
        accent = QColor(self.palette().color(QPalette.ColorRole.Highlight))
        accent.setAlpha(60)
        spans = self._regions[self._lit : self._lit + 1] if self._lit >= 0 else []
        if self._sought:
            text = self.toPlainText()
            pattern = re.compile(re.escape(self._sought), re.IGNORECASE)
            spans = [*spans, *(_span(text, *match.span()) for match in pattern.finditer(text))]
        marks = [(*span, accent) for span in spans]
        marks += [
            (*span, QColor(DOUBT.red(), DOUBT.green(), DOUBT.blue(), _strength(word))) for span, word in self._doubts
        ]
        if marks or self.extraSelections():
            self.setExtraSelections([self._mark(*mark) for mark in marks])

    def _mark(self, start: int, end: int, tint: QColor) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.cursor = QTextCursor(self.document())
        mark.cursor.setPosition(start)
        mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        mark.format.setBackground(tint)
        return mark

    def _style_blocks(self) -> None:
        document = self.document()
        self._code = code_blocks(document)
        make_room(document, self._code)
        is_dark = QGuiApplication.palette().color(QPalette.ColorRole.Base).lightness() < 128
        colour(document, self._code, DARK if is_dark else LIGHT)
        for _ in range(len(self._code_rows), len(self._code)):
            self._code_rows.append(CopyRow(tr("Copy code"), tr("Copy this code"), self.viewport(), at_end=True))
        for number in range(len(self._table_rows), len(tables_in(document))):
            row = CopyRow(tr("Copy table"), tr("Copy this table for a spreadsheet"), self.viewport(), at_end=False)
            row.stand_for("", partial(self._table_mime, number))
            self._table_rows.append(row)
        for row, code in zip(self._code_rows, self._code, strict=False):
            row.stand_for(code.language, partial(code_mime, code))
        self._place_rows()

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        """Qt tells of sizes while the document is being built; nothing may be placed by what is only half there."""
        self._is_rendering = True
        try:
            yield
        finally:
            self._is_rendering = False

    def _table_mime(self, number: int) -> QMimeData:
        # Qt's tables die with the text that they stand in, so that none is kept.
        return table_mime(tables_in(self.document())[number])

    def _place_rows(self) -> None:
        """Keep the rows above what they stand for, and hide those that stand for nothing."""
        document, width = self.document(), self.viewport().width()
        corners = [frame_of(document, code).topLeft() for code in self._code]
        place_rows(self._code_rows, corners, width)
        place_rows(self._table_rows, [row_place(document, table) for table in tables_in(document)], width)

    @Slot()
    def _on_size_changed(self) -> None:
        self.updateGeometry()
        if not self._is_rendering:
            self._place_rows()

    @Slot()
    def _on_formulas_drawn(self) -> None:
        if self._lacks_formulas and self._markdown is not None:
            self.show_markdown(self._markdown, self._written_doubts)

    @Slot(QUrl)
    def _on_anchor_clicked(self, url: QUrl) -> None:
        self.link_clicked.emit(url.toString())


def _strength(word: DoubtfulWord) -> int:
    """Of a tint, 0..255."""
    return round(30 + 90 * (1 - word.probability))


def _span(text: str, start: int, end: int) -> _Span:
    return qt_position(text, start), qt_position(text, end)
