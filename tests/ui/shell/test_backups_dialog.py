"""Backups are offered with their dates and what is in them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from app.domain.backups import Amount, Backup
from app.domain.settings.settings import UiLanguage
from app.ui.shell.backups_dialog import BackupsDialog
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import set_language, speak
from tests.ui.conftest import shown

NOW = datetime(2026, 3, 15, 8, 0, tzinfo=timezone(timedelta(hours=1)))
FRIDAY = datetime(2026, 3, 13, 13, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english_again(qapp: QApplication) -> Iterator[None]:
    yield
    speak(qapp, UiLanguage.ENGLISH)


def backup(made: datetime, chats: int, images: int) -> Backup:
    amount = Amount(chats=chats, images=images)
    return Backup(path=Path(f"lorgnette.backup-{made:%Y-%m-%d}.sqlite"), made=made, amount=amount, ever=amount)


def test_a_moment_is_told_as_people_do_in_local_time() -> None:
    assert ui_text.moment(FRIDAY, NOW) == "Friday 14:02"
    assert ui_text.moment(FRIDAY - timedelta(days=7), NOW) == "2026-03-06 14:02"
    assert ui_text.backup_amount(Amount(chats=212, images=1930)) == "212 chats, 1,930 images"
    assert ui_text.backup_amount(Amount(chats=1, images=1)) == "1 chat, 1 image"
    set_language("de")
    assert ui_text.moment(FRIDAY, NOW) == "Freitag 14:02"


def test_the_chosen_backup_is_restored_and_the_newest_is_chosen_first(qtbot: QtBot) -> None:
    backups = (backup(FRIDAY, 2, 3), backup(FRIDAY - timedelta(days=1), 1, 0))
    dialog = shown(BackupsDialog(backups), qtbot)
    assert dialog.list.item(1).text().endswith("1 chat, 0 images")
    with qtbot.waitSignal(dialog.chosen) as chosen:
        qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    assert chosen.args == [backups[0]]


def test_a_backup_is_deleted_once_that_was_confirmed(qtbot: QtBot) -> None:
    backups = (backup(FRIDAY, 2, 3), backup(FRIDAY - timedelta(days=1), 1, 0))
    dialog = shown(BackupsDialog(backups), qtbot)
    dialog.list.setCurrentRow(1)
    deleted: list[Backup] = []
    dialog.deleted.connect(deleted.append)
    for answer in ("Cancel", "Delete"):
        assert deleted == []
        qtbot.mouseClick(dialog.delete, Qt.MouseButton.LeftButton)
        (box,) = dialog.findChildren(QMessageBox)
        assert "1 chat, 0 images" in box.text()
        assert box.defaultButton().text() == "Cancel"
        (choice,) = [button for button in box.buttons() if button.text() == answer]
        qtbot.mouseClick(choice, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not dialog.findChildren(QMessageBox))
    assert deleted == [backups[1]]
    assert dialog.isVisible()


def test_a_question_that_is_open_goes_with_the_list(qtbot: QtBot) -> None:
    dialog = shown(BackupsDialog((backup(FRIDAY, 2, 3),)), qtbot)
    dialog.delete.click()
    (box,) = dialog.findChildren(QMessageBox)
    box.reject()
    with qtbot.waitSignal(dialog.destroyed):
        dialog.reject()


def test_unused_images_are_deleted_once_that_was_confirmed_also_without_backups(qtbot: QtBot) -> None:
    dialog = shown(BackupsDialog(()), qtbot)
    qtbot.mouseClick(dialog.delete_images, Qt.MouseButton.LeftButton)
    (box,) = dialog.findChildren(QMessageBox)
    (sure,) = [button for button in box.buttons() if button.text() == "Delete"]
    with qtbot.waitSignal(dialog.images_deleted):
        qtbot.mouseClick(sure, Qt.MouseButton.LeftButton)


def test_the_list_follows_what_is_deleted_to_the_last_one(qtbot: QtBot) -> None:
    backups = (backup(FRIDAY, 2, 3), backup(FRIDAY - timedelta(days=1), 1, 0))
    dialog = shown(BackupsDialog(backups), qtbot)
    dialog.list.setCurrentRow(1)
    dialog.show_backups(backups[:1])
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.restore.click()
    assert chosen.args == [backups[0]]
    dialog = shown(BackupsDialog(backups), qtbot)
    dialog.show_backups(())
    assert not dialog.restore.isEnabled()
    assert not dialog.delete.isEnabled()
    assert not dialog.list.isVisible()


def test_without_backups_there_is_nothing_to_restore(qtbot: QtBot) -> None:
    dialog = shown(BackupsDialog(()), qtbot)
    assert not dialog.restore.isEnabled()
    assert dialog.list.isHidden()


def test_the_menu_offers_it(window: MainWindow, qtbot: QtBot) -> None:
    (action,) = [item for item in window.menu_button.menu().actions() if item.text() == "Restore chats from a backup…"]
    with qtbot.waitSignal(window.menu_button.restore_triggered):
        action.trigger()
