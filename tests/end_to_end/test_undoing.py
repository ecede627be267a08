"""Ctrl+Z takes back what was deleted last, unless there is typing to undo."""

import os
import signal
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.domain.images.attachments import ImageCrop
from app.engine.process.backend_kinds import BackendKind
from app.paths import RESOURCES
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.end_to_end.test_folders import add, rows
from tests.support.on_screen import chip, click, seen

NOTE = RESOURCES / "samples" / "note.png"


def undo(desktop: Desktop, qtbot: QtBot) -> None:
    desktop.window.activateWindow()
    qtbot.waitUntil(desktop.window.isActiveWindow)
    desktop.window.composer.focus()
    qtbot.keyClick(desktop.window.composer.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def names(desktop: Desktop) -> list[str]:
    return [image.name for image in desktop.lorgnette.session.draft.attachments]


def test_a_removed_image_comes_back_into_its_place(open_desktop: OpenDesktop, receipt: Path, qtbot: QtBot) -> None:
    desktop = open_desktop()
    composer = desktop.window.composer
    desktop.drop(NOTE, receipt)
    desktop.wait_for_images(2)
    click(chip(composer, "note.png").remove)
    assert names(desktop) == ["receipt.png"]
    qtbot.keyClicks(composer.edit, "Why?")
    undo(desktop, qtbot)  # The typing.
    assert (names(desktop), composer.edit.toPlainText()) == (["receipt.png"], "")
    undo(desktop, qtbot)
    assert names(desktop) == ["note.png", "receipt.png"]
    assert desktop.window.notices.current == ()


def test_an_image_that_a_part_replaced_comes_back(open_desktop: OpenDesktop, qtbot: QtBot) -> None:
    desktop = open_desktop()
    desktop.drop(NOTE)
    desktop.wait_for_images(1)
    (image,) = desktop.lorgnette.session.draft.attachments
    part = ImageCrop(digest=image.digest, name=image.name, left=0, top=0, right=100, bottom=50, turns=0)
    desktop.window.viewer.part_wanted.emit(image, part)
    desktop.wait(lambda: names(desktop) not in (["note.png"], []))
    undo(desktop, qtbot)
    assert desktop.lorgnette.session.draft.attachments == (image,)


def test_the_offer_to_put_an_image_back_ends_with_its_chat(open_desktop: OpenDesktop, qtbot: QtBot) -> None:
    desktop = open_desktop()
    desktop.drop(NOTE)
    desktop.wait_for_images(1)
    click(chip(desktop.window.composer, "note.png").remove)
    assert [notice.text for notice in desktop.window.notices.current] == ["“note.png” was removed from the question."]
    desktop.window.sidebar.new_chat.click()
    assert desktop.window.notices.current == ()
    undo(desktop, qtbot)
    assert names(desktop) == []


def test_a_deleted_chat_comes_back(open_desktop: OpenDesktop, qtbot: QtBot) -> None:
    desktop = open_desktop()
    desktop.wait(lambda: not desktop.lorgnette.library.conversations)
    for title in ("Menu", "Invoice"):
        desktop.lorgnette.session.open(add(desktop, title))
    chats = desktop.window.sidebar.list
    chats.setFocus()
    qtbot.keyClick(chats, Qt.Key.Key_Delete)
    assert rows(desktop) == ["Today", "Menu"]
    undo(desktop, qtbot)
    desktop.wait(lambda: rows(desktop) == ["Today", "Invoice", "Menu"])
    undo(desktop, qtbot)
    assert rows(desktop) == ["Today", "Invoice", "Menu"]


def test_a_removed_queued_question_comes_back(open_desktop: OpenDesktop, endless_model: Path, qtbot: QtBot) -> None:
    desktop = open_desktop()
    desktop.open_model(endless_model)
    session, queue = desktop.lorgnette.session, desktop.lorgnette.queue

    def ask(text: str) -> None:
        qtbot.keyClicks(desktop.window.composer.edit, text)
        qtbot.keyClick(desktop.window.composer.edit, Qt.Key.Key_Return)

    def queued() -> list[str]:
        return [question.text for question in queue.questions(session.conversation_id)]

    ask("Describe the station.")
    desktop.wait(lambda: bool(desktop.branch) and bool(desktop.branch[-1].text))
    pid = desktop.lorgnette.engines[BackendKind.MODEL].pid
    assert pid
    os.kill(pid, signal.SIGSTOP)  # Otherwise an answer that repeats itself would be ended meanwhile.
    ask("The lounge?")
    ask("The gate?")
    assert queued() == ["The lounge?", "The gate?"]
    bubbles = desktop.window.queued
    desktop.wait(lambda: len(seen(bubbles, QPushButton, "Remove the queued question")) == 2)
    click(seen(bubbles, QPushButton, "Remove the queued question")[0])
    assert queued() == ["The gate?"]
    assert "The queued question “The lounge?” was removed." in [each.text for each in desktop.window.notices.current]
    undo(desktop, qtbot)
    assert queued() == ["The lounge?", "The gate?"]
    assert desktop.window.notices.current == ()
    os.kill(pid, signal.SIGCONT)
