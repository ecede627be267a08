"""The sidebar: brand, New chat, search, the chats by day or what was found in them, and the engine's state."""

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QListWidgetItem,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.chat import Conversation
from app.domain.search import SearchHit
from app.paths import RESOURCES
from app.ui import words
from app.ui.buttons import Role, button
from app.ui.engine_status_line import EngineStatusLine
from app.ui.labels import ElidedLabel, label
from app.ui.search_results import SearchResults
from app.ui.side_list import SideList
from app.ui.theme import zoomed
from app.ui.translation import tr

WIDTH = 232
SEARCH_MILLISECONDS = 120
"""After the last key."""
ROW_HEIGHT = 46
HEADING_HEIGHT = 30
ID = Qt.ItemDataRole.UserRole


class Sidebar(QFrame):
    """The chats.

    Emits `conversation_chosen(id)`, `conversation_renamed(id, title)`, `conversation_deleted(id)`,
    `conversation_pinned(id)`, `conversation_exported(id)`; `searched(str)` asks for what `set_hits` then shows,
    `hit_chosen` carries a SearchHit.
    """

    new_chat_clicked = Signal()
    conversation_chosen = Signal(str)
    conversation_renamed = Signal(str, str)
    conversation_deleted = Signal(str)
    conversation_pinned = Signal(str)
    conversation_exported = Signal(str)
    searched = Signal(str)
    hit_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self._conversations: dict[str, Conversation] = {}
        self._selected = ""
        self.new_chat = button(tr("New chat"), Role.PRIMARY, tr("Start a new chat"), self)
        self.list = _ConversationList(self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search chats"))
        self.search.setAccessibleName(tr("Search chats"))
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # The window takes drops, wherever they land.
        for clear in self.search.findChildren(QToolButton):
            clear.setAccessibleName(tr("Clear the search"))
        self.results = SearchResults(self)
        self._lists = QStackedWidget(self)
        self._lists.addWidget(self.list)
        self._lists.addWidget(self.results)
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(SEARCH_MILLISECONDS)
        self.status_line = EngineStatusLine(self)
        brand = QHBoxLayout()
        mark = label(parent=self)
        mark.setPixmap(QIcon(str(RESOURCES / "icons" / "lorgnette.svg")).pixmap(QSize(24, 24)))
        name = label("Lorgnette", parent=self)
        name.setObjectName("brand")
        brand.addWidget(mark)
        brand.addWidget(name)
        brand.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(12)
        top = QVBoxLayout()
        top.setContentsMargins(16, 0, 16, 0)
        top.setSpacing(12)
        top.addLayout(brand)
        top.addWidget(self.new_chat)
        top.addWidget(self.search)
        column.addLayout(top)
        column.addWidget(self._lists, 1)
        column.addWidget(self.status_line)
        self.new_chat.clicked.connect(self.new_chat_clicked)
        self.list.itemClicked.connect(self._on_item_activated)
        self.list.itemActivated.connect(self._on_item_activated)
        self.list.customContextMenuRequested.connect(self._on_menu_requested)
        self.list.delete_pressed.connect(self._on_delete_pressed)
        self.search.textChanged.connect(self._on_search_changed)
        self.search.returnPressed.connect(self._on_search_entered)
        self._search_timer.timeout.connect(self._on_search_due)
        self.results.hit_chosen.connect(self.hit_chosen)
        self._resize()

    @Slot(object)
    def set_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Show these chats, pinned ones first, and the most recently updated before others."""
        if list(self._conversations.values()) == list(conversations):
            return
        self._conversations = {conversation.id: conversation for conversation in conversations}
        self._fill()

    def changeEvent(self, event: QEvent) -> None:
        """Give everything its size where the style has another."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and self.width() != zoomed(self, WIDTH):
            self._resize()

    def _resize(self) -> None:
        self.setFixedWidth(zoomed(self, WIDTH))
        self._fill()

    def _fill(self) -> None:
        self.list.clear()
        today = datetime.now(UTC).astimezone().date()
        heading = ""
        for conversation in self._conversations.values():
            day = conversation.updated.astimezone().date()
            group = tr("Pinned") if conversation.is_pinned else words.day_group(day, today)
            if group != heading:
                heading = group
                self._add_heading(heading)
            self._add(conversation)
        self.select(self._selected)

    @Slot(str, object)
    def set_hits(self, query: str, hits: Sequence[SearchHit]) -> None:
        """Show what was found, unless something else is looked for by now."""
        if query == self.search.text():
            self.results.set_hits(hits, self._conversations)
            self._lists.setCurrentWidget(self.results)

    def select(self, conversation_id: str) -> None:
        """Mark the chat that is shown; an id that is not listed marks none."""
        self._selected = conversation_id
        self.list.setCurrentRow(-1)
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(ID) == conversation_id:
                self.list.setCurrentItem(item)

    def _add(self, conversation: Conversation) -> None:
        item = QListWidgetItem(self.list)
        item.setData(ID, conversation.id)
        item.setSizeHint(QSize(0, zoomed(self, ROW_HEIGHT)))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, words.chat_title(conversation))
        self.list.setItemWidget(item, _ConversationRow(conversation))

    def _add_heading(self, text: str) -> None:
        item = QListWidgetItem(self.list)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setSizeHint(QSize(0, zoomed(self, HEADING_HEIGHT)))
        heading = label(text, "muted")
        heading.setContentsMargins(10, 8, 10, 0)
        self.list.setItemWidget(item, heading)

    @Slot(str)
    def _on_search_changed(self, text: str) -> None:
        if text.strip():
            self._search_timer.start()
        else:
            self._search_timer.stop()
            self._lists.setCurrentWidget(self.list)

    @Slot()
    def _on_search_due(self) -> None:
        self.searched.emit(self.search.text())

    @Slot()
    def _on_search_entered(self) -> None:
        if self._lists.currentWidget() is self.results:
            self.results.setFocus()
            self.results.setCurrentRow(0)

    @Slot(QListWidgetItem)
    def _on_item_activated(self, item: QListWidgetItem) -> None:
        if conversation_id := item.data(ID):
            self.conversation_chosen.emit(conversation_id)

    @Slot(QPoint)
    def _on_menu_requested(self, position: QPoint) -> None:
        item = self.list.itemAt(position)
        conversation = self._conversations.get(item.data(ID) or "") if item else None
        if conversation is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        pin = tr("Unpin") if conversation.is_pinned else tr("Pin")
        menu.addAction(pin, lambda: self.conversation_pinned.emit(conversation.id))
        menu.addAction(tr("Rename…"), lambda: self._ask_title(conversation))
        menu.addAction(tr("Export…"), lambda: self.conversation_exported.emit(conversation.id))
        menu.addAction(tr("Delete"), lambda: self.conversation_deleted.emit(conversation.id))
        menu.popup(self.list.viewport().mapToGlobal(position))

    @Slot()
    def _on_delete_pressed(self) -> None:
        for item in self.list.selectedItems():
            if item.data(ID) in self._conversations:
                self.conversation_deleted.emit(item.data(ID))

    def _ask_title(self, conversation: Conversation) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Rename chat"))
        dialog.setLabelText(tr("Title"))
        dialog.setTextValue(words.chat_title(conversation))
        dialog.textValueSelected.connect(lambda title: self.conversation_renamed.emit(conversation.id, title))
        dialog.open()


class _ConversationList(SideList):
    delete_pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(tr("Chats"), parent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete deletes the chat."""
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


class _ConversationRow(QWidget):
    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 5, 10, 5)
        column.setSpacing(1)
        column.addWidget(ElidedLabel(words.chat_title(conversation)))
        details = words.image_count(conversation.image_count)
        column.addWidget(label(tr("Draft") if conversation.leaf_id is None else details, "muted"))
