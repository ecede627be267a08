"""Connects the folders of chats in the sidebar with their service."""

from PySide6.QtCore import QObject, Slot

from app.domain.chat.folders import ChatFolder
from app.domain.ids import ConversationId, FolderId
from app.services.chat.chat_library import ChatLibrary
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import one_line
from app.ui.widgets.notice import Action, Notice, Severity


class ChatFolderController(QObject):
    """Wires the sidebar to the folders of the library."""

    def __init__(self, window: MainWindow, library: ChatLibrary, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._library = library
        self._removed: dict[FolderId, tuple[ChatFolder, Notice]] = {}
        sidebar, folders = window.sidebar, library.folders
        sidebar.list.chats_moved.connect(library.move)
        sidebar.list.folder_collapsed.connect(folders.set_collapsed)
        sidebar.list.folder_removed.connect(folders.remove)
        sidebar.menus.folder_wanted.connect(self._on_folder_wanted)
        sidebar.menus.folder_renamed.connect(folders.rename)
        sidebar.menus.folder_moved.connect(folders.move)
        folders.changed.connect(sidebar.set_folders)
        folders.removed.connect(self._on_removed)
        folders.cleared.connect(self._on_cleared)

    @Slot(str, tuple)
    def _on_folder_wanted(self, name: str, conversation_ids: tuple[ConversationId, ...]) -> None:
        if folder := self._library.folders.named(name):
            self._library.move(conversation_ids, folder.id)

    @Slot(ChatFolder)
    def _on_removed(self, folder: ChatFolder) -> None:
        text = tr("The folder “{name}” was removed.", name=one_line(folder.name))
        undo = Action(tr("Undo"), self._restore, (folder.id,), is_undo=True)
        notice = Notice(Severity.SUCCESS, text, tr("Its chats are in the list."), (undo,))
        self._removed[folder.id] = folder, self._window.notices.show_notice(notice)

    def _restore(self, folder_id: FolderId) -> None:
        folder, notice = self._removed.pop(folder_id)
        self._window.notices.dismiss(notice)
        self._library.folders.restore(folder)

    @Slot()
    def _on_cleared(self) -> None:
        """Withdraw the offers to restore folders, since all chats have been replaced."""
        for _, notice in self._removed.values():
            self._window.notices.dismiss(notice)
        self._removed.clear()
