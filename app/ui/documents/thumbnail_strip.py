"""The strip of a document's pages; thumbnails are rendered for the visible ones only."""

from collections import OrderedDict

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.ui.widgets.i18n import tr

WIDTH, PICTURE = 132, QSize(96, 120)
MAX_PICTURES = 60
"""Maximum number of thumbnails held in memory."""
WAIT_MILLISECONDS = 80
"""Delay in milliseconds after scrolling before thumbnails are requested: pages scrolled past are not rendered."""


class ThumbnailStrip(QListWidget):
    """`page_chosen(int)`, and `wanted(int)` to request a thumbnail; pages are counted from 0."""

    page_chosen = Signal(int)
    wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pageRail")
        self.setAccessibleName(tr("Pages"))
        self.setFixedWidth(WIDTH)
        self.setIconSize(PICTURE)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._held: OrderedDict[int, None] = OrderedDict()
        self._asked: set[int] = set()
        empty = QPixmap(PICTURE)
        empty.fill(Qt.GlobalColor.transparent)
        self._empty = QIcon(empty)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MILLISECONDS)
        self._timer.timeout.connect(self._ask)
        self.currentRowChanged.connect(self._on_row_changed)
        self.verticalScrollBar().valueChanged.connect(self._timer.start)

    def set_count(self, count: int) -> None:
        """Show `count` pages without thumbnails."""
        self.blockSignals(True)
        self.clear()
        self._held.clear()
        self._asked.clear()
        for number in range(count):
            item = QListWidgetItem(self._empty, str(number + 1))
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, tr("Page {number}", number=number + 1))
            self.addItem(item)
        self.blockSignals(False)
        self.setVisible(count > 1)
        self._timer.start()

    @Slot(int, bytes)
    def set_picture(self, number: int, png: bytes) -> None:
        """Show the thumbnail of a page."""
        self._asked.discard(number)
        pixmap = QPixmap()
        if number < self.count() and pixmap.loadFromData(png, "PNG"):
            icon = QIcon(pixmap)
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # Qt would dye it.
            self.item(number).setIcon(icon)
            self._held[number] = None
            if len(self._held) > MAX_PICTURES:
                oldest, _ = self._held.popitem(last=False)
                self.item(oldest).setIcon(self._empty)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Request thumbnails for pages that have become visible."""
        super().resizeEvent(event)
        self._timer.start()

    @Slot()
    def _ask(self) -> None:
        if not self.isVisible():
            return
        first, last = self.indexAt(self.viewport().rect().topLeft()), self.indexAt(self.viewport().rect().bottomLeft())
        begin = max(first.row(), 0)
        end = last.row() if last.isValid() else min(self.count() - 1, begin + 12)
        for number in range(begin, end + 1):
            if number in self._held:
                self._held.move_to_end(number)
            elif number not in self._asked:
                self._asked.add(number)
                self.wanted.emit(number)

    @Slot(int)
    def _on_row_changed(self, row: int) -> None:
        if row >= 0:
            self.page_chosen.emit(row)
