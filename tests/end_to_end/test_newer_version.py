"""A newer version is told in the window, for those who have asked for it."""

import json
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from app import __version__
from app.domain.settings.settings import Settings
from app.paths import Paths
from app.storage.settings.settings_file import SettingsFile
from app.ui.settings.settings_window import SettingsWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.notice import Severity
from tests.end_to_end.conftest import OpenDesktop
from tests.support.chat_server import chat_server

PAGE = "https://example.org/releases/v9.0"


class Browser(QObject):
    """Stands in for the desktop's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


@pytest.fixture
def browser(qapp: QApplication) -> Iterator[Browser]:
    made = Browser()
    QDesktopServices.setUrlHandler("https", made, "open")  # type: ignore[arg-type]  # A string, whatever its stub says.
    yield made
    QDesktopServices.unsetUrlHandler("https")


def shown_settings(window: MainWindow) -> str:
    (dialog,) = window.findChildren(SettingsWindow)
    return " ".join(row.search_text for row in dialog.rows)


def test_a_newer_version_is_told_and_its_page_opened(paths: Paths, open_desktop: OpenDesktop, browser: Browser) -> None:
    with chat_server() as server:
        server.models = json.dumps({"tag_name": "v9.0", "html_url": PAGE}).encode()
        settings = Settings(tells_of_versions=True, releases_feed=f"{server.address}/latest")
        SettingsFile(paths.settings).save(settings)
        desktop = open_desktop()
        notices = desktop.window.notices
        desktop.wait(lambda: any(notice.severity is Severity.INFO for notice in notices.current))
    (box,) = notices.boxes
    assert box.notice.text == f"Lorgnette 9.0 is available. You have {__version__}."
    box.buttons[0].click()
    assert browser.opened == [PAGE]
    desktop.window.settings_triggered.emit("check for updates")
    assert "Check for updates" in shown_settings(desktop.window)


def test_without_a_feed_the_setting_is_not_shown(open_desktop: OpenDesktop) -> None:
    desktop = open_desktop()
    desktop.window.settings_triggered.emit("")
    assert "Offline" in shown_settings(desktop.window)
    assert "Check for updates" not in shown_settings(desktop.window)
