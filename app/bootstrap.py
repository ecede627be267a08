"""Start-up, and the only place where parts are built and wired.

`run_application` takes the folder's lock, reads the settings, builds the window and shows it. Nothing else is needed
for the first paint: the chats are read and the model is opened once the event loop turns. The window (ui) emits facts;
the services act on them; their signals change the window. Engine processes start with their first request. At the end
the draft is saved, the processes are closed, and the store's thread finishes its work last.
"""

import logging
import signal
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app import __version__
from app.domain.errors import StorageError
from app.engine.process.backend import BackendKind
from app.paths import Paths
from app.services.answers import Answers
from app.services.background import BackgroundThread
from app.services.chat_session import ChatSession
from app.services.engine import ClientFactory, Engine
from app.services.image_importer import ImageImporter
from app.services.library import Library
from app.services.model_engine import ModelEngine
from app.services.preferences import Preferences
from app.services.previews import Previews
from app.services.store_thread import StoreThread
from app.storage.attachments import FileAttachmentStore
from app.storage.conversations import SqliteConversationStore
from app.storage.settings_file import SettingsFile
from app.ui.main_window import MainWindow

_log = logging.getLogger(__name__)

LOCK_MILLISECONDS = 100


def run_application(paths: Paths, images: Sequence[Path] = (), model_folder: str = "") -> int:
    """Run the window until it is closed and return the exit status."""
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
    _log_to(paths.log)
    lorgnette = Lorgnette(paths)
    lorgnette.window.show()
    QTimer.singleShot(0, lorgnette, partial(lorgnette.begin, images, model_folder))
    status = application.exec()
    lorgnette.shut_down()
    lock.unlock()
    return status


class Lorgnette(QObject):
    """All parts of one running application."""

    def __init__(self, paths: Paths, create_client: ClientFactory = EngineClient) -> None:
        super().__init__()
        settings_file = SettingsFile(paths.settings)
        settings, self._settings_problem = settings_file.load()
        self._engines = {kind: Engine(kind, create_client, self) for kind in BackendKind}
        images, reader, model = (self._engines[kind] for kind in BackendKind)
        self._files_thread = BackgroundThread("files", self)
        self._files = FileAttachmentStore(paths.attachments, paths.incoming)
        self.store = StoreThread(partial(SqliteConversationStore.open, paths.database), self)
        self.preferences = Preferences(settings, settings_file, self._files_thread, self)
        self.model = ModelEngine(model, self)
        self.library = Library(self.store, self)
        self.answers = Answers(self.model, reader, self.store, self)
        self.session = ChatSession(self.library, self.answers, self.store, self._files, self._options, self)
        self.importer = ImageImporter(images, self._files, self._files_thread, self)
        self.previews = Previews(images, self._files, self)
        self.window = MainWindow(self._files.thumbnail_path)
        self._wire()
        self._restore_window(settings)

    def begin(self, images: Sequence[Path], model_folder: str) -> None:
        """What may wait until the window has been painted: the chats, the model, the images to open."""
        settings = self.preferences.settings
        if self._settings_problem:
            self.window.notices.show_problem(self._settings_problem)
        self._on_status_changed(self.model.status)
        self._opens_latest = not images
        self.library.load()
        folder = model_folder or settings.model_folder
        if folder:
            self.model.open(folder)
        self._on_files_dropped(images)

    def shut_down(self) -> None:
        """Keep everything and end every thread and process."""
        self.session.save_draft()
        settings = self.preferences.settings
        geometry = bytes(self.window.saveGeometry().toBase64().data()).decode("ascii")
        sidebar_visible = not self.window.sidebar.isHidden()
        self.preferences.update(replace(settings, window_geometry=geometry, sidebar_visible=sidebar_visible))
        for engine in self._engines.values():
            engine.shut_down()
        self._files_thread.close()
        self.store.close()

    def _options(self) -> GenerationOptions:
        return self.preferences.settings.generation

    def _wire(self) -> None:
        self._wire_window()
        self._wire_composer()
        self._wire_chat()
        self._wire_services()
