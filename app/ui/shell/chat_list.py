"""The list of chats: opens, selects, drags and deletes them, and folds folders."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QDrag, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QListView, QWidget

from app.domain.chat.chat import Conversation
from app.domain.chat.folders import ChatFolder
from app.domain.ids import ConversationId
from app.ui.shell.chat_list_model import FOLDER, ID, ChatListModel, FolderRow, Row, key_of
from app.ui.shell.side_list import is_typing, set_up
from app.ui.widgets.i18n import tr

ROW_HEIGHT, HEADING_HEIGHT = 46, 30
"""Heights of the row of a chat, and of any other, in pixels at a zoom of 100 %."""
BESIDE = 12
"""Distance of the picture of dragged chats from the pointer, in pixels."""
_SELECTING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class ChatList(QListView):
    """Emits `chat_chosen(id)`, `chats_deleted(ids)`, `chats_moved(ids, folder id or None)`.

    For folders it emits `folder_collapsed(id, bool)` and `folder_removed(id)`.
    """

    chat_chosen = Signal(str)
    chats_deleted = Signal(tuple)
    chats_moved = Signal(tuple, object)  # A FolderId, or None.
    folder_collapsed = Signal(str, bool)
    folder_removed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        set_up(self, tr("Chats"))
        self.rows = ChatListModel(self)
        self._shown = ConversationId("")
        self._is_pressed = self._is_chat_pressed = self._only_selects = False
        self._drop_target = ""
        self._before_menu: tuple[list[str], str] | None = None
        """What was selected, and the current row, before a right click."""
        self.setModel(self.rows)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QListView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(True)  # Chats are dropped on rows, not between them.
        self.setDropIndicatorShown(False)  # Its frame has the colours of the platform; the delegate draws the target.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self._on_clicked)
        self.activated.connect(self._on_activated)
        self.rows.dropped.connect(self.chats_moved)

    def show_rows(self, rows: list[Row], height: int, chat_height: int) -> None:
        """Show other rows; those of chats are `chat_height` pixels high, the others `height`.

        What is selected stays selected, and what is seen stays in its place.
        """
        selected, current = self._selection
        scrolled, was_seen = self.verticalScrollBar().value(), self._is_seen(self.rows.index_of(self._shown))
        self.rows.set_rows(rows, height, chat_height)
        self.setAutoScroll(False)  # Otherwise a current row that is not seen would be scrolled to.
        is_kept = len(selected) > 1 or self.hasFocus()
        self._select(selected if is_kept else [], current if is_kept else "")
        self.setAutoScroll(True)
        self.executeDelayedItemsLayout()
        self.verticalScrollBar().setValue(scrolled)
        if was_seen:
            self.scrollTo(self.rows.index_of(self._shown))

    def select(self, conversation_id: ConversationId) -> None:
        """Select the chat that is shown; none if it is not listed."""
        self._shown = conversation_id
        self._select([], "")

    @Slot()
    def end_menu(self) -> None:
        """Select what was selected before the right click that opened a menu, if it was opened so."""
        before, self._before_menu = self._before_menu, None
        if before:
            self._select(*before)

    @property
    def _selection(self) -> tuple[list[str], str]:
        """The keys of the selected rows, and of the current one."""
        current = key_of(self.rows.row(self.currentIndex())) if self.currentIndex().isValid() else ""
        return [key_of(self.rows.row(index)) for index in self.selectedIndexes()], current

    @property
    def current_folder(self) -> ChatFolder | None:
        """The folder whose row is the current one."""
        row = self.currentIndex().data(FOLDER) if self.currentIndex().isValid() else None
        return row.folder if isinstance(row, FolderRow) else None

    @property
    def selected_chats(self) -> tuple[ConversationId, ...]:
        """The selected chats, from the top."""
        rows = sorted(self.selectedIndexes(), key=QModelIndex.row)
        return tuple(index.data(ID) for index in rows if index.data(ID))

    def is_drop_target(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        """Return whether chats are dragged over a folder, or a chat in it, or over a chat that is in none."""
        return bool(self._drop_target) and key_of(self.rows.row(index)) == self._drop_target

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag the selected chats, with a picture of the first one beside the pointer, not over the target."""
        chats = [index for index in self.selectedIndexes() if index.data(ID)]
        if chats:
            drag = QDrag(self)
            drag.setMimeData(self.rows.mimeData(chats))
            picture = self.viewport().grab(self.visualRect(chats[0]))
            drag.setPixmap(picture)
            width = round(picture.deviceIndependentSize().width())
            drag.setHotSpot(QPoint(width + BESIDE if self.isRightToLeft() else -BESIDE, -BESIDE))
            self._is_chat_pressed = False  # If it is cancelled, the button is still held.
            drag.exec(actions)
            if len(chats) == 1:
                self._select([], "")  # It was selected by being pressed; F2 and the window mean the shown one.

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where the chats would go."""
        super().dragMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = key_of(self.rows.row(index)) if index.isValid() else ""
        self._show_drop_target(self.rows.folder_of(index) or row if event.isAccepted() else "")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Show no target any more."""
        super().dragLeaveEvent(event)
        self._show_drop_target("")

    def dropEvent(self, event: QDropEvent) -> None:
        """Show no target any more."""
        super().dropEvent(event)
        self._show_drop_target("")

    def _show_drop_target(self, key: str) -> None:
        if key != self._drop_target:
            self._drop_target = key
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin nothing beside the rows: Qt would select the row where the button is let go."""
        index = self.indexAt(event.position().toPoint())
        self._is_pressed, self._is_chat_pressed = index.isValid(), index.isValid() and bool(index.data(ID))
        self._only_selects = bool(event.modifiers() & _SELECTING)
        is_for_menu = event.button() is Qt.MouseButton.RightButton
        self._before_menu = self._selection if is_for_menu and self._is_pressed else None
        if self._is_pressed:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag chats that were pressed with the left button; nothing is selected on the way."""
        if not event.buttons() or (self._is_chat_pressed and event.buttons() == Qt.MouseButton.LeftButton):
            super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete chats, fold folders; leave typing to the window, which forwards it to the composer."""
        folder, inside = self.current_folder, self.rows.folder_of(self.currentIndex())
        back, on = Qt.Key.Key_Left, Qt.Key.Key_Right
        if self.isRightToLeft():
            back, on = on, back
        if is_typing(event):
            event.ignore()
        elif event.key() == Qt.Key.Key_Delete:
            self._delete(folder)
        elif folder and event.key() in {back, on}:
            self._collapse(folder, is_collapsed=event.key() == back)
        elif inside and event.key() == back:
            self.setCurrentIndex(self.rows.index_of(inside))
        else:
            super().keyPressEvent(event)

    def _delete(self, folder: ChatFolder | None) -> None:
        chats = self.selected_chats
        if folder and len(chats) <= 1:  # The highlighted chat is the shown one.
            self.folder_removed.emit(folder.id)
        elif chats:
            self.chats_deleted.emit(chats)

    def _collapse(self, folder: ChatFolder, *, is_collapsed: bool) -> None:
        if folder.is_collapsed != is_collapsed:
            self.folder_collapsed.emit(folder.id, is_collapsed)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        if not self._only_selects:
            row = self.rows.row(index)
            self._on_activated(index)
            if isinstance(row, FolderRow):  # Keys mean the folder from now on; the shown chat stays highlighted.
                self._select([self._shown], key_of(row))

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        row = self.rows.row(index)
        if isinstance(row, FolderRow):
            self._collapse(row.folder, is_collapsed=not row.folder.is_collapsed)
        elif isinstance(row, Conversation):
            self.chat_chosen.emit(row.id)

    def _is_seen(self, index: QModelIndex) -> bool:
        return index.isValid() and self.viewport().rect().intersects(self.visualRect(index))

    def _select(self, keys: list[str], current: str) -> None:
        """Select rows; the chat that is shown if none of `keys` is listed."""
        model, listed = self.selectionModel(), [index for key in keys if (index := self.rows.index_of(key)).isValid()]
        flags = model.SelectionFlag
        if not listed:
            model.setCurrentIndex(self.rows.index_of(self._shown), flags.ClearAndSelect)
        else:
            model.clearSelection()
            for index in listed:
                model.select(index, flags.Select)
        if current or listed:
            model.setCurrentIndex(self.rows.index_of(current), flags.NoUpdate)
