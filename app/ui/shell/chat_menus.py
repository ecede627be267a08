"""Right-click menus of the list of chats and its folders, and the dialogs that they open."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from app.domain.chat.chat import Conversation
from app.domain.chat.folders import MAX_NAME, ChatFolder
from app.domain.ids import ConversationId, FolderId
from app.ui.shell.chat_list import ChatList
from app.ui.shell.chat_list_model import FolderRow
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import one_line


class ChatMenus(QObject):
    """Emits what was chosen for chats: `renamed(id, title)`, `pinned(id)`, `exported(id)`.

    What may be for several at once is emitted by the list itself. For folders: `folder_wanted(name, ids to put into
    it)`, `folder_renamed(id, name)`, `folder_moved(id, places down)`.
    """

    renamed = Signal(str, str)
    pinned = Signal(str)
    exported = Signal(str)
    folder_wanted = Signal(str, tuple)
    folder_renamed = Signal(str, str)
    folder_moved = Signal(str, int)

    def __init__(self, chats: ChatList, parent: QWidget) -> None:
        super().__init__(parent)
        self._chats = chats
        self._widget = parent
        self._conversations: Mapping[ConversationId, Conversation] = {}
        self._folders: Sequence[ChatFolder] = ()
        chats.customContextMenuRequested.connect(self._on_menu_requested)

    def set_content(self, conversations: Mapping[ConversationId, Conversation], folders: Sequence[ChatFolder]) -> None:
        """Offer these folders for these chats."""
        self._conversations, self._folders = conversations, folders

    def ask_title(self, conversation: Conversation) -> None:
        """Ask for another title of a chat."""
        rename = partial(self.renamed.emit, conversation.id)
        self._ask(tr("Rename chat"), tr("Title"), ui_text.chat_title(conversation), rename)

    def ask_folder_name(self, folder: ChatFolder) -> None:
        """Ask for another name of a folder."""
        self._ask(tr("Rename folder"), tr("Name"), folder.name, partial(self.folder_renamed.emit, folder.id))

    @Slot(QPoint)
    def _on_menu_requested(self, position: QPoint) -> None:
        index = self._chats.indexAt(position)
        row = self._chats.rows.row(index) if index.isValid() else ""
        menu = QMenu(self._widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.aboutToHide.connect(self._chats.end_menu)
        if isinstance(row, Conversation):
            self._fill_for_chats(menu, row)
        elif isinstance(row, FolderRow):
            self._fill_for_folder(menu, row.folder)
        else:
            menu.addAction(tr("New folder…"), partial(self._ask_new_folder, ()))
        menu.popup(self._chats.viewport().mapToGlobal(position))

    def add_for_chat(self, menu: QMenu, conversation: Conversation) -> None:
        """Add what can be done with one chat to a menu."""
        self._add_for_chats(menu, conversation, (conversation.id,))

    def _fill_for_chats(self, menu: QMenu, clicked: Conversation) -> None:
        selected = self._chats.selected_chats
        self._add_for_chats(menu, clicked, selected if clicked.id in selected else (clicked.id,))

    def _add_for_chats(self, menu: QMenu, clicked: Conversation, ids: tuple[ConversationId, ...]) -> None:
        is_one = len(ids) == 1
        if is_one:
            pin = tr("Unpin") if clicked.is_pinned else tr("Pin")
            menu.addAction(pin, partial(self.pinned.emit, clicked.id))
            menu.addAction(tr("Rename…"), partial(self.ask_title, clicked))
        self._fill_with_folders(menu.addMenu(tr("Move to folder")), ids)
        if is_one:
            menu.addAction(tr("Export…"), partial(self.exported.emit, clicked.id))
        menu.addAction(tr("Delete"), partial(self._chats.chats_deleted.emit, ids))

    def _fill_with_folders(self, menu: QMenu, ids: tuple[ConversationId, ...]) -> None:
        """List the folders, and mark the one that all chats of `ids` are in; also offer none, and a new one."""
        known = {folder.id for folder in self._folders}
        chats = [self._conversations[item] for item in ids if item in self._conversations]
        inside = {chat.folder_id if chat.folder_id in known else None for chat in chats}

        def add(name: str, folder_id: FolderId | None) -> None:
            action = menu.addAction(name, partial(self._chats.chats_moved.emit, ids, folder_id))
            action.setCheckable(True)
            action.setChecked(inside == {folder_id})

        for folder in self._folders:
            add(_entry(folder.name), folder.id)
        if self._folders:
            add(tr("No folder"), None)
            menu.addSeparator()
        menu.addAction(tr("New folder…"), partial(self._ask_new_folder, ids))

    def _fill_for_folder(self, menu: QMenu, folder: ChatFolder) -> None:
        place = self._folders.index(folder)
        menu.addAction(tr("Rename…"), partial(self.ask_folder_name, folder))
        up = menu.addAction(tr("Move up"), partial(self.folder_moved.emit, folder.id, -1))
        up.setEnabled(place > 0)
        down = menu.addAction(tr("Move down"), partial(self.folder_moved.emit, folder.id, 1))
        down.setEnabled(place < len(self._folders) - 1)
        menu.addAction(tr("New folder…"), partial(self._ask_new_folder, ()))
        menu.addAction(tr("Remove folder"), partial(self._chats.folder_removed.emit, folder.id))

    def _ask_new_folder(self, ids: tuple[ConversationId, ...]) -> None:
        self._ask(tr("New folder"), tr("Name"), "", lambda name: self.folder_wanted.emit(name[:MAX_NAME], ids))

    def _ask(self, title: str, name: str, text: str, use: Callable[[str], object]) -> None:
        dialog = QInputDialog(self._widget)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText(name)
        dialog.setTextValue(text)
        dialog.textValueSelected.connect(use)
        dialog.open()


def _entry(name: str) -> str:
    """Return a name as a menu shows it: an ampersand would begin a key."""
    return one_line(name).replace("&", "&&")
