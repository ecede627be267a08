"""The notice of a file that was saved, which can be opened from it."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.ui.widgets.i18n import tr
from app.ui.widgets.notice import Action, Notice, Severity
from app.ui.widgets.notices import Notices


def show_saved(notices: Notices, target: Path, text: str, detail: str = "") -> None:
    """Report that `target` was written, and offer to open it or its folder with the desktop's programs."""
    actions = (
        Action(tr("Open"), open_on_desktop, (notices, target)),
        Action(tr("Show in folder"), open_on_desktop, (notices, target.parent)),
    )
    notices.show_notice(Notice(Severity.SUCCESS, text, detail, actions))


def open_on_desktop(notices: Notices, path: Path) -> None:
    """Open a file or folder with the desktop's program for it; called for a user's click only."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        text = tr("“{file}” could not be opened: no program for it was found.", file=path)
        notices.show_notice(Notice(Severity.WARNING, text, tr("Open it with a program of your choice.")))
