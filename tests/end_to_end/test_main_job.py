"""Start, drop an image, read its text, ask about it, watch the answer stream, stop it, close, reopen."""

import os
import signal
import time
from pathlib import Path

from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Author, MessageState, Role
from app.domain.errors import ProblemKind
from app.domain.models.engine_status import EngineState
from app.ui.composer.import_chip import ImportChip
from app.ui.widgets.notice_box import NoticeBox
from tests.end_to_end.conftest import OpenDesktop
from tests.support.on_screen import chip, click, seen, the
from tests.support.processes import engine_processes_of
from tests.support.tiny_model import ANSWERS

QUESTION = "What does the receipt show?"


def test_the_main_job(open_desktop: OpenDesktop, receipt: Path, model_folder: Path, qtbot: QtBot) -> None:
    desktop = open_desktop()
    window = desktop.window
    assert window.empty_state.isVisible()

    desktop.drop(receipt)
    desktop.wait_for_images(1)
    window.composer.read.click()
    read = desktop.wait_for_answer()
    assert read.author is Author.READER
    assert "Walnut cake 4.00" in read.text
    assert window.chat_view.answers[-1].text.toPlainText() == read.text

    desktop.open_model(model_folder)
    assert window.sidebar.status_line.text == "Ready on CPU"
    assert window.model_picker.text() == model_folder.name
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    seen: list[str] = []
    desktop.lorgnette.session.message_changed.connect(lambda message: seen.append(message.text))
    desktop.type_and_send(QUESTION)
    answered = desktop.wait_for_answer()

    assert answered.state is MessageState.COMPLETE
    assert answered.text.startswith("The receipt")
    assert answered.stats
    assert answered.stats.visual_tokens > 0
    assert answered.model_name == model_folder.name
    assert window.composer.edit.toPlainText() == ""
    before = [(message.role, message.text, message.attachments) for message in desktop.branch]
    desktop.close()

    again = open_desktop()
    again.wait(lambda: len(again.branch) == 4)
    assert [(message.role, message.text, message.attachments) for message in again.branch] == before
    again.wait(lambda: again.lorgnette.model.status.state is EngineState.READY)
    again.type_and_send("Describe the station.")
    again.wait(lambda: len(again.branch) == 6)
    assert again.wait_for_answer().role is Role.ASSISTANT


def test_a_question_without_a_model_is_kept_and_answered_later(open_desktop: OpenDesktop, model_folder: Path) -> None:
    desktop = open_desktop()
    desktop.lorgnette.model.unload()
    desktop.type_and_send(QUESTION)
    refused = desktop.wait_for_answer()
    assert refused.problem
    assert refused.problem.kind is ProblemKind.MODEL_MISSING
    assert the(desktop.window.chat_view.answers[-1], NoticeBox).buttons[0].text() == "Choose model…"

    desktop.open_model(model_folder)
    desktop.window.chat_view.answers[-1].regenerate.click()
    desktop.wait(lambda: desktop.branch[-1].state is MessageState.COMPLETE)
    assert desktop.branch[-1].text == ANSWERS[QUESTION]


def test_stop_keeps_what_was_said_and_the_engine_goes_on(
    open_desktop: OpenDesktop, endless_model: Path, qtbot: QtBot
) -> None:
    desktop = open_desktop()
    desktop.open_model(endless_model)

    desktop.type_and_send(QUESTION)
    desktop.wait(lambda: bool(desktop.branch) and len(desktop.branch[-1].text) > 20)
    qtbot.keyClick(desktop.window.composer.edit, Qt.Key.Key_Escape)
    stopped = desktop.wait_for_answer()
    assert stopped.state is MessageState.STOPPED
    assert ANSWERS[QUESTION].startswith(stopped.text[:20])
    assert stopped.stats
    assert 0 < stopped.stats.new_tokens < 2000

    desktop.type_and_send(QUESTION)
    qtbot.keyClick(desktop.window.composer.edit, Qt.Key.Key_Escape)  # While the question is still being saved.
    desktop.wait(lambda: len(desktop.branch) == 4)
    assert desktop.wait_for_answer().state is MessageState.STOPPED

    desktop.lorgnette.session.start_new()
    desktop.type_and_send("Describe the station.")
    desktop.wait(lambda: bool(desktop.branch) and desktop.branch[-1].text.startswith(ANSWERS["Describe the station."]))


