"""Shows text that nobody vouches for: a model's Markdown, or what the reader found.

Qt's own browser would load `![](/any/file)` from the disk, follow links and render HTML. This one loads nothing, opens
nothing and takes tags for text.
"""

import re
from math import ceil

from PySide6.QtCore import QEvent, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPalette,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QTextEdit, QWidget

from app.domain.grounding import Region, regions_in

_MARKDOWN = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


class SafeTextBrowser(QTextBrowser):
    """As tall as its text. `link_clicked` carries a link's target, which nobody has opened.

    `region_hovered(int)` carries the number of the place on the image that is named under the pointer, or -1.
    """

    link_clicked = Signal(str)
    region_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self._regions: tuple[Region, ...] = ()
        self._hovered = self._lit = -1
        self._sought = ""
        self.viewport().setMouseTracking(True)

    def show_markdown(self, text: str) -> None:
        """Render GitHub's Markdown, without HTML, and with a line for every line: text read from an image has lines."""
        self._markdown = text
        self.document().setMarkdown(_with_hard_breaks(text), _MARKDOWN)
        self._style_tables()
        self._regions = regions_in(self.toPlainText())
        self._show_marks()

    def show_plain(self, text: str) -> None:
        """Show text as it is, line by line."""
        self._markdown = None
        self._regions = ()
        self.setPlainText(text)
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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which place is named under the pointer."""
        super().mouseMoveEvent(event)
        place = self.cursorForPosition(event.position().toPoint()).position()
        found = (number for number, region in enumerate(self._regions) if region.start <= place < region.end)
        self._hover(next(found, -1))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._hover(-1)

    def changeEvent(self, event: QEvent) -> None:
        """Draw tables in the new theme's colours."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and self._markdown is not None:
            self._style_tables()

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.set_lit(number)
            self.region_hovered.emit(number)

    def _show_marks(self) -> None:
        places = [(region.start, region.end) for region in self._regions[self._lit : self._lit + 1]]
        if self._lit < 0:
            places = []
        if self._sought:
            pattern = re.compile(re.escape(self._sought), re.IGNORECASE)
            places += [match.span() for match in pattern.finditer(self.toPlainText())]
        if places or self.extraSelections():
            self.setExtraSelections([self._mark(start, end) for start, end in places])

    def _mark(self, start: int, end: int) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.cursor = QTextCursor(self.document())
        mark.cursor.setPosition(start)
        mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        tint = QColor(self.palette().color(QPalette.ColorRole.Highlight))
        tint.setAlpha(60)
        mark.format.setBackground(tint)
        return mark

    def _style_tables(self) -> None:
        line = QColor(self.palette().color(QPalette.ColorRole.Mid))
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable) and frame.format().borderBrush().color() != line:
                style = frame.format()
                style.setBorderCollapse(True)
                style.setBorder(1)
                style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                style.setBorderBrush(line)
                style.setCellPadding(6)
                frame.setFormat(style)

    @Slot()
    def _on_size_changed(self) -> None:
        self.updateGeometry()

    @Slot(QUrl)
    def _on_anchor_clicked(self, url: QUrl) -> None:
        self.link_clicked.emit(url.toString())


def _with_hard_breaks(text: str) -> str:
    """End every line that Markdown would join with the next by its sign for a break; code stays as it is."""
    lines, fence = [], ""
    for line in text.split("\n"):
        opening, rest = line.lstrip()[:3], line.lstrip()[3:]
        if fence:
            fence = "" if opening == fence and not rest.strip("`~ \t") else fence
        elif opening == "~~~" or (opening == "```" and "`" not in rest.lstrip("`")):  # Else it is code within a line.
            fence = opening
        elif line.strip():
            line = f"{line.rstrip()}  "  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)
