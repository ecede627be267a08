"""The picture of a page whose text can be selected in place."""

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QMenu, QWidget

from app.domain.documents.entities import Entity, entities_in
from app.domain.documents.page_rows import selected_text
from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem
from app.domain.images.codes import Code, with_codes
from app.domain.images.geometry import Box, TextLine
from app.domain.images.quarter_turns import rotated
from app.domain.text.word_spans import letter_edges
from app.ui.widgets.entity_actions import add_code_actions, add_entity_actions
from app.ui.widgets.i18n import tr
from app.ui.widgets.image_canvas import ImageCanvas

NO_PAGE = OcrPage(1, 1, (), "")
"""The page of a picture whose text is not known."""

MAX_BESIDE = 8
"""Distance in pixels of the screen at which a drag that begins beside a line still selects its text."""

_PICTURE_KEYS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
"""Keys with which a drag acts on the picture, also over text: Shift selects an area, Ctrl moves the picture."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position between two letters: before letter number `letter` of line number `line`."""

    line: int
    letter: int


class PageCanvas(ImageCanvas):
    """Dragging over text selects it, elsewhere it moves the picture; a double click on a word selects the word.

    With Ctrl, or with the middle button, dragging moves the picture everywhere. A right click offers to copy the text,
    and what one does with a link, a date or another entity that is there; it is underlined below the pointer.
    `line_hovered(int)` carries the number of the line under the pointer, or -1, `line_clicked(int)` the one that was
    clicked; `selection_changed(str)` the text that is selected. `problem_met(Problem)`: nothing opens an address.
    `save_wanted()` asks to save the file of the picture, if it `is_file`.
    """

    line_hovered = Signal(int)
    line_clicked = Signal(int)
    selection_changed = Signal(str)
    problem_met = Signal(Problem)
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._page = NO_PAGE
        self._ignored: tuple[Box, ...] = ()
        self.highlighted_line = self._hovered_line = -1
        self.highlighted_boxes: tuple[Box, ...] = ()
        self._hovered_entity: tuple[int, Entity] | None = None
        self._anchor: Place | None = None
        self._focus: Place | None = None
        self._is_dragging = False
        self.is_file = False

    def set_page(self, page: OcrPage) -> None:
        """Set the text on the picture, and clear the selection."""
        self._page = page
        self.highlighted_line = self._hovered_line = -1
        self._hovered_entity = None
        self.highlighted_boxes = ()
        self.clear_selection()

    def correct_page(self, page: OcrPage) -> None:
        """Take over corrections of the text, and clear the selection; what is highlighted stays."""
        self._page = page
        self._hovered_entity = None
        self.clear_selection()

    def set_ignored(self, ignored: tuple[Box, ...]) -> None:
        """Show the ignored areas, as fractions of the page's sides."""
        self._ignored = ignored
        self.update()

    @Slot(int)
    def highlight_line(self, number: int) -> None:
        """Highlight one line; -1 for none."""
        self.highlighted_line = number
        self.update()

    def highlight_boxes(self, boxes: tuple[Box, ...]) -> None:
        """Highlight boxes on the page, in its pixels."""
        self.highlighted_boxes = boxes
        self.update()

    def clear_selection(self) -> None:
        """Clear the selection."""
        self._anchor = self._focus = None
        self.selection_changed.emit("")
        self.update()

    def select_all(self) -> None:
        """Select the text of the whole page."""
        if self._page.lines:
            last = len(self._page.lines) - 1
            self._select(Place(0, 0), Place(last, len(self._page.lines[last].text)))

    def selected_text(self) -> str:
        """Return the selected text in the rows of the page, with their indentation and gaps."""
        span = self._span()
        if span is None:
            return ""
        first, last = span
        texts: dict[int, str] = {}
        for number in range(first.line, last.line + 1):
            text = self._page.lines[number].text
            begin = first.letter if number == first.line else 0
            end = last.letter if number == last.line else len(text)
            texts[number] = text[begin:end]
        return selected_text(self._page, texts, first.letter)

    def line_at(self, place: QPointF) -> int:
        """Return the number of the line at a point; -1 if there is none."""
        x, y = self._on_page(place)
        for number, line in enumerate(self._page.lines):
            box = line.box
            is_near = (
                box.left - 1 <= x <= box.right + 1 and box.top - 1 <= y <= box.bottom + 1
            )  # `x` and `y` are rounded.
            if is_near and self._polygon(line, 0.0, 1.0).containsPoint(place, Qt.FillRule.OddEvenFill):
                return number
        return -1

    def _line_beside(self, place: QPointF) -> int:
        """Return the line at a point, or the one that begins or ends within MAX_BESIDE beside it; -1 if none does."""
        found = (self.line_at(place + QPointF(step, 0)) for step in (0, MAX_BESIDE, -MAX_BESIDE))
        return next((number for number in found if number >= 0), -1)

    def entity_at(self, place: QPointF) -> tuple[int, Entity] | None:
        """Return the entity at a point, with the number of its line; None if there is none."""
        number = self.line_at(place)
        if number < 0:
            return None
        line = self._page.lines[number]
        share, edges = self._share_along(line, place), letter_edges(line.text)
        found = (it for it in entities_in(line.text) if edges[it.start] <= share <= edges[it.end])
        return next(((number, entity) for entity in found), None)

    def code_at(self, place: QPointF) -> Code | None:
        """Return the QR code or bar code at a point; None if there is none."""
        inside = (code for code in self._page.codes if self._box_polygon(code.box).boundingRect().contains(place))
        return next(inside, None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, and over it the highlights and the selection."""
        super().paintEvent(event)
        if self._pixmap.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        if 0 <= self.highlighted_line < len(self._page.lines):
            self._fill(painter, self._polygon(self._page.lines[self.highlighted_line], 0.0, 1.0), accent, 60)
        for box in self.highlighted_boxes:
            self._fill(painter, self._box_polygon(box), accent, 60)
        for part in self._ignored:
            shares = (part.left, part.top, part.right, part.bottom)
            self._fill(painter, self._shares_polygon(shares), QColor(128, 128, 128), 150)
        if self._hovered_entity:
            number, entity = self._hovered_entity
            edges = letter_edges(self._page.lines[number].text)
            below = self._polygon(self._page.lines[number], edges[entity.start], edges[entity.end])
            painter.setPen(QPen(accent, 2))
            painter.drawLine(below.at(3), below.at(2))
        if span := self._span():
            first, last = span
            for number in range(first.line, last.line + 1):
                line = self._page.lines[number]
                edges = letter_edges(line.text)
                begin = edges[first.letter] if number == first.line else 0.0
                end = edges[last.letter] if number == last.line else 1.0
                self._fill(painter, self._polygon(line, begin, end), accent, 110, rim=False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to select if there is text."""
        wants_picture = self._is_selecting or event.modifiers() & _PICTURE_KEYS
        number = -1 if wants_picture else self._line_beside(event.position())
        if event.button() is Qt.MouseButton.LeftButton and number >= 0:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._is_dragging = True
            self._anchor = self._focus = self._place(number, event.position())
            self.selection_changed.emit("")
            self.line_clicked.emit(number)
            self.update()
            return
        if event.button() is Qt.MouseButton.LeftButton and not wants_picture:
            self.clear_selection()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection, or emit the line under the pointer."""
        if self._is_dragging and self._anchor:
            number = self._nearest(event.position())
            if number >= 0:
                self._select(self._anchor, self._place(number, event.position()))
            return
        super().mouseMoveEvent(event)
        if self._dragged_from is None and not self._is_selecting:
            number = self.line_at(event.position())
            is_text = self._line_beside(event.position()) >= 0
            self.setCursor(Qt.CursorShape.IBeamCursor if is_text else Qt.CursorShape.ArrowCursor)
            self._hover_line(number)
            self._hover_entity(self.entity_at(event.position()) if number >= 0 else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End selecting."""
        if self._is_dragging:
            self._is_dragging = False
            return
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word; elsewhere, toggle between fitted and 1:1."""
        number = self.line_at(event.position())
        if number < 0:
            super().mouseDoubleClickEvent(event)
            return
        text, letter = self._page.lines[number].text, self._place(number, event.position()).letter
        begin, end = text.rfind(" ", 0, letter) + 1, text.find(" ", letter)
        self._select(Place(number, begin), Place(number, end if end >= 0 else len(text)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the selection, or select everything."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.selected_text():
            self.copy_selection()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Clear the line under the pointer."""
        super().leaveEvent(event)
        self._hover_line(-1)
        self._hover_entity(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy the text, if there is any, and the picture."""
        if self._pixmap.isNull():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place = QPointF(event.pos())
        if found := self.entity_at(place):
            add_entity_actions(menu, found[1], self.problem_met.emit)
            menu.addSeparator()
        elif code := self.code_at(place):
            add_code_actions(menu, code, self.problem_met.emit)
            menu.addSeparator()
        copy = menu.addAction(tr("Copy"), self.copy_selection)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setEnabled(bool(self.selected_text()))
        menu.addAction(tr("Copy all text"), self.copy_all).setEnabled(bool(self._page.lines or self._page.codes))
        menu.addSeparator()
        menu.addAction(tr("Copy image"), self.copy_picture)
        if self.is_file:
            menu.addAction(tr("Save image…"), self.save_wanted.emit)
        menu.popup(event.globalPos())

    @Slot()
    def copy_selection(self) -> None:
        """Copy the selected text."""
        QGuiApplication.clipboard().setText(self.selected_text())

    @Slot()
    def copy_all(self) -> None:
        """Copy the text of the whole page, with its codes."""
        QGuiApplication.clipboard().setText(with_codes(self._page.text, self._page.codes))

    @Slot()
    def copy_picture(self) -> None:
        """Copy the picture as it is shown, in its own pixels."""
        QGuiApplication.clipboard().setPixmap(self._pixmap)

    def _hover_line(self, number: int) -> None:
        if number != self._hovered_line:
            self._hovered_line = number
            self.line_hovered.emit(number)

    def _hover_entity(self, found: tuple[int, Entity] | None) -> None:
        if found != self._hovered_entity:
            self._hovered_entity = found
            self.update()

    def _select(self, anchor: Place, focus: Place) -> None:
        self._anchor, self._focus = anchor, focus
        self.selection_changed.emit(self.selected_text())
        self.update()

    def _span(self) -> tuple[Place, Place] | None:
        if self._anchor is None or self._focus is None or self._anchor == self._focus:
            return None
        return min(self._anchor, self._focus), max(self._anchor, self._focus)

    def _place(self, number: int, place: QPointF) -> Place:
        """Return the nearest position between two letters of a line."""
        line = self._page.lines[number]
        share, edges = self._share_along(line, place), letter_edges(line.text)
        return Place(number, min(range(len(edges)), key=lambda letter: abs(edges[letter] - share)))

    def _share_along(self, line: TextLine, place: QPointF) -> float:
        """Return how far along a line a point is, as a fraction of the line's length."""
        whole = self._polygon(line, 0.0, 1.0)
        start, along = whole.at(0), whole.at(1) - whole.at(0)
        return QPointF.dotProduct(place - start, along) / (QPointF.dotProduct(along, along) or 1.0)

    def _nearest(self, place: QPointF) -> int:
        """Return the line to select at a point: the one there, or the nearest above or below."""
        number = self.line_at(place)
        if number >= 0 or not self._page.lines:
            return number

        x, y = self._on_page(place)
        weights = (3, 1) if self.quarter_turns % 2 else (1, 3)  # On the screen, the rows are above one another.

        def distance(number: int) -> float:
            box = self._page.lines[number].box
            across, down = max(box.left - x, x - box.right, 0.0), max(box.top - y, y - box.bottom, 0.0)
            return weights[0] * across + weights[1] * down

        return min(range(len(self._page.lines)), key=distance)

    def _fill(self, painter: QPainter, polygon: QPolygonF, colour: QColor, alpha: int, *, rim: bool = True) -> None:
        tint = QColor(colour)
        tint.setAlpha(alpha)
        painter.setBrush(QBrush(tint))
        painter.setPen(QPen(colour, 1.5) if rim else Qt.PenStyle.NoPen)
        painter.drawPolygon(polygon)

    def _polygon(self, line: TextLine, begin: float, end: float) -> QPolygonF:
        """Return the polygon of a part of a line in this widget's coordinates, from its own top left clockwise."""
        top_left, top_right, bottom_right, bottom_left = self._on_screen((c.x, c.y) for c in line.quad)
        top, bottom = top_right - top_left, bottom_right - bottom_left
        return QPolygonF(
            [top_left + top * begin, top_left + top * end, bottom_left + bottom * end, bottom_left + bottom * begin]
        )

    def _box_polygon(self, box: Box) -> QPolygonF:
        corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
        return QPolygonF(self._on_screen(corners))

    def _shares_polygon(self, shares: tuple[float, float, float, float]) -> QPolygonF:
        left, top, right, bottom = shares
        width, height = self._page.width, self._page.height
        return self._box_polygon(Box(left * width, top * height, right * width, bottom * height))

    def _on_page(self, place: QPointF) -> tuple[float, float]:
        """Return a point of this widget in pixels of the page."""
        area = self.picture_area()
        across, down = (
            (place.x() - area.left()) / (area.width() or 1.0),
            (place.y() - area.top()) / (area.height() or 1.0),
        )
        left, top = rotated(across, down, -self.quarter_turns)
        return left * self._page.width, top * self._page.height

    def _on_screen(self, points: Iterable[tuple[float, float]]) -> list[QPointF]:
        """Return points of the page, in its pixels, in this widget's coordinates."""
        area, width, height = self.picture_area(), max(self._page.width, 1), max(self._page.height, 1)
        shares = (rotated(x / width, y / height, self.quarter_turns) for x, y in points)
        return [QPointF(area.left() + area.width() * x, area.top() + area.height() * y) for x, y in shares]
