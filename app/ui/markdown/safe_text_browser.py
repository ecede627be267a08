"""Shows untrusted text: a model's Markdown, or text from the OCR.

Qt's own browser would load `![](/any/file)` from the disk, follow links and render HTML. This one loads nothing, opens
nothing and treats tags as text.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from math import ceil

from PySide6.QtCore import QEvent, QMimeData, QSignalBlocker, QSize, QSizeF, Qt, QUrl, Signal, Slot
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
    QShowEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QTextEdit, QToolTip, QWidget

from app.domain.proofs.proofs import Proof
from app.domain.text.confidence import LowConfidenceSpan, LowConfidenceWord, low_confidence_words, same_words
from app.domain.text.grounding import detections_in
from app.domain.text.visible_lines import visible_lines
from app.ui.markdown.code_blocks import CodeBlock, code_blocks, colour, frame_of, make_room, paint_frames
from app.ui.markdown.code_colours import DARK, LIGHT
from app.ui.markdown.copy_row import row_height
from app.ui.markdown.copy_rows import CopyRows
from app.ui.markdown.formulas import IMAGE, FormulaPainter, written
from app.ui.markdown.markdown_document import set_markdown
from app.ui.markdown.markdown_tables import fit_columns
from app.ui.markdown.message_parts import Part
from app.ui.markdown.plain_text import set_plain
from app.ui.markdown.proof_marks import ProofMarks, proof_text
from app.ui.markdown.text_positions import QtPositions
from app.ui.markdown.text_spacing import Quotation, paint_bars, quotations
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import tooltip
from app.ui.widgets.long_words import wrap_mode

DOUBT = QColor("#E08A2C")
"""Background of a low-confidence word: the lower the confidence, the stronger the tint."""

MAX_MARKS = 500
"""Maximum number of search marks in one text; painting each takes time."""

_Span = tuple[int, int]
"""The beginning and end of a span, in Qt's positions."""


