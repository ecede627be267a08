"""Restores damaged or missing chats from a backup, by the notice's button or from the menu."""

from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.backups import Backup, best_of
from app.domain.errors import Problem
from app.services.chat.chat_backups import ChatBackups
from app.ui.shell.backups_dialog import BackupsDialog
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, Severity, notice_of


class BackupController(QObject):
    """Wires the window to the backups. Emits `images_unwanted()` when unused images are to be deleted now."""

    images_unwanted = Signal()

    def __init__(self, window: MainWindow, backups: ChatBackups, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._backups = backups
        self._damage: Problem | None = None
        self._offer_notice: Notice | None = None
        window.menu_button.restore_triggered.connect(self._on_restore_wanted)
        backups.restored.connect(self._on_restored)
        backups.changed.connect(self._on_changed)
        backups.problem_met.connect(window.notices.show_problem)

    @Slot(Problem)
    def report_damage(self, problem: Problem) -> None:
        """Show the damage found when the chats were opened, and offer the backup that has held the most."""
        self._damage = problem
        self._backups.look(partial(self._offer, problem))

    @Slot(int)
    def report_deleted_images(self, count: int) -> None:
        """Show the number of unused images that were deleted."""
        text = tr("Unused images that were deleted: {count}", count=ui_text.number(count))
        self._window.notices.show_notice(Notice(Severity.SUCCESS, text))

    def _offer(self, problem: Problem, backups: tuple[Backup, ...]) -> None:
        self._withdraw_offer()
        backup = best_of(backups)
        actions = (Action(_offer_label(backup), self._backups.restore, (backup,)),) if backup else ()
        self._offer_notice = self._window.notices.show_notice(notice_of(problem, *actions))

    def _withdraw_offer(self) -> None:
        if self._offer_notice:
            self._window.notices.dismiss(self._offer_notice)
            self._offer_notice = None

    @Slot()
    def _on_restore_wanted(self) -> None:
        self._backups.look(self._show)

    def _show(self, backups: tuple[Backup, ...]) -> None:
        dialog = BackupsDialog(backups, self._window)
        dialog.chosen.connect(self._backups.restore)
        dialog.deleted.connect(self._backups.delete)
        dialog.images_deleted.connect(self.images_unwanted)
        self._backups.changed.connect(dialog.show_backups)
        dialog.open()

    @Slot(tuple)
    def _on_changed(self, backups: tuple[Backup, ...]) -> None:
        if self._damage:
            self._offer(self._damage, backups)  # The offered backup may be gone.

    @Slot(Backup)
    def _on_restored(self, backup: Backup) -> None:
        self._withdraw_offer()
        self._damage = None
        self._window.composer.focus()
        moment = ui_text.moment(backup.made, datetime.now().astimezone())
        text = tr("The chats from {moment} were restored.", moment=moment)
        detail = tr("The previous chats were saved as a backup, which you can restore from the menu.")
        self._window.notices.show_notice(Notice(Severity.SUCCESS, text, detail))


def _offer_label(backup: Backup) -> str:
    moment = ui_text.moment(backup.made, datetime.now().astimezone())
    return tr("Restore chats from {moment} ({amount})", moment=moment, amount=ui_text.backup_amount(backup.amount))
