"""The rows of the list of chats: headings, folders and chats, of which only what is drawn is looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)

from app.domain.chat.chat import Conversation
from app.domain.chat.folders import ChatFolder
from app.domain.ids import ConversationId, FolderId
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import one_line, tooltip

ID = Qt.ItemDataRole.UserRole
"""Role of the chat's id; no other row has one."""
FOLDER = Qt.ItemDataRole.UserRole + 1
"""Role of a folder's FolderRow; no other row has one."""
IS_INSIDE = Qt.ItemDataRole.UserRole + 2
"""Role that is true for a chat in a folder."""
DETAILS = Qt.ItemDataRole.AccessibleDescriptionRole
MIME_TYPE = "application/x-lorgnette-chats"
"""Type of dragged chats: their ids, one on a line."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder and the number of its chats, which are `hidden` if it is collapsed."""

    folder: ChatFolder
    count: int
    hidden: tuple[ConversationId, ...] = ()


Row = str | FolderRow | Conversation
"""A heading, a folder or a chat."""


def rows_of(conversations: Iterable[Conversation], folders: Sequence[ChatFolder], today: date) -> list[Row]:
    """Return the pinned chats, then the folders, with the chats of those that are not collapsed, then chats by day.

    `conversations` are in order, pinned ones first, then from new to old; a pinned chat in a folder is the first in it.
    """
    inside: dict[FolderId | None, list[Conversation]] = {folder.id: [] for folder in folders}
    pinned: list[Row] = []
    by_day: list[Row] = []
    heading = ""
    midnight = datetime.max.replace(tzinfo=UTC)
    for conversation in conversations:
        if conversation.folder_id in inside:
            inside[conversation.folder_id].append(conversation)
        elif conversation.is_pinned:
            pinned.append(conversation)
        else:
            if conversation.updated < midnight:
                midnight = conversation.updated.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
                group = ui_text.day_group(midnight.date(), today)
                by_day += [group] if group != heading else []
                heading = group
            by_day.append(conversation)
    rows: list[Row] = [tr("Pinned"), *pinned] if pinned else []
    for folder in folders:
        chats = inside[folder.id]
        hidden = tuple(chat.id for chat in chats) if folder.is_collapsed else ()
        rows.append(FolderRow(folder, len(chats), hidden))
        rows += [] if folder.is_collapsed else chats
    return rows + by_day


class ChatListModel(QAbstractListModel):
    """`dropped(ids, folder id or None)` is emitted when chats are dropped on a row: its folder, or none."""

    dropped = Signal(tuple, object)  # A FolderId, or None.

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._folders: frozenset[FolderId | None] = frozenset()
        self._height = self._chat_height = 0

    def set_rows(self, rows: list[Row], height: int, chat_height: int) -> None:
        """Show other rows; those of chats are `chat_height` pixels high, the others `height`."""
        self.beginResetModel()
        self._rows, self._height, self._chat_height = rows, height, chat_height
        self._folders = frozenset(row.folder.id for row in rows if isinstance(row, FolderRow))
        self._places = {key: place for place, row in enumerate(rows) for key in _keys_at(row)}
        self.endResetModel()

    def row(self, index: QModelIndex | QPersistentModelIndex) -> Row:
        """Return what a row shows."""
        return self._rows[index.row()]

    def index_of(self, key: str) -> QModelIndex:
        """Return the row of a chat or a folder; an invalid index if there is none.

        A chat in a collapsed folder is at the row of that.
        """
        return self.index(self._places.get(key, -1))

    def folder_of(self, index: QModelIndex | QPersistentModelIndex) -> FolderId | None:
        """Return the folder of a row: itself, or the one that its chat is in."""
        row = self.row(index) if index.isValid() else ""
        if isinstance(row, FolderRow):
            return row.folder.id
        return row.folder_id if isinstance(row, Conversation) and row.folder_id in self._folders else None

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        """Return the number of rows."""
        return 0 if parent and parent.isValid() else len(self._rows)

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Let chats and folders be selected, chats be dragged, and chats be dropped everywhere."""
        row = self.row(index) if index.isValid() else ""
        flags = Qt.ItemFlag.ItemIsDropEnabled
        if not isinstance(row, str):
            flags |= Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsDragEnabled if isinstance(row, Conversation) else flags

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt has it
        """Return what a row shows, by the roles of Qt and of this module."""
        row = self.row(index)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, self._chat_height if isinstance(row, Conversation) else self._height)
        if isinstance(row, Conversation):
            return self._chat_data(row, role)
        if isinstance(row, FolderRow):
            return _folder_data(row, role)
        return row if role == Qt.ItemDataRole.DisplayRole else None

    def _chat_data(self, chat: Conversation, role: int) -> object:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return one_line(ui_text.chat_title(chat))
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(one_line(ui_text.chat_title(chat)))
            case _ if role == ID:
                return chat.id
            case _ if role == IS_INSIDE:
                return chat.folder_id in self._folders
            case _ if role == DETAILS:
                return tr("Draft") if chat.leaf_id is None else ui_text.image_count(chat.image_count)
        return None

    def supportedDropActions(self) -> Qt.DropAction:
        """Chats are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Return the type of dragged chats."""
        return [MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Return the ids of chats as they are dragged."""
        mime = QMimeData()
        mime.setData(MIME_TYPE, QByteArray("\n".join(filter(None, (index.data(ID) for index in indexes))).encode()))
        return mime

    def dropMimeData(
        self,
        data: QMimeData,
        action: Qt.DropAction,
        row: int,
        column: int,
        parent: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """Emit `dropped`; the rows are changed by whoever moves the chats."""
        if data.hasFormat(MIME_TYPE):
            ids = bytes(data.data(MIME_TYPE).data()).decode().split("\n")
            self.dropped.emit(tuple(map(ConversationId, ids)), self.folder_of(parent))
        return False


def key_of(row: Row) -> str:
    """Return the id of a chat or a folder; empty for a heading."""
    if isinstance(row, FolderRow):
        return row.folder.id
    return row.id if isinstance(row, Conversation) else ""


def _keys_at(row: Row) -> tuple[str, ...]:
    """Return the ids of what is found at a row; none for a heading."""
    if isinstance(row, FolderRow):
        return (row.folder.id, *row.hidden)
    return (row.id,) if isinstance(row, Conversation) else ()


def _folder_data(row: FolderRow, role: int) -> object:
    match role:
        case Qt.ItemDataRole.DisplayRole:
            return one_line(row.folder.name)
        case Qt.ItemDataRole.ToolTipRole:
            return tooltip(one_line(row.folder.name))
        case _ if role == FOLDER:
            return row
        case _ if role == DETAILS:
            state = tr("Collapsed folder") if row.folder.is_collapsed else tr("Folder")
            return tr(", ").join((state, ui_text.chat_count(row.count)))
    return None
