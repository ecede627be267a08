"""The dialog that restores or deletes backups, listed with their date and content."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.backups import Backup
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.labels import label
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.window_keys import add_close_key

SIZE = 560, 440
_BACKUP = Qt.ItemDataRole.UserRole
_ABOUT = mark("This replaces your current chats, which are first saved as a separate backup.")
_DELETED = mark(
    "A chat that was deleted stays in the backups that have it. The newest three are kept, one for each day on which "
    "Lorgnette was used, and always the fullest; what was replaced by a backup is kept until you delete it."
)
_NONE = mark("No backups yet. One is made each day when you quit Lorgnette.")


class BackupsDialog(QDialog):
    """`chosen` carries the Backup to restore; Cancel rejects.

    `deleted` carries one to delete, `images_deleted()` asks to delete the unused images; both after confirmation.
    """

    chosen = Signal(Backup)
    deleted = Signal(Backup)
    images_deleted = Signal()

    def __init__(self, backups: tuple[Backup, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Restore chats from a backup"))
        ScreenFit(self, *SIZE)
        add_close_key(self)
        self.list = QListWidget(self)
        self.list.setAccessibleName(tr("Backups"))
        self._about = label("", "hint", wraps=True, parent=self)
        self._of_deleted = label(tr(_DELETED), "hint", wraps=True, parent=self)
        buttons = QDialogButtonBox(self)
        self.restore = buttons.addButton(tr("Restore"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.delete = button(tr("Delete this backup…"), Role.PLAIN, parent=self)
        self.delete_images = button(tr("Delete unused images…"), Role.PLAIN, parent=self)
        deleting = FlowLayout()
        for unwanted in (self.delete, self.delete_images):
            deleting.addWidget(unwanted)
        buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(self._about)
        column.addWidget(self.list, 1)
        column.addWidget(self._of_deleted)
        column.addLayout(deleting)
        column.addWidget(buttons)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)
        self.delete.clicked.connect(self._on_delete_clicked)
        self.delete_images.clicked.connect(self._on_delete_images_clicked)
        self.list.itemActivated.connect(self._on_accepted)
        self.show_backups(backups)

    @Slot(tuple)
    def show_backups(self, backups: tuple[Backup, ...]) -> None:
        """Replace the listed backups."""
        row = max(self.list.currentRow(), 0)
        self.list.clear()
        today = datetime.now().astimezone()
        for backup in backups:
            item = QListWidgetItem(_title(backup, today), self.list)
            item.setToolTip(str(backup.path))
            item.setData(_BACKUP, backup)
        self.list.setCurrentRow(min(row, len(backups) - 1))
        for widget in (self.list, self._of_deleted):
            widget.setVisible(bool(backups))
        for acting in (self.restore, self.delete):
            acting.setEnabled(bool(backups))
        self._about.setText(tr(_ABOUT if backups else _NONE))

    @Slot()
    def _on_accepted(self) -> None:
        backup = self.list.currentItem().data(_BACKUP)
        self.accept()
        self.chosen.emit(backup)

    @Slot()
    def _on_delete_clicked(self) -> None:
        unwanted = self.list.currentItem().data(_BACKUP)
        sure = self._ask(
            tr("Delete a backup"),
            tr("Delete the backup of {backup}?", backup=_title(unwanted, datetime.now().astimezone())),
            tr("It is deleted for ever. The chats that are here now stay."),
        )
        sure.clicked.connect(lambda: self.deleted.emit(unwanted))

    @Slot()
    def _on_delete_images_clicked(self) -> None:
        sure = self._ask(
            tr("Delete unused images"),
            tr("Delete all images that no chat and no backup has?"),
            tr("They are deleted for ever, and not after thirty days only. Images of the last 24 hours stay."),
        )
        sure.clicked.connect(self.images_deleted)

    def _ask(self, title: str, question: str, details: str) -> QPushButton:
        """Ask; return the button for yes. Its handler may not refer to this dialog, which is deleted with it."""
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(question)
        box.setInformativeText(details)
        sure = box.addButton(tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole))
        box.open()
        return sure


def _title(backup: Backup, today: datetime) -> str:
    return f"{ui_text.moment(backup.made, today)} · {ui_text.backup_amount(backup.amount)}"
