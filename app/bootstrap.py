"""Start-up: the folder's lock, the log, the application and its event loop."""

import logging
import signal
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app import __version__
from app.application import Lorgnette
from app.domain.discreet_log import DiscreetFormatter, log_uncaught
from app.domain.errors import StorageError, problem_of
from app.domain.summons import Summons
from app.paths import Paths
from app.services.running_instance import summon
from app.storage.atomic import storage_error
from app.storage.file_lock import try_lock

_log = logging.getLogger(__name__)

LOG_BYTES = 1024 * 1024


def run_application(paths: Paths, summons: Summons, model_folder: str = "") -> int:
    """Run the window until it is closed and return the exit status.

    Where one is open over the same folder, it takes over what is asked. What the first paint does not need (the chats,
    the model, the images) is begun once the event loop turns.
    """
    # Ctrl+C in a terminal ends the process at once: everything is on disk, and the engines notice the broken pipe.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = QApplication(["lorgnette"])
    application.setApplicationName("Lorgnette")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("lorgnette")
    try:
        lock = _lock(paths)
    except StorageError as error:
        QMessageBox.warning(None, "Lorgnette", error.problem.sentence)
        return 1
    if lock is None:
        if summon(paths.data, summons):
            return 0
        QMessageBox.warning(
            None, "Lorgnette", "Lorgnette is already running, and does not answer. Look for its window."
        )
        return 1
    _log_to(paths.log)
    lorgnette = Lorgnette(paths, application)
    log_uncaught(_log, partial(_show_bug, lorgnette))  # Qt hands over what escapes from a slot, and goes on.
    lorgnette.window.show()
    QTimer.singleShot(0, lorgnette, partial(lorgnette.begin, summons, model_folder))
    status = application.exec()
    lorgnette.shut_down()
    lock.close()
    return status


def _show_bug(lorgnette: Lorgnette, error: BaseException) -> None:
    if isinstance(error, Exception):
        lorgnette.window.notices.show_problem(problem_of(error))


def _lock(paths: Paths) -> BinaryIO | None:
    """The folder's lock, held until it is closed: two windows over one store would overwrite each other's drafts.

    None where another window has it. Raises StorageError. A file that names its owner's number, as Qt's does, is taken
    for a living one's where numbers come again: in a sandbox, where each start has the same.
    """
    try:
        paths.data.mkdir(parents=True, exist_ok=True)
        lock = (paths.data / "lock").open("ab")
    except PermissionError as error:
        raise StorageError(f"The folder {paths.data} cannot be written to.", todo="Check its permissions.") from error
    except OSError as error:
        raise storage_error(error, "The data folder") from error
    if not try_lock(lock.fileno()):
        lock.close()
        return None
    return lock


def _log_to(path: Path) -> None:
    """Warnings and errors go into one small file."""
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(DiscreetFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
