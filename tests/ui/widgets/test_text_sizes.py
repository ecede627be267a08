"""No text and no control of a window is cut off, at any size of the text and in any language."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication, QBoxLayout, QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.backups import Amount, Backup
from app.domain.chat.assistants import Assistant
from app.domain.errors import Problem, ProblemKind
from app.domain.models.remote_servers import FoundServer
from app.domain.settings.settings import Settings, ThemeChoice, UiLanguage
from app.storage.models.model_catalog import known_models
from app.ui.batch.batch_window import BatchWindow
from app.ui.chat.instructions_dialog import InstructionsDialog
from app.ui.documents.document_window import DocumentWindow
from app.ui.documents.password_dialog import PasswordDialog
from app.ui.images.image_library import ImageLibrary
from app.ui.models.models_window import ModelsWindow
from app.ui.models.server_dialog import ServerDialog
from app.ui.settings.settings_window import SettingsWindow
from app.ui.shell.backups_dialog import BackupsDialog
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import speak
from app.ui.widgets.labels import label
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.stacking_row import StackingRow
from app.ui.widgets.text_dialog import TextDialog
from app.ui.widgets.theme import Theme
from tests.support.cut_texts import cut_texts
from tests.ui.conftest import no_thumbnail, shown
from tests.ui.models.test_models_window import describe, library

LANGUAGES = [language for language in UiLanguage if language is not UiLanguage.SYSTEM]


def main_window() -> MainWindow:
    return MainWindow(no_thumbnail)


def models() -> QWidget:
    window = ModelsWindow(known_models(), describe, "https://huggingface.co")
    window.show_library(library())
    return window


def server() -> QWidget:
    dialog = ServerDialog("gpu-box:8000")
    dialog.found.show_servers((FoundServer("Ollama", "http://127.0.0.1:11434/v1", ("qwen3-vl:2b", "llava")),))
    return dialog


def backups() -> QWidget:
    amount = Amount(chats=212, images=1930)
    made = datetime(2026, 3, 13, 13, 2, tzinfo=UTC)
    return BackupsDialog((Backup(path=Path("a.sqlite"), made=made, amount=amount, ever=amount),))


WINDOWS: dict[str, Callable[[], QWidget]] = {
    "main": main_window,
    "document": DocumentWindow,
    "batch": BatchWindow,
    "images": lambda: ImageLibrary(LazyThumbnails(no_thumbnail, run_now)),
    "models": models,
    "server": server,
    "backups": backups,
    "instructions": lambda: InstructionsDialog("Be brief.", (Assistant("Brief", "Be brief."),)),
    "password": lambda: PasswordDialog(Problem(ProblemKind.PASSWORD, "It is protected.")),
    "text": lambda: TextDialog("Title", "About", "Text"),
}


@pytest.fixture
def set_text(qapp: QApplication, theme: Theme) -> Iterator[Callable[[UiLanguage, int], None]]:
    """Sets the language and the size of the text in percent."""

    def chosen(language: UiLanguage, zoom: int) -> None:
        speak(qapp, language)
        theme.choose(ThemeChoice.LIGHT, zoom)

    yield chosen
    speak(qapp, UiLanguage.ENGLISH)


SetText = Callable[[UiLanguage, int], None]


@pytest.fixture
def small_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: QRect(0, 0, 1000, 700))


def laid_out(window: QWidget, qtbot: QtBot) -> QWidget:
    """The window on the screen, once its layouts have settled."""
    shown(window, qtbot)
    for _ in range(6):
        QApplication.processEvents()
    return window


@pytest.mark.parametrize("zoom", [100, 140, 200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_window_cuts_a_text_or_a_control_off(
    set_text: SetText, small_screen: None, qtbot: QtBot, language: UiLanguage, zoom: int
) -> None:
    set_text(language, zoom)
    found = {name: cut_texts(laid_out(make(), qtbot)) for name, make in WINDOWS.items()}
    assert {name: cuts for name, cuts in found.items() if cuts} == {}


@pytest.mark.parametrize("zoom", [100, 140, 200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_do_not_scroll_sideways_and_cut_nothing_off(
    set_text: SetText, small_screen: None, qtbot: QtBot, window: MainWindow, language: UiLanguage, zoom: int
) -> None:
    set_text(language, zoom)
    settings = SettingsWindow(Settings(), window.key_actions)
    settings.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    assert cut_texts(laid_out(settings, qtbot)) == []


def test_settings_follow_a_change_of_the_text_size_while_they_are_open(
    set_text: SetText, qtbot: QtBot, window: MainWindow
) -> None:
    settings = SettingsWindow(Settings(), window.key_actions)
    settings.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    shown(settings, qtbot)
    settings.resize(660, 640)  # Too narrow for a name beside its editor at 200 %.
    for zoom in (200, 100, 200):
        set_text(UiLanguage.ENGLISH, zoom)
        qtbot.waitUntil(lambda: cut_texts(settings) == [])
        rows = settings.findChildren(StackingRow)
        assert rows
        assert {row.is_stacked for row in rows} == {zoom == 200}


@pytest.mark.parametrize("zoom", [100, 140, 200])
def test_a_card_of_a_model_and_more_is_seen_at_once(
    set_text: SetText, small_screen: None, qtbot: QtBot, zoom: int
) -> None:
    set_text(UiLanguage.ENGLISH, zoom)
    window = ModelsWindow(known_models(), describe, "https://huggingface.co")
    window.show_library(library())
    laid_out(window, qtbot)
    first, second = list(window.rows.values())[:2]
    assert first.visibleRegion().boundingRect().height() == first.height()
    assert second.visibleRegion().boundingRect().height() > 0


def test_a_window_is_as_much_larger_as_its_text(set_text: SetText, qtbot: QtBot) -> None:
    set_text(UiLanguage.ENGLISH, 200)
    window = QWidget()
    ScreenFit(window, 200, 150)
    assert window.size() == QSize(400, 300)


def test_parts_of_a_row_are_stacked_when_one_of_them_needs_the_room(theme: Theme, qtbot: QtBot) -> None:
    second = QPushButton("Add")
    row = StackingRow(label("Name"), second, 100)
    shown(row, qtbot)
    row.resize(300, 100)
    assert not row.is_stacked
    second.setText("Add a folder and all of its subfolders to this list")
    qtbot.waitUntil(lambda: row.is_stacked)
    second.setText("Add")
    qtbot.waitUntil(lambda: not row.is_stacked)


def test_what_is_cut_off_is_found(theme: Theme, qtbot: QtBot) -> None:
    window = QWidget()
    row = QHBoxLayout(window)
    row.setSizeConstraint(QBoxLayout.SizeConstraint.SetNoConstraint)
    box = QComboBox()
    box.addItems(["A rather long text for a small field"])
    box.setMinimumWidth(1)
    for part in (QLabel("Words of a label"), QPushButton("Words of a button"), box):
        row.addWidget(part)
    laid_out(window, qtbot)
    window.resize(1200, 60)
    QApplication.processEvents()
    assert cut_texts(window) == []
    window.resize(90, 60)
    QApplication.processEvents()
    found = "\n".join(cut_texts(window))
    assert all(kind in found for kind in ("QLabel", "QPushButton", "QComboBox"))
