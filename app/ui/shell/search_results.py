"""The search results, in place of the list of chats."""

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QListWidgetItem, QMenu, QWidget

from app.domain.chat.chat import Conversation
from app.domain.chat.search import SearchHit
from app.domain.ids import ConversationId
from app.domain.text.visible_lines import visible_lines
from app.ui.shell.search_rows import HIT, ROW_HEIGHT, SearchRowPainter
from app.ui.shell.side_list import SideList
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import one_line, tooltip
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import ThumbnailPath


class SearchResults(SideList):
    """`hit_chosen` carries a SearchHit, `menu_filled(QMenu, SearchHit)` the menu of a right click, to add to it."""

    hit_chosen = Signal(SearchHit)
    menu_filled = Signal(QMenu, SearchHit)

    def __init__(self, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(tr("Search results"), parent)
        self.setItemDelegate(SearchRowPainter(self, thumbnail_path))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu_requested)
        self.itemClicked.connect(self._on_item_activated)
        self.itemActivated.connect(self._on_item_activated)

    def set_hits(
        self,
        hits: Sequence[SearchHit],
        conversations: Mapping[ConversationId, Conversation],
        *,
        is_same_search: bool = False,
    ) -> None:
        """Show the results, or that there are none; those of the same search keep their selection and their place."""
        row, scrolled = self.currentRow(), self.verticalScrollBar().value()
        selected = self.item(row).data(HIT) if is_same_search and row >= 0 else None
        self.clear()
        for hit in hits:
            if hit.conversation_id is None:
                self._add(hit, _document_title(hit))
            elif hit.conversation_id in conversations:
                self._add(hit, ui_text.chat_title(conversations[hit.conversation_id]))
        if not self.count():
            item = QListWidgetItem(tr("No matching chats or images."), self)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        same = (row for row in range(self.count()) if selected and self.item(row).data(HIT) == selected)
        self.setCurrentRow(next(same, -1))
        self.verticalScrollBar().setValue(scrolled if is_same_search else 0)

    def step(self, by: int) -> None:
        """Select the next result, or the previous one if `by` is -1; the first one if none is selected."""
        self.setCurrentRow(min(max(self.currentRow() + by, 0), self.count() - 1))

    def open_current(self) -> None:
        """Open the selected result, or the first one."""
        if self.count():
            self._on_item_activated(self.item(max(self.currentRow(), 0)))

    def _add(self, hit: SearchHit, title: str) -> None:
        item = QListWidgetItem(one_line(title), self)
        item.setData(HIT, hit)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, visible_lines(f"{title}: {hit.excerpt}"))
        item.setToolTip(tooltip(title))
        item.setSizeHint(QSize(0, zoomed(self, ROW_HEIGHT)))

    @Slot(QListWidgetItem)
    def _on_item_activated(self, item: QListWidgetItem) -> None:
        if hit := item.data(HIT):
            self.hit_chosen.emit(hit)

    @Slot(QPoint)
    def _on_menu_requested(self, position: QPoint) -> None:
        item = self.itemAt(position)
        hit: SearchHit | None = item.data(HIT) if item else None
        if hit is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Open"), partial(self.hit_chosen.emit, hit))
        copy = menu.addAction(tr("Copy excerpt"), partial(QGuiApplication.clipboard().setText, hit.excerpt))
        copy.setEnabled(bool(hit.excerpt))
        self.menu_filled.emit(menu, hit)
        menu.popup(self.viewport().mapToGlobal(position))


def _document_title(hit: SearchHit) -> str:
    name = hit.document.name if hit.document else ""
    return name or tr("Document")
