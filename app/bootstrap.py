"""Start-up: the folder's lock, the log, the application and its event loop."""

import logging
import signal
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import QDeadlineTimer, QThread, QTimer
from PySide6.QtWidgets import QMessageBox

from app import __version__
from app.application import Lorgnette
from app.domain.errors import StorageError
from app.domain.launch_request import LaunchRequest
from app.domain.redacting_log import RedactingFormatter, log_uncaught
from app.domain.settings.settings import UiLanguage
from app.paths import LOCK_NAME, Paths, make_private_file, make_private_folder
from app.screen import open_screen
from app.services.engines.garbage_collector import GarbageCollector
from app.services.engines.running_instance import send_launch_request
from app.services.settings.bug_reports import BugReports
from app.storage.files.data_folder import unusable
from app.storage.files.file_lock import try_lock
from app.ui.widgets.i18n import speak
from app.ui.widgets.problem_text import problem_sentence

_log = logging.getLogger(__name__)

LOG_BYTES = 1024 * 1024
STARTING_MILLISECONDS = 15_000
"""Milliseconds within which a window with the folder's lock should listen, even on a slow disk."""
RETRY_MILLISECONDS = 100


def run_application(paths: Paths, launch_request: LaunchRequest, model_folder: str = "") -> int:
    """Run the window until it is closed and return the exit status.

    If a window with the same folder is open, it handles the launch request. What the first paint does not need (the
    chats, the model, the images) is started once the event loop runs.
    """
    # Ctrl+C in a terminal ends the process at once: everything is on disk, and the engines notice the broken pipe.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = open_screen("lorgnette")
    GarbageCollector(application)
    application.setApplicationName("Lorgnette")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("lorgnette")
    try:
        lock, is_received = lock_or_send(paths, launch_request)
    except StorageError as error:
        speak(application, UiLanguage.SYSTEM)  # The settings have not been read.
        QMessageBox.warning(None, "Lorgnette", problem_sentence(error.problem))
        return 1
    if is_received:
        return 0
    if lock is None:
        QMessageBox.warning(
            None, "Lorgnette", "Lorgnette is already running, and does not answer. Look for its window."
        )
        return 1
    _log_to(paths.log)
    lorgnette = Lorgnette(paths, application)
    bugs = BugReports(lorgnette)
    bugs.problem_met.connect(lorgnette.window.notices.show_problem)
    log_uncaught(_log, bugs.report)  # Qt reports exceptions that escape from a slot, and continues.
    if not launch_request.stays_away:
        lorgnette.window.show()
    QTimer.singleShot(0, lorgnette, partial(lorgnette.begin, launch_request, model_folder))
    status = application.exec()
    lorgnette.shut_down()
    lock.close()
    return status


class _PrivateLog(RotatingFileHandler):
    """A log file that only its user may read."""

    def _open(self) -> TextIOWrapper:
        make_private_file(Path(self.baseFilename))
        return super()._open()


def lock_or_send(paths: Paths, launch_request: LaunchRequest) -> tuple[BinaryIO | None, bool]:
    """Return the folder's lock, or None and whether the window that holds it has received the launch request.

    A starting window holds the lock before it listens: the request is sent again until it listens or is gone.
    """
    deadline = QDeadlineTimer(STARTING_MILLISECONDS)
    while (lock := lock_folder(paths)) is None:
        is_received = send_launch_request(paths.data, launch_request)
        if is_received is not None or deadline.hasExpired():
            return None, bool(is_received)
        QThread.msleep(RETRY_MILLISECONDS)
    return lock, False


def lock_folder(paths: Paths) -> BinaryIO | None:
    """Lock the folder until the file is closed: two windows over one store would overwrite each other's drafts.

    Returns None if another window holds the lock. Raises StorageError. A lock file with its owner's process id, such as
    Qt's, would seem to be in use where process ids recur: in a sandbox, where each start has the same one.
    """
    try:
        make_private_folder(paths.data)
        make_private_file(paths.data / LOCK_NAME)
        lock = (paths.data / LOCK_NAME).open("ab")
    except OSError as error:
        raise unusable(paths.data, error) from error
    if not try_lock(lock.fileno()):
        lock.close()
        return None
    return lock


def _log_to(path: Path) -> None:
    """Log warnings and errors to one small file."""
    handler = _PrivateLog(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
