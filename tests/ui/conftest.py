"""Widgets are built as the application builds them: themed, and deleted at the end of each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.settings import ThemeChoice
from app.ui.main_window import MainWindow
from app.ui.theme import Theme


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, ThemeChoice.LIGHT)
    yield made
    made.deleteLater()


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> MainWindow:
    made = MainWindow(lambda _: Path("no thumbnail"))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made
