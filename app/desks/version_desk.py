"""A newer version is told in one line, whose button opens its page in the browser."""

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from app import __version__
from app.domain.errors import Problem, ProblemKind
from app.domain.releases import Release
from app.services.version_check import VersionCheck
from app.ui.main_window import MainWindow
from app.ui.translation import tr


class VersionDesk(QObject):
    """Wires the check to the notices; nothing is fetched but the version's number and its page's address."""

    def __init__(self, window: MainWindow, check: VersionCheck, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = window.notices
        self._page = ""
        check.found.connect(self._on_found)
        window.notices.remedy_clicked.connect(self._on_remedy_clicked)

    @Slot(object)
    def _on_found(self, release: Release) -> None:
        self._page = release.page
        version = release.version.removeprefix("v")
        what = tr("Lorgnette {version} is out; this is {own}.", version=version, own=__version__)
        self._notices.show_problem(Problem(ProblemKind.RELEASE, what))

    @Slot(object)
    def _on_remedy_clicked(self, kind: ProblemKind) -> None:
        if kind is ProblemKind.RELEASE and self._page:
            QDesktopServices.openUrl(QUrl(self._page))
