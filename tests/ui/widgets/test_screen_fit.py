"""Windows stay on the screen: on a smaller one, on one at a larger scale, and where a monitor is gone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.models.model_catalog import KnownModel
from app.domain.models.model_library import ModelLibraryState
from app.domain.settings.settings import Settings
from app.ui.batch.batch_window import BatchWindow
from app.ui.documents.document_window import DocumentWindow
from app.ui.images.image_library import ImageLibrary
from app.ui.models.model_row import RowState
from app.ui.models.models_window import ModelsWindow
from app.ui.settings.settings_window import SettingsWindow
from app.ui.shell.backups_dialog import BackupsDialog
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.screen_fit import ScreenFit, fitting
from app.ui.widgets.text_dialog import TextDialog
from tests.ui.conftest import shown


def no_row(_model: KnownModel, _library: ModelLibraryState) -> RowState:
    raise NotImplementedError  # There are no models.


SMALL = QRect(40, 30, 400, 300)
WINDOWS: dict[str, Callable[[], QWidget]] = {
    "main": lambda: MainWindow(lambda _: Path("no thumbnail")),
    "document": DocumentWindow,
    "batch": BatchWindow,
    "images": lambda: ImageLibrary(LazyThumbnails(lambda _: Path("no thumbnail"), run_now)),
    "settings": lambda: SettingsWindow(Settings(), ()),
    "models": lambda: ModelsWindow((), no_row, ""),
    "backups": lambda: BackupsDialog(()),
    "text": lambda: TextDialog("Title", "About", "Text"),
}


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (QRect(50, 40, 100, 100), QRect(50, 40, 100, 100)),
        (QRect(-5000, 2000, 100, 100), QRect(40, 230, 100, 100)),
        (QRect(430, 320, 100, 100), QRect(340, 230, 100, 100)),
        (QRect(0, 0, 5000, 5000), SMALL),
    ],
)
def test_a_window_is_moved_and_shrunk_no_more_than_needed(window: QRect, expected: QRect) -> None:
    assert fitting(window, SMALL) == expected


@pytest.mark.parametrize("name", WINDOWS)
def test_no_window_is_asked_to_be_larger_than_the_screen(
    name: str, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: QRect(0, 0, 480, 400))
    window = WINDOWS[name]()
    asked = _sizes_asked_of(window, monkeypatch)
    shown(window, qtbot)
    assert asked
    assert max(size.width() for size in asked) <= 480
    assert max(size.height() for size in asked) < 400, "there is a title bar"
    assert window.minimumWidth() <= 480
    assert window.minimumHeight() < 400


def _sizes_asked_of(window: QWidget, monkeypatch: pytest.MonkeyPatch) -> list[QSize]:
    """The sizes that the window is resized to from now on; its content may need more than it gets."""
    asked: list[QSize] = []
    resize = QWidget.resize

    def resized(self: QWidget, *size: QSize) -> None:
        if self is window:
            asked.extend(size)
        resize(self, *size)

    monkeypatch.setattr(QWidget, "resize", resized)
    return asked


def test_a_window_whose_monitor_is_gone_comes_back_and_others_stay(qtbot: QtBot) -> None:
    window = QWidget()
    ScreenFit(window, 300, 200)
    window.move(5000, 5000)
    shown(window, qtbot)
    free = window.screen().availableGeometry()
    assert free.contains(window.geometry())
    assert window.size() == QSize(300, 200)
    window.move(100, 120)
    window.hide()
    window.show()
    assert window.pos() == QPoint(100, 120)
