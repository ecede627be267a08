"""A grid of images under headings, chosen by mouse or keys; only what is seen is drawn, and loaded."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, QTimer, Slot
from PySide6.QtGui import QCursor, QFont, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen, QRegion
from PySide6.QtWidgets import QAbstractItemView, QApplication, QStyle, QWidget

from app.ui.images.grid_lines import GridLine, GridLines, GridSizes
from app.ui.images.image_list import ImageList
from app.ui.widgets.lazy_thumbnails import LazyThumbnails
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import RADIUS

Index = QModelIndex | QPersistentModelIndex
SIDE, GAP, HEADING = 132, 14, 40
"""Sizes of an image's square, of what is between two, and of a heading, in pixels at a zoom of 100 %."""
FRAME, AROUND = 2, 5
"""Width of the frame around the current image and the one under the mouse, and its distance, in pixels."""
REPAINT_MILLISECONDS = 16
"""Thumbnails that are loaded within this time are drawn together."""
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
_Action = QAbstractItemView.CursorAction


class ImageGrid(QAbstractItemView):
    """Shows an `ImageList`; `clicked` and `activated` carry the index of the image that is chosen."""

    def __init__(self, thumbnails: LazyThumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self.images = ImageList(self)
        self._thumbnails = thumbnails
        self._sizes = GridSizes(1, 1, 0, 0)
        self._lines = GridLines((), self._sizes)
        self.setObjectName("imageGrid")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setModel(self.images)
        self._repainting = QTimer(self)
        self._repainting.setSingleShot(True)
        self._repainting.setInterval(REPAINT_MILLISECONDS)
        self._repainting.timeout.connect(self.viewport().update)
        thumbnails.loaded.connect(self._on_loaded)

    def updateGeometries(self) -> None:
        """Lay the images out for the present width and zoom; if these have changed, what was at the top stays there."""
        bar = self.verticalScrollBar()
        seen = self._lines.between(bar.value(), bar.value())
        width = self.contentsRect().width() - bar.sizeHint().width()  # Also without the bar, which depends on it.
        sizes = GridSizes(width, *(zoomed(self, size) for size in (SIDE, GAP, HEADING)))
        is_resized, self._sizes = sizes != self._sizes, sizes
        self._lines = GridLines(self.images.groups, sizes)
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(sizes.heading)
        bar.setRange(0, max(0, self._lines.height - self.viewport().height()))
        if is_resized and bar.value() and seen and seen[0].first < self.images.rowCount():
            bar.setValue(self._lines.with_heading(seen[0].first).top())
        super().updateGeometries()

    def visualRect(self, index: Index) -> QRect:
        """Return the square of an image."""
        if not 0 <= index.row() < self.images.rowCount():
            return QRect()
        place = self._lines.place(index.row()).translated(0, -self.verticalOffset())
        return QStyle.visualRect(self.layoutDirection(), self.viewport().rect(), place)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the index of the image at a position in the viewport."""
        mirrored = QStyle.visualPos(self.layoutDirection(), self.viewport().rect(), point)
        return self.images.index(self._lines.row_at(mirrored + QPoint(0, self.verticalOffset())))

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Scroll as little as is needed to see an image, with the heading above it."""
        if not 0 <= index.row() < self.images.rowCount():
            return
        place, bar = self._lines.with_heading(index.row()), self.verticalScrollBar()
        lowest = place.bottom() + self._sizes.gap - self.viewport().height()
        bar.setValue(min(max(bar.value(), lowest), place.top()))

    def horizontalOffset(self) -> int:
        """Return 0: it is as wide as the viewport."""
        return 0

    def verticalOffset(self) -> int:
        """Return how far it is scrolled, in pixels."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        """Return False: all images are shown."""
        return False

    def moveCursor(self, action: _Action, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Return the image to which a key leads."""
        count, row = self.images.rowCount(), self.currentIndex().row()
        if not count or row < 0:
            return self.images.index(0)
        page = max(1, self.viewport().height() // (self._sizes.side + self._sizes.gap))
        onwards = -1 if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else 1
        beside = {_Action.MoveRight: onwards, _Action.MoveLeft: -onwards, _Action.MoveNext: 1, _Action.MovePrevious: -1}
        lines = {_Action.MoveDown: 1, _Action.MoveUp: -1, _Action.MovePageDown: page, _Action.MovePageUp: -page}
        if action in lines:
            row = self._lines.beside(row, lines[action])
        elif action in beside:
            row = min(max(row + beside[action], 0), count - 1)
        else:
            row = 0 if action is _Action.MoveHome else count - 1
        return self.images.index(row)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select the image at the mouse."""
        self.selectionModel().select(self.indexAt(rect.center()), command)

    def visualRegionForSelection(self, selection: object) -> QRegion:
        """Return the whole viewport: the frame is outside of an image's square."""
        return QRegion(self.viewport().rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave typing to the window, which forwards it to its filter."""
        if event.text().isprintable() and event.text().strip() and not event.modifiers() & _COMMANDS:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines that are seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = self.verticalOffset()
        # Asked for once: the window system answers as slowly as a hundred images are drawn.
        pointed = self.viewport().mapFromGlobal(QCursor.pos()) if self.viewport().underMouse() else QPoint(-1, -1)
        for line in self._lines.between(top, top + self.viewport().height()):
            if line.heading:
                self._draw_heading(painter, line)
            for row in range(line.first, line.first + line.count):
                self._draw_image(painter, row, pointed)

    def _draw_heading(self, painter: QPainter, line: GridLine) -> None:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QApplication.palette().color(QPalette.ColorRole.Text))
        margin = self._lines.margin
        area = QRect(margin, line.top - self.verticalOffset(), self.viewport().width() - 2 * margin, line.height)
        side = QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag.AlignLeft)
        painter.drawText(area, int(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter), line.heading)

    def _draw_image(self, painter: QPainter, row: int, pointed: QPoint) -> None:
        index, palette = self.images.index(row), QApplication.palette()
        place = self.visualRect(index)
        image = self.images.images[row].image
        picture = self._thumbnails.picture(image, place.width(), self.devicePixelRatioF())
        if picture:
            painter.drawPixmap(place.topLeft(), picture)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
            painter.drawRoundedRect(place, RADIUS, RADIUS)
        if index == self.currentIndex():
            self._draw_frame(painter, place, QPalette.ColorRole.Highlight)
        elif place.contains(pointed):
            self._draw_frame(painter, place, QPalette.ColorRole.Mid)

    def _draw_frame(self, painter: QPainter, place: QRect, role: QPalette.ColorRole) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QApplication.palette().color(role), FRAME))
        painter.drawRoundedRect(place.adjusted(-AROUND, -AROUND, AROUND, AROUND), RADIUS + FRAME, RADIUS + FRAME)

    @Slot(int)
    def _on_loaded(self, side: int) -> None:
        if side == self._sizes.side and not self._repainting.isActive():
            self._repainting.start()

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Draw the frame, which is outside of an image's square."""
        super().currentChanged(current, previous)
        self.viewport().update()
