"""The folders of chats, as the sidebar shows them."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat.chat import new_id
from app.domain.chat.folders import ChatFolder, folder_name
from app.domain.ids import FolderId
from app.domain.ports import ConversationStore
from app.services.engines.store_thread import StoreAccess


class ChatFolders(QObject):
    """All folders; `changed` carries them in the order of the list, `removed` one that can still be restored.

    `cleared()` is emitted when all are replaced, and none can be restored any more.
    """

    changed = Signal(tuple)
    removed = Signal(ChatFolder)
    cleared = Signal()

    def __init__(self, chats: StoreAccess[ConversationStore], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chats = chats
        self._folders: dict[FolderId, ChatFolder] = {}

    def __contains__(self, folder_id: FolderId) -> bool:
        return folder_id in self._folders

    @property
    def in_order(self) -> tuple[ChatFolder, ...]:
        """The folders in the order of the list."""
        return tuple(sorted(self._folders.values(), key=lambda folder: (folder.position, folder.name, folder.id)))

    def name(self, folder_id: FolderId | None) -> str:
        """Return a folder's name; empty for none."""
        return self._folders[folder_id].name if folder_id in self._folders else ""

    def load(self) -> None:
        """Read the folders from the store."""

        def done(folders: Sequence[ChatFolder]) -> None:
            self._folders = {item.id: item for item in folders} | self._folders
            self._announce()

        self._chats.run(lambda chats: chats.folders(), done)

    def clear(self) -> None:
        """List no folder any more; `load` reads those of other chats."""
        self._folders = {}
        self._announce()
        self.cleared.emit()

    def named(self, text: str) -> ChatFolder | None:
        """Return the folder of that name, a new one if there is none; None if the name is empty."""
        name = folder_name(text)
        if not name:
            return None
        same = (folder for folder in self.in_order if folder.name.casefold() == name.casefold())
        if found := next(same, None):
            return found
        position = max((folder.position + 1 for folder in self._folders.values()), default=0)
        made = ChatFolder(id=FolderId(new_id()), name=name, position=position)
        self._save(made)
        return made

    @Slot(str, str)
    def rename(self, folder_id: FolderId, text: str) -> None:
        """Rename a folder; an empty name is ignored."""
        if (name := folder_name(text)) and folder_id in self._folders:
            self._save(replace(self._folders[folder_id], name=name))

    @Slot(str, bool)
    def set_collapsed(self, folder_id: FolderId, is_collapsed: bool) -> None:  # noqa: FBT001 - the signal's
        """Hide or show the chats of a folder in the list."""
        self._save(replace(self._folders[folder_id], is_collapsed=is_collapsed))

    @Slot(str, int)
    def move(self, folder_id: FolderId, by: int) -> None:
        """Move a folder down by some places in the list, or up if `by` is negative."""
        order = [folder.id for folder in self.in_order]
        place = order.index(folder_id)
        order.insert(min(max(place + by, 0), len(order) - 1), order.pop(place))
        for position, moved in enumerate(order):
            if self._folders[moved].position != position:
                self._put(replace(self._folders[moved], position=position))
        self._announce()

    @Slot(str)
    def remove(self, folder_id: FolderId) -> None:
        """Remove a folder; its chats stay. It can be restored, with them in it, until the end of the session."""
        if folder := self._folders.pop(folder_id, None):
            self._chats.save(("folder", folder_id), lambda chats: chats.delete_folder(folder_id))
            self._announce()
            self.removed.emit(folder)

    def restore(self, folder: ChatFolder) -> None:
        """Restore a removed folder."""
        self._save(folder)

    def _save(self, folder: ChatFolder) -> None:
        self._put(folder)
        self._announce()

    def _put(self, folder: ChatFolder) -> None:
        self._folders[folder.id] = folder
        self._chats.save(("folder", folder.id), lambda chats: chats.save_folder(folder))

    def _announce(self) -> None:
        self.changed.emit(self.in_order)
