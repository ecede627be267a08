"""The sidebar: brand, New chat, All images, search, the chats by day or the search results, and the engine's state."""

from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QSize, QTimer, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.domain.chat.chat import Conversation
from app.domain.chat.folders import ChatFolder
from app.domain.chat.search import SearchHit
from app.domain.ids import ConversationId
from app.domain.images.attachments import Attachment
from app.paths import RESOURCES
from app.ui.shell.chat_list import HEADING_HEIGHT, ROW_HEIGHT, ChatList
from app.ui.shell.chat_list_model import rows_of
from app.ui.shell.chat_menus import ChatMenus
from app.ui.shell.chat_rows import ChatRowPainter
from app.ui.shell.engine_status_line import EngineStatusLine
from app.ui.shell.first_images import FirstImages
from app.ui.shell.search_results import SearchResults
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label
from app.ui.widgets.lazy_thumbnails import LazyThumbnails
from app.ui.widgets.scroll_if_low import ScrollIfLow
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.theme import zoomed
from app.ui.widgets.thumbnails import ThumbnailPath

WIDTH = 232
SEARCH_MILLISECONDS = 120
"""Delay in milliseconds between the last key and the search."""


class Sidebar(QFrame):
    """The sidebar with the list of chats.

    Emits `conversation_chosen(id)`; `list` and `menus` emit what else is wanted of chats and folders.
    `searched(str)` requests results for `set_hits`, `hit_chosen` carries a SearchHit, `search_left()` is emitted when
    the search is cancelled by key.
    """

    new_chat_clicked = Signal()
    conversation_chosen = Signal(str)
    searched = Signal(str)
    hit_chosen = Signal(SearchHit)
    search_left = Signal()

    def __init__(
        self, thumbnail_path: ThumbnailPath, thumbnails: LazyThumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self._conversations: dict[ConversationId, Conversation] = {}
        self._folders: tuple[ChatFolder, ...] = ()
        self._selected = ConversationId("")
        self.new_chat = button(tr("New chat"), Role.PRIMARY, tr("Start a new chat"), self)
        self.images = icon_button(Icon.IMAGES, tr("Show the images of all chats (Ctrl+L)"), self)
        self.fold = icon_button(Icon.SIDEBAR, tr("Show or hide the sidebar (Ctrl+B)"), self)
        self.first_images = FirstImages(self)
        self.list = ChatList(self)
        self.menus = ChatMenus(self.list, self)
        self.list.setItemDelegate(ChatRowPainter(self.list, thumbnails, self._first_image))
        self.first_images.changed.connect(self.list.viewport().update)
        self.search = SearchField(self)
        self.results = SearchResults(thumbnail_path, self)
        self._lists = QStackedWidget(self)
        self._lists.addWidget(self.list)
        self._lists.addWidget(self.results)
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(SEARCH_MILLISECONDS)
        self.status_line = EngineStatusLine(self)
        self._found_query = ""
        """The query whose results are listed."""
        self._any_width = self.maximumWidth()
        self.fold.hide()
        self._lay_out()
        self.new_chat.clicked.connect(self.new_chat_clicked)
        self.list.chat_chosen.connect(self.conversation_chosen)
        self.search.textChanged.connect(self._on_search_changed)
        self.search.stepped.connect(self._on_search_stepped)
        self.search.returnPressed.connect(self._on_search_entered)
        self.search.left.connect(self.search_left)
        self._search_timer.timeout.connect(self._on_search_due)
        self.results.hit_chosen.connect(self.hit_chosen)
        self.results.menu_filled.connect(self._on_result_menu_filled)
        self._resize()

    def _lay_out(self) -> None:
        brand = QHBoxLayout()
        mark = label(parent=self)
        mark.setPixmap(QIcon(str(RESOURCES / "icons" / "lorgnette.svg")).pixmap(QSize(24, 24)))
        name = label("Lorgnette", parent=self)
        name.setObjectName("brand")
        brand.addWidget(mark)
        brand.addWidget(name)
        brand.addStretch(1)
        brand.addWidget(self.fold)
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(12)
        top = QVBoxLayout()
        top.setContentsMargins(16, 0, 16, 0)
        top.setSpacing(12)
        top.addLayout(brand)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.new_chat, 1)
        first.addWidget(self.images)
        top.addLayout(first)
        top.addWidget(self.search)
        column.addLayout(top)
        column.addWidget(self._lists, 1)
        column.addWidget(self.status_line)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollIfLow(content, self))

    @Slot(tuple)
    def set_conversations(self, conversations: tuple[Conversation, ...]) -> None:
        """Show the chats, pinned ones first, then the most recently updated."""
        if list(self._conversations.values()) == list(conversations):
            return
        before, self._conversations = self._conversations, {it.id: it for it in conversations}
        if before.keys() - self._conversations.keys():
            self.search_again()
        self._fill()

    @Slot(tuple)
    def set_folders(self, folders: tuple[ChatFolder, ...]) -> None:
        """Show the folders, in this order."""
        self._folders = folders
        self._fill()

    def changeEvent(self, event: QEvent) -> None:
        """Resize the widgets when the style changes."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and self.minimumWidth() != zoomed(self, WIDTH):
            self._resize()

    def set_alone(self, is_alone: bool) -> None:
        """Fill the window, with a button to leave, or be a column of its fixed width."""
        self.fold.setVisible(is_alone)
        self.setMaximumWidth(self._any_width if is_alone else self.minimumWidth())

    def _resize(self) -> None:
        width, is_alone = zoomed(self, WIDTH), not self.fold.isHidden()
        self.setMinimumWidth(width)
        self.set_alone(is_alone)
        self._fill()

    def _fill(self) -> None:
        today = datetime.now(UTC).astimezone().date()
        self.menus.set_content(self._conversations, self._folders)
        rows = rows_of(self._conversations.values(), self._folders, today)
        self.list.show_rows(rows, zoomed(self, HEADING_HEIGHT), zoomed(self, ROW_HEIGHT))

    @Slot(str, tuple)
    def set_hits(self, query: str, hits: tuple[SearchHit, ...]) -> None:
        """Show the results of `query`, unless it has changed since."""
        if query == self.search.text():
            self.results.set_hits(hits, self._conversations, is_same_search=query == self._found_query)
            self._found_query = query
            self._lists.setCurrentWidget(self.results)

    @Slot()
    def search_again(self) -> None:
        """Search again soon, as there may be more to find, if results are shown."""
        if self._lists.currentWidget() is self.results and not self._search_timer.isActive():
            self._search_timer.start()

    def _first_image(self, conversation_id: ConversationId) -> Attachment | None:
        return self.first_images.of(self._conversations[conversation_id])

    def select(self, conversation_id: ConversationId) -> None:
        """Select the chat that is shown; none if the id is not listed."""
        self._selected = conversation_id
        self.list.select(conversation_id)

    @Slot(str)
    def _on_search_changed(self, text: str) -> None:
        if text.strip():
            self._search_timer.start()
        else:
            self._search_timer.stop()
            self._lists.setCurrentWidget(self.list)

    @Slot(QMenu, SearchHit)
    def _on_result_menu_filled(self, menu: QMenu, hit: SearchHit) -> None:
        """Add what can be done with the chat of a result."""
        if conversation := self._conversations.get(hit.conversation_id or ConversationId("")):
            menu.addSeparator()
            self.menus.add_for_chat(menu, conversation)

    @Slot()
    def _on_search_due(self) -> None:
        self.searched.emit(self.search.text())

    @Slot(int)
    def _on_search_stepped(self, by: int) -> None:
        if self._lists.currentWidget() is self.results:
            self.results.step(by)

    @Slot()
    def _on_search_entered(self) -> None:
        if self._lists.currentWidget() is self.results:
            self.results.open_current()

    @Slot()
    def rename_selected(self) -> None:
        """Ask for another name of the folder that has the focus, or else title of the chat that is shown, if listed."""
        folder = self.list.current_folder if self.list.hasFocus() else None
        if folder:
            self.menus.ask_folder_name(folder)
        elif conversation := self._conversations.get(self._selected):
            self.menus.ask_title(conversation)
