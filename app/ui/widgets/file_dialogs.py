"""The dialogs that ask for files and folders. They do not block: `use` is called with what was chosen, if anything."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFileDialog, QHeaderView, QToolButton, QTreeView, QWidget

from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import SIZE, Icon, qt_icon
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.theme import zoomed

OWN_SIZE = 720, 460
"""Width and height of Qt's own dialog, for desktops that have none, in pixels of the style sheet."""
_ARROWS = MappingProxyType({"backButton": Icon.PREVIOUS, "forwardButton": Icon.NEXT, "toParentButton": Icon.UP})
_NO_FORMS: Mapping[str, str] = MappingProxyType({})


class Purpose(Enum):
    """What is done with the chosen file; each has a folder of its own in which its dialogs begin."""

    OPEN = auto()
    SAVE = auto()


class Folders(Protocol):
    """Remembers the folders that dialogs were used in."""

    def begin(self, purpose: Purpose) -> Path:
        """Return the folder to begin in."""
        ...

    def remember(self, purpose: Purpose, folder: Path) -> None:
        """Take the folder of what was chosen."""
        ...


class _Home:
    """Begins at home, and remembers nothing."""

    def begin(self, _: Purpose) -> Path:
        return Path.home()

    def remember(self, _: Purpose, folder: Path) -> None:
        pass


_in_force: dict[str, Folders] = {"folders": _Home()}


def set_folders(folders: Folders) -> None:
    """Set where all dialogs begin that are opened from now on; before, it is at home."""
    _in_force["folders"] = folders


def patterns(name: str, suffixes: Iterable[str]) -> str:
    """Return the filter for files that end with one of `suffixes`, which include their dots."""
    return f"{name} ({' '.join(f'*{suffix}' for suffix in suffixes)})"


def open_files(
    parent: QWidget | None, title: str, use: Callable[[tuple[Path, ...]], object], name_filter: str = ""
) -> None:
    """Ask for files that `name_filter` matches, or any."""
    filters = ";;".join(filter(None, (name_filter, f"{tr('All files')} (*)")))
    dialog = _dialog(parent, title, filters)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda files: use(tuple(Path(file) for file in files)))
    dialog.open()


def open_file(parent: QWidget | None, title: str, use: Callable[[Path], object], name_filter: str) -> None:
    """Ask for one file that `name_filter` matches."""
    dialog = _dialog(parent, title, name_filter)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda file: use(Path(file)))
    dialog.open()


def choose_folder(
    parent: QWidget | None, title: str, use: Callable[[Path], object], purpose: Purpose = Purpose.OPEN
) -> None:
    """Ask for a folder."""
    dialog = _dialog(parent, title, purpose=purpose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.fileSelected.connect(lambda folder: use(Path(folder)))
    dialog.open()


def save_file(
    parent: QWidget | None, title: str, name: str, use: Callable[[Path], object], forms: Mapping[str, str] = _NO_FORMS
) -> None:
    """Ask for the file to write, `name` if nothing else is typed.

    A file without a suffix gets that of `name`, or of the chosen one of `forms`, which are named by their suffixes.
    """
    filters = {patterns(form, (suffix,)): suffix for suffix, form in forms.items()}
    dialog = _dialog(parent, title, ";;".join(filters), Purpose.SAVE)
    dialog.selectFile(name)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(name).suffix)
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(filters.get(chosen, Path(name).suffix)))
    dialog.fileSelected.connect(lambda file: use(Path(file)))
    dialog.open()


def _dialog(parent: QWidget | None, title: str, filters: str = "", purpose: Purpose = Purpose.OPEN) -> QFileDialog:
    folders = _in_force["folders"]
    dialog = QFileDialog(parent, title, str(folders.begin(purpose)), filters)
    dialog.finished.connect(dialog.deleteLater)
    _fit_own(dialog)
    dialog.filesSelected.connect(lambda files: folders.remember(purpose, _folder_of(dialog, Path(files[0]))))
    return dialog


def _fit_own(dialog: QFileDialog) -> None:
    """Make Qt's own dialog as large as its text needs, and its arrows, which are black, as light as that."""
    for name, icon in _ARROWS.items():
        arrow = dialog.findChild(QToolButton, name)
        if isinstance(arrow, QToolButton):  # The desktop's dialog has none.
            arrow.setIcon(qt_icon(icon, arrow))
            arrow.setIconSize(QSize(1, 1) * zoomed(arrow, SIZE))
    files = dialog.findChild(QTreeView, "treeView")
    if isinstance(files, QTreeView):
        for column in range(1, files.header().count()):
            files.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        ScreenFit(dialog, *OWN_SIZE)


def _folder_of(dialog: QFileDialog, chosen: Path) -> Path:
    return chosen if dialog.fileMode() is QFileDialog.FileMode.Directory else chosen.parent
