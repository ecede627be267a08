"""The image library: all images of the chats, the one used last first, and a filter for words on them."""

from datetime import UTC, datetime

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.domain.chat.chat_images import ChatImage
from app.ui.images.image_grid import ImageGrid
from app.ui.widgets import ui_text
from app.ui.widgets.focus_keeper import FocusKeeper
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.lazy_thumbnails import LazyThumbnails
from app.ui.widgets.notices import Notices
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.window_keys import add_close_key, add_search_keys

WIDTH, HEIGHT = 860, 660
FILTER_MILLISECONDS = 120
"""Delay in milliseconds between the last key and the search."""


class ImageLibrary(QDialog):
    """The window of all images.

    `filtered(str)` requests images for `set_images`; `chosen`, `text_wanted` and `save_wanted` carry a ChatImage.
    """

    filtered = Signal(str)
    chosen = Signal(ChatImage)
    text_wanted = Signal(ChatImage)
    save_wanted = Signal(ChatImage)

    def __init__(self, thumbnails: LazyThumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("All images"))
        ScreenFit(self, WIDTH, HEIGHT)
        add_close_key(self)
        self.filter = SearchField(self)
        for say in (self.filter.setPlaceholderText, self.filter.setAccessibleName):
            say(tr("Words on the images, or in their names"))
        self.grid = ImageGrid(thumbnails, self)
        self.grid.setAccessibleName(tr("All images"))
        self._count = label("", "muted", parent=self)
        self._nothing = label("", "hint", wraps=True, parent=self)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget(self)
        self.notices = Notices(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FILTER_MILLISECONDS)
        self._shown = ""
        """The words for which the images are shown."""
        self._opens_first = False
        """Whether the first image of the words in the filter is to be opened as soon as it is known."""
        add_search_keys(self, self.filter, QKeySequence("Ctrl+L"))
        self._lay_out()
        FocusKeeper(self, self.grid)
        self.filter.textChanged.connect(self._on_text_changed)
        self.filter.stepped.connect(self._enter_grid)
        self.filter.returnPressed.connect(self._on_filter_entered)
        self.filter.left.connect(self.grid.setFocus)
        self._timer.timeout.connect(self.refresh)
        self.grid.clicked.connect(self._on_chosen)
        self.grid.activated.connect(self._on_chosen)
        self.grid.customContextMenuRequested.connect(self._on_menu_requested)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(16, 16, 16, 8)
        row.setSpacing(12)
        row.addWidget(self.filter, 1)
        row.addWidget(self._count)
        self._pages.addWidget(self.grid)
        self._pages.addWidget(self._nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        self.notices.bar.lay_out(column, self._pages)

    @Slot()
    def come_forward(self) -> None:
        """Show the window in front; what is typed next replaces the words in the filter."""
        self.refresh()
        self.show()
        self.raise_()
        self.activateWindow()
        self.grid.setFocus()
        self.filter.selectAll()

    @Slot()
    def refresh(self) -> None:
        """Request the images for the words in the filter."""
        self._timer.stop()
        self.filtered.emit(self.filter.text())

    @Slot()
    def refresh_soon(self) -> None:
        """The same, once for many calls, and only if the window is shown."""
        if self.isVisible():
            self._timer.start()

    def set_images(self, query: str, images: tuple[ChatImage, ...]) -> None:
        """Show the images of `query`, unless it has changed since; the current one stays so if it is among them."""
        if query != self.filter.text():
            return
        self._shown = query
        if images != self.grid.images.images:
            current = self._image(self.grid.currentIndex())
            self.grid.images.set_images(images, datetime.now(UTC).astimezone())
            self.grid.doItemsLayout()
            if current in images:
                self.grid.setCurrentIndex(self.grid.images.index(images.index(current)))
        is_filtered = bool(query.strip())
        self._count.setText(ui_text.image_count(len(images)) if images else "")
        self._nothing.setText(
            tr("No image has these words.")
            if is_filtered
            else tr("There are no images yet. Drop one into the main window: it will be listed here.")
        )
        self._pages.setCurrentWidget(self.grid if images else self._nothing)
        if self._opens_first:
            self._opens_first = False
            self._on_chosen(self.grid.images.index(0))

    def showEvent(self, event: QShowEvent) -> None:
        """Select the words in the filter: what is typed next replaces them."""
        super().showEvent(event)
        self.filter.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Forward typing anywhere to the filter."""
        text = event.text()
        if text and text.isprintable() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.filter.setFocus()
            self.filter.insert(text)
        else:
            super().keyPressEvent(event)

    def _image(self, index: QModelIndex) -> ChatImage | None:
        return self.grid.images.images[index.row()] if index.isValid() else None

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        if image := self._image(index):
            self.chosen.emit(image)

    @Slot()
    def _on_text_changed(self) -> None:
        self._opens_first = False
        self._timer.start()

    @Slot()
    def _enter_grid(self) -> None:
        self.grid.setFocus()

    @Slot()
    def _on_filter_entered(self) -> None:
        """Open the first image of these words, which may still be looked for."""
        if self._shown == self.filter.text():
            self._on_chosen(self.grid.images.index(0))
        else:
            self._opens_first = True
            self.refresh()

    @Slot(QPoint)
    def _on_menu_requested(self, position: QPoint) -> None:
        index = self.grid.indexAt(position)
        image = self._image(index)
        if image is None:
            return
        self.grid.setCurrentIndex(index)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Open chat"), lambda: self.chosen.emit(image))
        menu.addAction(tr("Copy text"), lambda: self.text_wanted.emit(image))
        menu.addAction(tr("Save as…"), lambda: self.save_wanted.emit(image))
        menu.popup(self.grid.viewport().mapToGlobal(position))
