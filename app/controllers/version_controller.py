"""Shows a newer version in a one-line notice, whose button opens its page in the browser."""

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from app import __version__
from app.domain.error_texts import settings_texts
from app.domain.settings.releases import Release
from app.services.settings.version_check import VersionCheck
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, Severity


class VersionController(QObject):
    """Wires the check to the notices; only the version number and its page's address are fetched."""

    def __init__(self, window: MainWindow, check: VersionCheck, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = window.notices
        check.found.connect(self._on_found)

    @Slot(Release)
    def _on_found(self, release: Release) -> None:
        version = release.version.removeprefix("v")
        text = tr("Lorgnette {version} is available. You have {own}.", version=version, own=__version__)
        page = Action(tr("Open release page"), self._open, (release,))
        self._notices.show_notice(Notice(Severity.INFO, text, actions=(page,)))

    def _open(self, release: Release) -> None:
        if not QDesktopServices.openUrl(QUrl(release.page)):
            self._notices.show_problem(settings_texts.PAGE_NOT_SHOWN.problem(address=release.page))