class SafeTextBrowser(QTextBrowser):
    """A browser as tall as its text. `link_clicked` carries a link's target, which is not opened.

    `detection_hovered(int)` carries the number of the detection under the pointer, or -1, `quoted(str)` the selected
    text, `proof_clicked(Proof)` a claim that was clicked and is on an image.
    """

    link_clicked = Signal(str)
    detection_hovered = Signal(int)
    quoted = Signal(str)
    proof_clicked = Signal(Proof)

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
        self._part: Part | None = None
        self._first_detection = 0
        self._markdown: str | None = None
        self._written_doubts: Sequence[LowConfidenceSpan] = ()
        self._doubts: list[tuple[_Span, LowConfidenceWord]] = []
        self._colour = ""
        self._lacks_formulas = False
        self._code: tuple[CodeBlock, ...] = ()
        self._quoted: tuple[Quotation, ...] = ()
        self._is_rendering = self._is_stale = False
        self._sizes: dict[int, QSizeF] = {}
        """The text's sizes by the widths that were asked for, until it changes."""
        self._row_height = 0
        self._rows = CopyRows(self.document(), self.viewport())
        self.proof_marks = ProofMarks(self)
        self.proof_marks.changed.connect(self._show_marks)
        formulas.drawn.connect(self._on_formulas_drawn)
        self._detections: list[_Span] = []
        self._hovered = self._highlighted = -1
        self._is_over_proof = False
        self._search_terms = ""
        self.viewport().setMouseTracking(True)

    @property
    def selected_text(self) -> str:
        """The selected text, with formulas as TeX."""
        return written(self.textCursor())

    def show_part(self, part: Part) -> None:
        """Show a part of a message; if it is shown already, it is not laid out again."""
        shown, self._part = self._part, part
        if part == shown:
            return
        self._first_detection = part.first_detection
        self._rows.part = part
        if part.is_markdown:
            self.show_markdown(part.text, part.doubts)
        else:
            self.show_plain(part.text)

    def show_markdown(self, text: str, doubts: Sequence[LowConfidenceSpan] = ()) -> None:
        """Render GitHub-flavoured Markdown without HTML, and keep line breaks: text read from an image has lines."""
        self._markdown, self._written_doubts = text, doubts
        seen = visible_lines(text)
        text, doubts = seen, doubts if seen == text else ()  # Otherwise their positions differ.
        self._colour = self.palette().color(QPalette.ColorRole.Text).name()
        line = self.palette().color(QPalette.ColorRole.Mid)
        with self._rendering():
            self.setWordWrapMode(wrap_mode(text))
            self._lacks_formulas = not set_markdown(
                self.document(), text, self._formulas.picture, self._colour, line, self.devicePixelRatioF()
            )
            self._style_blocks()
        shown = self.toPlainText()
        positions = QtPositions(shown)
        self._detections = [
            (positions.of(detection.start), positions.of(detection.end)) for detection in detections_in(shown)
        ]
        places = same_words(text, shown) if doubts else {}
        words_in_doubt = low_confidence_words(text, doubts) if doubts else ()
        self._doubts = [
            ((positions.of(places[word.start][0]), positions.of(places[word.start][1])), word)
            for word in words_in_doubt
            if word.start in places
        ]
        self.proof_marks.schedule()
        self._show_marks()

    def show_plain(self, text: str) -> None:
        """Show plain text, line by line, with its columns below one another."""
        self._markdown = None
        self._detections, self._doubts = [], []
        with self._rendering():
            self.setWordWrapMode(wrap_mode(text))
            set_plain(self.document(), visible_lines(text))
            self._style_blocks()
        self.proof_marks.schedule()
        self._show_marks()

    def set_highlighted(self, number: int) -> None:
        """Highlight the text of one of the detections; -1 for none."""
        highlighted = number - self._first_detection if number >= 0 else -1
        if highlighted != self._highlighted:
            self._highlighted = highlighted
            self._show_marks()

    def set_search_terms(self, ui_text: str) -> None:
        """Mark all matches of `ui_text`, ignoring case; none if it is empty."""
        if ui_text != self._search_terms:
            self._search_terms = ui_text
            self._show_marks()

    def loadResource(self, type: int, name: QUrl | str) -> object:
        """Load nothing, whatever its address: every image is one transparent pixel."""
        # If this returned nothing, or no image, Qt's image handler would open the file by itself.
        pixel = QImage(1, 1, QImage.Format.Format_ARGB32)
        pixel.fill(Qt.GlobalColor.transparent)
        return pixel

    def heightForWidth(self, width: int) -> int:
        """Return the height of the whole text, plus a scroll bar if a table or line of code is wider than `width`."""
        size = self._size_at(width)
        bar = self.horizontalScrollBar().sizeHint().height() if size.width() > width + 1 else 0
        return ceil(size.height()) + bar

    def sizeHint(self) -> QSize:
        """Return the document's height at the width that it was laid out for, which a layout queries first."""
        width = round(self.document().textWidth())
        is_laid_out = width > 0 and not self._is_stale
        return QSize(super().sizeHint().width(), self.heightForWidth(width) if is_laid_out else 0)

    def minimumSizeHint(self) -> QSize:
        """Return no more height than needed, and any width that the window wants."""
        return QSize(0, 0)

    def viewportEvent(self, event: QEvent) -> bool:
        """Show a tooltip with the alternatives of a low-confidence word, or with what the images say about a claim."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            place = self.cursorForPosition(event.pos()).position()
            for (start, end), word in self._doubts:
                if start <= place <= end:
                    QToolTip.showText(event.globalPos(), tooltip(ui_text.doubt(word)), self)
                    return True
            if proof := self.proof_marks.at(event.pos()):
                QToolTip.showText(event.globalPos(), tooltip(proof_text(proof)), self)
                return True
        return super().viewportEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit the detection under the pointer; point at a claim that can be clicked."""
        super().mouseMoveEvent(event)
        point = event.position().toPoint()
        proof = self.proof_marks.at(point)
        is_over_proof = proof is not None and proof.place is not None
        if is_over_proof != self._is_over_proof:
            self._is_over_proof = is_over_proof
            shape = Qt.CursorShape.PointingHandCursor if is_over_proof else Qt.CursorShape.IBeamCursor
            self.viewport().setCursor(shape)
        place = self.cursorForPosition(point).position()
        found = (number for number, (start, end) in enumerate(self._detections) if start <= place < end)
        self._hover(next(found, -1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit the claim that was clicked; whoever has selected text by dragging has not."""
        super().mouseReleaseEvent(event)
        proof = self.proof_marks.at(event.position().toPoint())
        is_click = event.button() is Qt.MouseButton.LeftButton and not self.textCursor().hasSelection()
        if proof and proof.place and is_click:
            self.proof_clicked.emit(proof)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Clear the detection under the pointer."""
        super().leaveEvent(event)
        self._hover(-1)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw everything in the new theme's colours, or with rows that fit the new size of the text."""
        super().changeEvent(event)
        is_changed = (event.type() is QEvent.Type.PaletteChange and self._is_recoloured()) or (
            event.type() is QEvent.Type.FontChange and self._row_height != row_height(self.document().defaultFont())
        )
        if is_changed and self._markdown is not None:
            self.show_markdown(self._markdown, self._written_doubts)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frames of code and the bars of quotations, and the text over them."""
        if self._code or self._quoted:
            painter = QPainter(self.viewport())
            painter.translate(-self.horizontalScrollBar().value(), 0)
            paint_frames(painter, [frame_of(self.document(), code) for code in self._code])
            paint_bars(painter, self.document(), self._quoted, self.palette().color(QPalette.ColorRole.Mid))
            painter.end()
        super().paintEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Lay the text out at its own width: layouts have asked about others."""
        super().showEvent(event)
        self._lay_out(self.viewport().width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the rows above code and tables aligned with them."""
        super().resizeEvent(event)
        self._lay_out(self.viewport().width())
        self._rows.place()

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy formulas as TeX, and then without HTML, whose pictures could not be loaded elsewhere."""
        if IMAGE not in self.textCursor().selectedText():
            return super().createMimeDataFromSelection()
        data = QMimeData()
        data.setText(self.selected_text)
        return data

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show Qt's own menu, with an action that copies the whole text without Markdown syntax."""
        menu = self.createStandardContextMenu(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Copy all as plain text"), self.copy_plain)
        if self.textCursor().hasSelection():
            menu.addAction(tr("Quote"), self._quote)
        menu.popup(event.globalPos())

    @Slot()
    def copy_plain(self) -> None:
        """Copy all shown text, with formulas as TeX."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        QGuiApplication.clipboard().setText(written(cursor))

    @Slot()
    def _quote(self) -> None:
        self.quoted.emit(self.selected_text)

    def _is_recoloured(self) -> bool:
        return self._colour != self.palette().color(QPalette.ColorRole.Text).name()

    def _hover(self, number: int) -> None:
        number += self._first_detection if number >= 0 else 0
        if number != self._hovered:
            self._hovered = number
            self.set_highlighted(number)
            self.detection_hovered.emit(number)

    @Slot()
    def _show_marks(self) -> None:
        accent = QColor(self.palette().color(QPalette.ColorRole.Highlight))
        accent.setAlpha(60)
        spans = self._detections[self._highlighted : self._highlighted + 1] if self._highlighted >= 0 else []
        if self._search_terms:
            text = self.toPlainText()
            pattern = re.compile(re.escape(self._search_terms), re.IGNORECASE)
            positions = QtPositions(text)
            found = islice(pattern.finditer(text), MAX_MARKS)
            spans = [*spans, *((positions.of(match.start()), positions.of(match.end())) for match in found)]
        marks = [(*span, accent) for span in spans]
        marks += [
            (*span, QColor(DOUBT.red(), DOUBT.green(), DOUBT.blue(), _strength(word))) for span, word in self._doubts
        ]
        proofs = self.proof_marks.selections()
        if marks or proofs or self.extraSelections():
            self.setExtraSelections([*proofs, *(self._mark(*mark) for mark in marks)])

    def _mark(self, start: int, end: int, tint: QColor) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.cursor = QTextCursor(self.document())
        mark.cursor.setPosition(start)
        mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        mark.format.setBackground(tint)
        return mark

    def _style_blocks(self) -> None:
        document = self.document()
        self._row_height = row_height(document.defaultFont())
        self._code, self._quoted = code_blocks(document), quotations(document)
        make_room(document, self._code)
        is_dark = QGuiApplication.palette().color(QPalette.ColorRole.Base).lightness() < 128
        colour(document, self._code, DARK if is_dark else LIGHT)
        self._rows.stand_for(self._code)

    @contextmanager
    def _rendering(self) -> Iterator[None]:
        """Defer layout: Qt would lay out the document with every change, and report sizes while it is incomplete."""
        self._is_rendering = True
        self.document().setLayoutEnabled(False)
        try:
            yield
        finally:
            self.document().setLayoutEnabled(True)
            self._is_rendering = False
            self._is_stale = True
            self._sizes.clear()
            if self.isVisible():  # Otherwise its width is queried first.
                self._lay_out(self.viewport().width())
            self.updateGeometry()

    def _size_at(self, width: int) -> QSizeF:
        """Return the text's size at `width`.

        Layouts ask about other widths than the shown one, too. If that changed what is shown, they would ask again,
        and so on without end.
        """
        document, shown = self.document(), self.viewport().width()
        if width not in self._sizes:
            if self.isVisible() and not self._is_stale and width != shown:
                with QSignalBlocker(document.documentLayout()):
                    fit_columns(document, width)
                    document.setTextWidth(width)
                    self._sizes[width] = document.size()
                    fit_columns(document, shown)
                    document.setTextWidth(shown)
            else:
                self._lay_out(width)
                self._sizes[width] = document.size()
        return self._sizes[width]

    def _lay_out(self, width: int) -> None:
        document = self.document()
        # Qt would react to the new size with another layout, for the width that a widget has before it is shown.
        with nullcontext() if self.isVisible() else QSignalBlocker(document.documentLayout()):
            is_changed = fit_columns(document, width)
            if round(document.textWidth()) != width:
                document.setTextWidth(width)
            elif self._is_stale:
                document.markContentsDirty(0, document.characterCount())
            elif not is_changed:
                return
        self._is_stale = False
        self._rows.place()
        self.updateGeometry()

    @Slot()
    def _on_size_changed(self) -> None:
        self._sizes.clear()
        self.updateGeometry()
        if not self._is_rendering:
            self._rows.place()

    @Slot()
    def _on_formulas_drawn(self) -> None:
        if self._lacks_formulas and self._markdown is not None:
            self.show_markdown(self._markdown, self._written_doubts)

    @Slot(QUrl)
    def _on_anchor_clicked(self, url: QUrl) -> None:
        self.link_clicked.emit(url.toString())


def _strength(word: LowConfidenceWord) -> int:
    """Return the strength of a word's tint, 0..255."""
    return round(30 + 90 * (1 - word.probability))
