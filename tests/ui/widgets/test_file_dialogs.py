"""What is chosen in a file dialog arrives as paths, and what is typed without a suffix gets one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QStandardPaths
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QComboBox, QFileDialog, QToolButton, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from app.controllers.folder_controller import FolderController
from app.domain.settings.settings import Settings, ThemeChoice
from app.services.engines.background import BackgroundThread
from app.services.settings.preferences import Preferences
from app.ui.widgets import file_dialogs
from app.ui.widgets.file_dialogs import Purpose
from app.ui.widgets.theme import Theme


class Store:
    """Keeps nothing."""

    def save(self, settings: Settings) -> None:
        pass


@pytest.fixture
def preferences() -> Iterator[Preferences]:
    """Those in which file dialogs keep their folders."""
    thread = BackgroundThread("files")
    made = Preferences(Settings(), Store(), thread)
    FolderController(made)
    yield made
    FolderController(Preferences(Settings(), Store(), thread))
    thread.close()


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


def begins_in(dialog: QFileDialog) -> Path:
    """The folder that a dialog begins in; the dialog is closed."""
    folder = Path(dialog.directory().absolutePath())
    dialog.reject()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return folder


def ignore(_: object) -> None:
    pass


def open_images(parent: QWidget) -> None:
    file_dialogs.open_files(parent, "Open", ignore)


def open_document(parent: QWidget) -> None:
    file_dialogs.open_file(parent, "Open", ignore, "Documents (*.pdf)")


def choose_source(parent: QWidget) -> None:
    file_dialogs.choose_folder(parent, "Open", ignore)


def save_chat(parent: QWidget) -> None:
    file_dialogs.save_file(parent, "Export", "chat.md", ignore)


def choose_target(parent: QWidget) -> None:
    file_dialogs.choose_folder(parent, "Save in", ignore, Purpose.SAVE)


OPENS, SAVES = (open_images, open_document, choose_source), (save_chat, choose_target)


@pytest.mark.parametrize("ask", [*OPENS, *SAVES])
def test_the_first_dialog_begins_at_the_users_documents(
    parent: QWidget,
    preferences: Preferences,
    ask: Callable[[QWidget], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ask(parent)
    documents = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    assert begins_in(dialog_of(parent)) == (documents if documents.is_dir() else Path.home())


@pytest.mark.parametrize(("asks", "others"), [(OPENS, SAVES), (SAVES, OPENS)])
def test_dialogs_begin_where_the_last_one_of_their_purpose_was_used(
    parent: QWidget,
    preferences: Preferences,
    asks: tuple[Callable[[QWidget], None], ...],
    others: tuple[Callable[[QWidget], None], ...],
    tmp_path: Path,
) -> None:
    for number, used in enumerate(asks):
        folder = tmp_path / str(number)
        folder.mkdir()
        used(parent)
        dialog = dialog_of(parent)
        is_folder = dialog.fileMode() is QFileDialog.FileMode.Directory
        dialog.filesSelected.emit([str(folder if is_folder else folder / "file.md")])
        begins_in(dialog)
        for ask in asks:
            ask(parent)
            assert begins_in(dialog_of(parent)) == folder
        for ask in others:
            ask(parent)
            assert begins_in(dialog_of(parent)) != folder
    saved = (preferences.settings.open_folder, preferences.settings.save_folder)
    assert str(folder) in saved  # Also for the next start.
    folder.rmdir()
    asks[0](parent)
    assert begins_in(dialog_of(parent)) != folder


def brightest(icon: QIcon) -> int:
    """The lightness of the brightest of the pixels of an icon that are opaque."""
    picture = icon.pixmap(32).toImage()
    pixels = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
    return max(pixel.lightness() for pixel in pixels if pixel.alpha() > 200)


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_qts_own_dialog_shows_its_arrows_and_the_path_at_any_size_of_the_text(
    parent: QWidget, theme: Theme, choice: ThemeChoice, tmp_path: Path
) -> None:
    theme.choose(choice, 200)
    file_dialogs.open_files(parent, "Open", print)
    dialog = dialog_of(parent)
    dialog.setDirectory(str(tmp_path))
    dialog.show()
    place = dialog.findChild(QComboBox, "lookInCombo")
    assert isinstance(place, QComboBox)
    assert place.width() >= 2 * place.fontMetrics().horizontalAdvance("/home/somebody/Pictures")
    for name in ("backButton", "forwardButton", "toParentButton"):
        arrow = dialog.findChild(QToolButton, name)
        assert isinstance(arrow, QToolButton)
        assert (brightest(arrow.icon()) > 150) == (choice is ThemeChoice.DARK), name
    files = dialog.findChild(QTreeView, "treeView")
    assert isinstance(files, QTreeView)
    header = files.header()
    assert all(header.sectionSize(column) >= header.sectionSizeHint(column) for column in range(1, header.count()))
    dialog.close()