def test_a_killed_engine_is_told_in_the_chat_and_restarted_by_its_button(
    open_desktop: OpenDesktop, model_folder: Path
) -> None:
    desktop = open_desktop()
    desktop.open_model(model_folder)
    desktop.wait(lambda: len(engine_processes_of(os.getpid())) == 1)  # The demo's has ended.
    (pid,) = engine_processes_of(os.getpid())
    os.kill(pid, signal.SIGSTOP)  # So that it cannot have answered before it is killed.
    desktop.type_and_send(QUESTION)
    desktop.wait(lambda: len(desktop.branch) == 2)
    time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)

    answer = desktop.wait_for_answer()
    assert answer.state is MessageState.FAILED
    box = the(desktop.window.chat_view.answers[-1], NoticeBox)
    assert "stopped unexpectedly (signal 9)" in box.notice.sentence
    assert desktop.window.sidebar.status_line.restart.isVisible()
    box.buttons[0].click()
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)
    desktop.window.chat_view.answers[-1].regenerate.click()
    desktop.wait(lambda: desktop.branch[-1].text == ANSWERS[QUESTION])


def test_good_and_bad_files_dropped_together(open_desktop: OpenDesktop, receipt: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7 ...")
    (tmp_path / "half.png").write_bytes(receipt.read_bytes()[:60])
    desktop = open_desktop()

    desktop.drop(tmp_path / "letter.pdf", receipt, tmp_path / "half.png", tmp_path / "gone.png")

    desktop.wait_for_images(1)
    desktop.wait(lambda: len(desktop.window.notices.current) == 3)
    sentences = {notice.text for notice in desktop.window.notices.current}
    assert sentences == {
        "“letter.pdf” is damaged or incomplete.",
        "“half.png” is damaged or incomplete.",
        "“gone.png” was not found.",
    }
    assert not seen(desktop.window.composer, ImportChip)


def test_images_that_are_still_being_opened_when_the_window_closes_are_there_at_the_next_start(
    open_desktop: OpenDesktop, receipt: Path, tmp_path: Path
) -> None:
    """In a chat that was saved, in one that was not, and told if the file is gone."""
    gone = tmp_path / "gone.png"
    for file in (gone, tmp_path / "second.png"):
        Image.new("RGB", (60, 40), "red" if file == gone else "blue").save(file)
    pages = tmp_path / "pages.tif"
    colours = [Image.new("RGB", (60, 40), colour) for colour in ("white", "green", "navy")]
    colours[0].save(pages, save_all=True, append_images=colours[1:])
    first = open_desktop()
    first.drop(pages, receipt, gone)
    first.close()
    gone.unlink()
    second = open_desktop()
    second.wait_for_images(4)
    names = ["pages, page 1.png", "pages, page 2.png", "pages, page 3.png", "receipt.png"]
    assert [image.name for image in second.lorgnette.session.draft.attachments] == names
    second.wait(lambda: any("gone.png" in notice.sentence for notice in second.window.notices.current))
    second.drop(tmp_path / "second.png")
    second.close()
    third = open_desktop()
    third.wait_for_images(5)


def test_an_image_can_be_looked_at_and_read_from_there(open_desktop: OpenDesktop, receipt: Path) -> None:
    desktop = open_desktop()
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    click(chip(desktop.window.composer, "receipt.png").picture)
    viewer = desktop.window.viewer
    desktop.wait(lambda: viewer.isVisible() and not viewer.canvas.picture_area().isEmpty())
    viewer.read.click()
    assert "Walnut cake" in desktop.wait_for_answer().text


def test_a_chat_is_deleted_and_brought_back(open_desktop: OpenDesktop, receipt: Path, qtbot: QtBot) -> None:
    desktop = open_desktop()
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    desktop.window.composer.read.click()
    text = desktop.wait_for_answer().text
    qtbot.keyClicks(desktop.window.composer.edit, "half a question")
    chats = desktop.window.sidebar.list
    chats.setFocus()
    qtbot.keyClick(chats, Qt.Key.Key_Delete)
    assert not desktop.branch
    assert chats.model().rowCount() == 0

    (notice,) = desktop.window.notices.boxes
    notice.buttons[0].click()
    desktop.wait(lambda: len(desktop.branch) == 2)
    assert desktop.branch[-1].text == text
    assert desktop.window.composer.edit.toPlainText() == "half a question"
    assert desktop.window.notices.current == ()


def test_a_model_folder_that_is_none(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    desktop = open_desktop()
    desktop.lorgnette.model.open(str(tmp_path))
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.FAILED)
    (problem,) = desktop.window.notices.current
    assert "has no config.json" in problem.sentence
    assert desktop.window.model_picker.text() == "Choose a model"


def test_why_an_image_was_not_added_goes_with_its_chat(
    open_desktop: OpenDesktop, receipt: Path, tmp_path: Path
) -> None:
    desktop = open_desktop()
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    (tmp_path / "bad.png").write_bytes(b"no image")
    desktop.drop(tmp_path / "bad.png")
    notices = desktop.window.notices
    desktop.wait(lambda: any("bad.png" in notice.sentence for notice in notices.current))
    desktop.window.sidebar.new_chat.click()
    desktop.wait(lambda: not any("bad.png" in notice.sentence for notice in notices.current))
