"""Chats that are damaged between two sessions: told, restored by the notice's button, with all of their images."""

import os
import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Conversation
from app.paths import Paths
from app.ui.shell.backups_dialog import BackupsDialog
from tests.end_to_end.conftest import Desktop, OpenDesktop, peek


def read_a_receipt(desktop: Desktop, receipt: Path) -> None:
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    desktop.lorgnette.session.read_text(desktop.lorgnette.session.draft.attachments[0])
    desktop.wait_for_answer()


def age(paths: Paths) -> None:
    """Let all images be two days old, so that nothing but what refers to them keeps them."""
    for file in paths.attachments.glob("*/*"):
        then = time.time() - 2 * 86_400
        os.utime(file, (then, then))


def start_and_end(open_desktop: OpenDesktop, qtbot: QtBot) -> None:
    desktop = open_desktop()
    opened: list[bool] = []
    desktop.lorgnette.stores.run(lambda _: None, lambda _: opened.append(True))
    desktop.wait(lambda: bool(opened))
    qtbot.wait(300)  # What follows from its opening is on other threads by then, which end with their work.
    desktop.close()


def listed(desktop: Desktop) -> list[Conversation]:
    """The chats in the sidebar."""
    rows = desktop.window.sidebar.list
    ids = [rows.model().index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(rows.model().rowCount())]
    return [desktop.lorgnette.library[chat_id] for chat_id in ids if chat_id]


def images(paths: Paths) -> list[Path]:
    return sorted(paths.attachments.glob("*/*"))


def test_damaged_chats_come_back_with_a_click(
    paths: Paths, receipt: Path, open_desktop: OpenDesktop, qtbot: QtBot
) -> None:
    desktop = open_desktop()
    read_a_receipt(desktop, receipt)
    desktop.close()
    before = images(paths)
    assert len(before) == 2
    age(paths)
    paths.database.write_bytes(paths.database.read_bytes()[:5000])

    for _ in range(2):  # The images were deleted at the second start.
        start_and_end(open_desktop, qtbot)
    assert images(paths) == before
    paths.database.unlink()

    desktop = open_desktop()
    notices = desktop.window.notices
    desktop.wait(lambda: bool(notices.current))
    (box,) = notices.boxes
    assert "missing" in box.notice.text
    assert "1 chat, 1 image" in box.buttons[0].text()
    desktop.window.composer.edit.setPlainText("half a thought")
    qtbot.mouseClick(box.buttons[0], Qt.MouseButton.LeftButton)

    desktop.wait(lambda: any("were restored" in notice.text for notice in notices.current))
    assert not any("missing" in notice.text for notice in notices.current)
    desktop.wait(lambda: len(listed(desktop)) == 2)  # One is the draft's.
    (chat,) = [chat for chat in listed(desktop) if chat.title == "CORNER BAKERY"]
    assert desktop.window.composer.edit.toPlainText() == "half a thought"
    desktop.lorgnette.session.open(chat.id)
    desktop.wait(lambda: len(desktop.branch) == 2)
    assert desktop.branch[0].attachments[0].digest in {path.name for path in images(paths)}
    assert images(paths) == before


def test_the_menu_restores_what_was_replaced(
    paths: Paths, receipt: Path, open_desktop: OpenDesktop, qtbot: QtBot
) -> None:
    desktop = open_desktop()
    read_a_receipt(desktop, receipt)
    desktop.close()
    desktop = open_desktop()
    desktop.wait(lambda: len(desktop.branch) == 2)
    desktop.lorgnette.library.rename(desktop.lorgnette.session.conversation_id, "Renamed")
    desktop.wait(lambda: peek(paths, "title", "conversation") == ["Renamed"])
    for expected in ("CORNER BAKERY", "Renamed"):
        desktop.window.menu_button.restore_triggered.emit()
        desktop.wait(lambda: bool(desktop.window.findChildren(BackupsDialog)))
        (dialog,) = desktop.window.findChildren(BackupsDialog)
        wanted = "backup" if expected == "CORNER BAKERY" else "replaced"
        (row,) = [row for row in range(dialog.list.count()) if wanted in dialog.list.item(row).toolTip()]
        dialog.list.setCurrentRow(row)
        with qtbot.waitSignal(desktop.lorgnette.backups.restored):
            qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
        desktop.wait(lambda wanted=expected: peek(paths, "title", "conversation") == [wanted])  # type: ignore[misc]
        desktop.wait(lambda: not desktop.window.findChildren(BackupsDialog))


def test_a_folder_in_the_place_of_the_chats_is_told_and_the_backup_offered_once_it_is_away(
    paths: Paths, receipt: Path, open_desktop: OpenDesktop, qtbot: QtBot, tmp_path: Path
) -> None:
    desktop = open_desktop()
    read_a_receipt(desktop, receipt)
    desktop.close()
    paths.database.unlink()
    paths.database.mkdir()

    desktop = open_desktop()
    notices = desktop.window.notices
    desktop.wait(lambda: bool(notices.current))
    assert [notice.text for notice in notices.current] == [
        f"The chats cannot be opened: a folder is in the place of the file {paths.database.name} in {paths.data}."
    ]
    desktop.window.composer.edit.setPlainText("half a thought")
    paths.database.rename(tmp_path / "moved")
    desktop.wait(lambda: any("missing" in notice.text for notice in notices.current))
    (box,) = notices.boxes
    qtbot.mouseClick(box.buttons[0], Qt.MouseButton.LeftButton)
    desktop.wait(lambda: any("were restored" in notice.text for notice in notices.current))
    assert desktop.window.composer.edit.toPlainText() == "half a thought"


def test_a_backup_is_deleted_from_the_menu_for_ever(
    paths: Paths, receipt: Path, open_desktop: OpenDesktop, qtbot: QtBot
) -> None:
    desktop = open_desktop()
    read_a_receipt(desktop, receipt)
    desktop.close()
    desktop = open_desktop()
    desktop.window.menu_button.restore_triggered.emit()
    desktop.wait(lambda: bool(desktop.window.findChildren(BackupsDialog)))
    (dialog,) = desktop.window.findChildren(BackupsDialog)
    assert dialog.list.count() == 1
    qtbot.mouseClick(dialog.delete, Qt.MouseButton.LeftButton)
    (box,) = dialog.findChildren(QMessageBox)
    (sure,) = [button for button in box.buttons() if button.text() == "Delete"]
    qtbot.mouseClick(sure, Qt.MouseButton.LeftButton)
    desktop.wait(lambda: dialog.list.count() == 0)
    assert not list(paths.data.glob("*.backup-*"))
    stray = paths.attachments / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"of a chat that was deleted")
    age(paths)
    qtbot.mouseClick(dialog.delete_images, Qt.MouseButton.LeftButton)
    desktop.wait(lambda: bool(dialog.findChildren(QMessageBox)))
    box = dialog.findChildren(QMessageBox)[-1]
    (sure,) = [button for button in box.buttons() if button.text() == "Delete"]
    qtbot.mouseClick(sure, Qt.MouseButton.LeftButton)
    desktop.wait(lambda: any("deleted: 1" in notice.text for notice in desktop.window.notices.current))
    assert not stray.exists()
    assert len(images(paths)) == 2
    dialog.reject()
