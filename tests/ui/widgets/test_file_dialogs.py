"""What is chosen in a file dialog arrives as paths, and what is typed without a suffix gets one."""

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets import file_dialogs

FORMS = {".md": "Markdown", ".coco.json": "COCO"}


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def dialog_of(parent: QWidget) -> QFileDialog:
    (dialog,) = parent.findChildren(QFileDialog)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    return dialog


@pytest.mark.parametrize(
    ("form", "typed", "written"),
    [
        ("Markdown (*.md)", "chat", "chat.md"),
        ("COCO (*.coco.json)", "chat", "chat.coco.json"),
        ("COCO (*.coco.json)", "chat.txt", "chat.txt"),
    ],
)
def test_a_name_without_a_suffix_gets_that_of_the_form(
    parent: QWidget, tmp_path: Path, form: str, typed: str, written: str
) -> None:
    chosen: list[Path] = []
    file_dialogs.save_file(parent, "Export", "name.md", chosen.append, FORMS)
    dialog = dialog_of(parent)
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    assert dialog.nameFilters() == ["Markdown (*.md)", "COCO (*.coco.json)"]
    dialog.selectNameFilter(form)
    dialog.filterSelected.emit(form)
    dialog.selectFile(str(tmp_path / typed))
    dialog.accept()
    assert chosen == [tmp_path / written]


def test_the_only_form_gives_its_suffix(parent: QWidget, tmp_path: Path) -> None:
    chosen: list[Path] = []
    file_dialogs.save_file(parent, "Save boxes", "boxes.png", chosen.append)
    dialog = dialog_of(parent)
    dialog.selectFile(str(tmp_path / "other"))
    dialog.accept()
    assert chosen == [tmp_path / "other.png"]


def test_a_file_is_saved_where_the_last_one_was(parent: QWidget, tmp_path: Path, qtbot: QtBot) -> None:
    for number in range(2):
        file_dialogs.save_file(parent, "Export", f"chat {number}.md", lambda _: None)
        dialog = dialog_of(parent)
        assert [Path(file).name for file in dialog.selectedFiles()] == [f"chat {number}.md"]
        if number:
            assert Path(dialog.directory().absolutePath()) == tmp_path
        dialog.selectFile(str(tmp_path / "first.md"))
        dialog.accept()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_files_and_folders_are_chosen(parent: QWidget, tmp_path: Path) -> None:
    files = tuple(tmp_path / name for name in ("one.png", "two.png"))
    for file in files:
        file.touch()
    chosen: list[object] = []
    file_dialogs.open_files(parent, "Open", chosen.append, file_dialogs.patterns("Images", (".png", ".jpg")))
    dialog = dialog_of(parent)
    assert dialog.nameFilters() == ["Images (*.png *.jpg)", "All files (*)"]
    dialog.filesSelected.emit([str(file) for file in files])
    dialog.reject()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    file_dialogs.choose_folder(parent, "Folder", chosen.append)
    folder = dialog_of(parent)  # The other one is gone.
    assert folder.fileMode() is QFileDialog.FileMode.Directory
    folder.fileSelected.emit(str(tmp_path))
    assert chosen == [files, tmp_path]


def test_a_dialog_that_is_closed_chooses_nothing(parent: QWidget) -> None:
    chosen: list[object] = []
    file_dialogs.open_file(parent, "Open", chosen.append, "Chats (*.json)")
    dialog_of(parent).reject()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert chosen == []
    assert parent.findChildren(QFileDialog) == []
