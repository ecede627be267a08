"""The application: the only place where parts are built.

The window (ui) emits facts; the desks hand them to the services, whose signals change the window. Engine processes
start with their first request. At the end the draft is saved, the processes are closed, and the store's thread finishes
its work last.
"""

import logging
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QByteArray, QObject, QTimer, Slot, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app import __version__
from app.desks.batch_desk import BatchDesk
from app.desks.chat_desk import ChatDesk
from app.desks.document_desk import DocumentDesk
from app.desks.downloads_desk import DownloadsDesk
from app.desks.file_desk import FileDesk
from app.desks.image_desk import ImageDesk
from app.desks.model_desk import ModelDesk
from app.desks.offline_desk import OfflineDesk
from app.desks.server_desk import ServerDesk
from app.desks.settings_desk import SettingsDesk
from app.desks.translation_desk import TranslationDesk
from app.desks.version_desk import VersionDesk
from app.domain.discreet_log import kind_of
from app.domain.errors import Problem
from app.domain.generation import GenerationOptions, LoadOptions
from app.domain.ports import ConversationStore
from app.domain.presets import Preset
from app.domain.settings import Settings
from app.domain.summons import Summons
from app.downloads import DownloadParts
from app.engine.process.backend import BackendKind
from app.engine.process.client import EngineClient
from app.hub.releases import ReleaseFeed
from app.paths import DEMO_MODEL, Paths
from app.services.answers import Answers
from app.services.aside_questions import AsideQuestions
from app.services.background import BackgroundThread
from app.services.batch_queue import BatchQueue
from app.services.chat_exporter import ChatExporter
from app.services.chat_importer import ChatImporter
from app.services.chat_session import ChatSession
from app.services.document_session import DocumentSession
from app.services.engine import ClientFactory, Engine
from app.services.file_saver import FileSaver
from app.services.image_importer import ImageImporter
from app.services.image_texts import ImageTexts
from app.services.library import Library
from app.services.model_downloads import ModelDownloads
from app.services.model_engine import ModelEngine
from app.services.model_shelf import ModelShelf
from app.services.pictures import Pictures
from app.services.preferences import Preferences
from app.services.previews import Previews
from app.services.read_ahead import ReadAhead
from app.services.running_instance import RunningInstance
from app.services.server_link import ServerLink
from app.services.store_thread import StoreThread
from app.services.translator import Translator
from app.services.version_check import VersionCheck
from app.storage.atomic import save_file
from app.storage.attachments import FileAttachmentStore
from app.storage.card_support import card_packages
from app.storage.conversations import SqliteConversationStore
from app.storage.export import ChatWriter
from app.storage.import_chat import read_chat
from app.storage.model_catalog import known_models
from app.storage.settings_file import SettingsFile
from app.storage.spreadsheet import save_workbook
from app.ui.chat_pdf import chat_pdf
from app.ui.main_window import MainWindow
from app.ui.theme import Theme
from app.ui.translation import speak

GEOMETRY_MILLISECONDS = 2000
"""After the last change, so that a crash finds the window where it was."""
_log = logging.getLogger(__name__)


class Lorgnette(QObject):
    """All parts of one running application."""

    def __init__(self, paths: Paths, application: QApplication, create_client: ClientFactory = EngineClient) -> None:
        super().__init__()
        self._paths = paths
        settings_file = SettingsFile(paths.settings)
        settings, self._settings_problem = settings_file.load()
        self._engines = {kind: Engine(kind, create_client, self) for kind in BackendKind}
        images, reader, model = (self._engines[kind] for kind in BackendKind)
        self._files_thread = BackgroundThread("files", self)
        self._files = FileAttachmentStore(paths.attachments, paths.incoming)
        self.store = StoreThread(partial(SqliteConversationStore.open, paths.database), self)
        self.preferences = Preferences(settings, settings_file, self._files_thread, self)
        self.model = ModelEngine(model, ImageTexts(reader, self), self._load_options, self)
        self.library = Library(self.store, self)
        self.answers = Answers(self.model, reader, self.store, self)
        self.session = ChatSession(self.library, self.answers, self.store, self._files, self._options, self)
        self.read_ahead = ReadAhead(self.session, self.model, self._options, self)
        self.pictures = Pictures(images, self._files, self)
        self.questions = AsideQuestions(self.model, self)
        self.translator = Translator(reader, self.model, self.questions, self._files, self)
        self.document = DocumentSession(images, reader, self.store, self._files_thread, self._files.new_incoming, self)
        writer = ChatWriter(self._files.path, chat_pdf)
        self.exporter = ChatExporter(self.store, self._files_thread, self.pictures, writer.write, self)
        self.chat_importer = ChatImporter(
            self.library, self.store, self._files, self._files_thread, self.pictures, read_chat, self
        )
        self.importer = ImageImporter(images, self._files, self._files_thread, self)
        self.previews = Previews(images, self._files, self)
        self._known_models = known_models()
        parts = DownloadParts(
            paths, lambda: self.preferences.settings, tuple(model.model_id for model in self._known_models)
        )
        self.shelf = ModelShelf(parts.folders, parts.look, parts.keep_token, self)
        self.downloads = ModelDownloads(parts.downloader, self)
        self.server_link = ServerLink(
            self.model, self._files_thread, parts.key_of, parts.keep_key, self._is_offline, self
        )
        self._batch_thread = BackgroundThread("batch", self)
        opener, batch_reader = (Engine(kind, create_client, self) for kind in (BackendKind.IMAGES, BackendKind.READER))
        self.batch = BatchQueue(
            opener,
            batch_reader,
            self.model,
            lambda: Engine(BackendKind.MODEL, create_client, self),
            self._batch_thread,
            self,
        )
        self._feed = ReleaseFeed(lambda: self.preferences.settings)
        self.versions = VersionCheck(self._feed, self.preferences, __version__, parent=self)
        self._instance: RunningInstance | None = None
        speak(application, settings.language)
        self._theme = Theme(application, settings.theme, settings.zoom)
        self.window = MainWindow(self._files.thumbnail_path)
        self._wire()
        self._restore_window()
        self._geometry_timer = QTimer(self)
        self._geometry_timer.setSingleShot(True)
        self._geometry_timer.setInterval(GEOMETRY_MILLISECONDS)
        self._geometry_timer.timeout.connect(self._save_geometry)
        self.window.geometry_changed.connect(self._geometry_timer.start)

    def begin(self, summons: Summons, model_folder: str) -> None:
        """What may wait until the window has been painted: the chats, the model, what was asked for besides."""
        if self._settings_problem:
            self.window.notices.show_problem(self._settings_problem)
        self._chat_desk.opens_latest = summons == Summons()
        self.library.load()
        self.store.run(_opening_report, self._on_store_opened)
        if model_folder or not self._server_desk.begin():
            self.model.open(model_folder or self.preferences.settings.model_folder or str(DEMO_MODEL))
        self._instance = RunningInstance(self._paths.data, self)
        self._instance.summoned.connect(self._on_summoned)
        self._image_desk.take(summons)
        self._batch_desk.begin()
        self.versions.begin()

    def shut_down(self) -> None:
        """Keep everything and end every thread and process."""
        self.session.save_draft()
        self._document_desk.close()
        self._geometry_timer.stop()
        self._save_geometry()
        if self._instance:
            self._instance.close()
        self.batch.shut_down()
        for engine in self._engines.values():
            engine.shut_down()
        self.downloads.close()
        self.versions.close()
        self.shelf.close()
        self._batch_thread.close()
        self._files_thread.close()
        self.store.close()
        self.window.close()

    @Slot()
    def _save_geometry(self) -> None:
        geometry = bytes(self.window.saveGeometry().toBase64().data()).decode("ascii")
        settings = self.preferences.settings
        self.preferences.update(replace(settings, window_geometry=geometry, sidebar_visible=self.window.wants_sidebar))

    def _load_options(self) -> LoadOptions:
        chosen = self.preferences.settings.loading
        cache = chosen.cache_folder or str(self._paths.converted_weights)
        return replace(chosen, cache_folder=cache, card_folder=card_packages(self._paths.card_support))

    def _diagnostics(self) -> str:
        from app.storage.diagnostics import diagnostics  # noqa: PLC0415 - loads psutil

        status = self.model.status
        running = {"Window": f"Qt {qVersion()}, {QGuiApplication.platformName()}", "Model": status.state.value}
        if info := status.info:
            source = "a server" if info.server else f"{info.device} ({info.device_reason})"
            running["Answers from"] = f"{source}; {info.scheme}, context {info.context_length}"
        return diagnostics(self._paths, self.preferences.settings, running)

    def _is_offline(self) -> bool:
        return self.preferences.settings.offline

    def _options(self) -> GenerationOptions:
        return self.preferences.settings.generation

    def _restore_window(self) -> None:
        settings = self.preferences.settings
        self.window.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode("ascii", "ignore")))
        self.window.set_sidebar_wanted(settings.sidebar_visible)
        self.window.model_picker.set_recent(settings.recent_model_folders)
        self._apply(settings)
        self.window.set_status(self.model.status)
        self.window.sidebar.select(self.session.conversation_id)

    def _wire(self) -> None:
        window = self.window
        self._chat_desk = ChatDesk(window, self.session, self.library, self.answers, self)
        self._file_desk = FileDesk(window, self.session, self.library, self.exporter, self.chat_importer, self)
        saver = FileSaver(self._files_thread, save_file, save_workbook, self)
        self._image_desk = ImageDesk(window, self.session, self.importer, self.previews, self.model, saver, self)
        self._document_desk = DocumentDesk(window, self.document, self.model, self.questions, self._files, saver, self)
        self.importer.was_too_long.connect(self._document_desk.remember)
        self._translation_desk = TranslationDesk(window, self.translator, self.pictures, saver, self)
        useless = frozenset() if self._feed.address else frozenset({"tells_of_versions"})
        self._settings_desk = SettingsDesk(window, self.preferences, self._diagnostics, useless, self)
        self._version_desk = VersionDesk(window, self.versions, self)
        self._model_desk = ModelDesk(window, self.model, self.preferences, self)
        self._downloads_desk = DownloadsDesk(
            self._known_models, window, self._model_desk, self.model, self.shelf, self.downloads, self.preferences, self
        )
        self._offline_desk = OfflineDesk(window, self.model, self.downloads, self.preferences, self)
        self._server_desk = ServerDesk(window, self.model, self.server_link, self.preferences, self)
        self._batch_desk = BatchDesk(window, self.batch, self.model, self.preferences, self)
        window.composer.text_changed.connect(self.read_ahead.look_soon)
        window.composer.preset_saved.connect(self._on_preset_saved)
        window.composer.preset_removed.connect(self._on_preset_removed)
        self.preferences.changed.connect(self._apply)
        for source in (self.store, self.preferences, self.session, self.exporter, self.chat_importer, saver):
            source.problem_met.connect(window.notices.show_problem)

    @Slot(object)
    def _on_summoned(self, summons: Summons) -> None:
        self.window.come_forward()
        if summons.images and self.session.branch:
            self.session.start_new()
        self._image_desk.take(summons)

    @Slot(object)
    def _apply(self, settings: Settings) -> None:
        """Put into force what the window shows of the settings; services ask for theirs."""
        self._theme.choose(settings.theme, settings.zoom)
        self.window.set_keys(settings.keys)
        self.window.menu_button.set_theme(settings.theme)
        self.window.composer.set_presets(settings.presets)
        self.window.composer.set_options(settings.generation)
        self.model.set_keep_loaded(settings.keep_loaded)

    @Slot(object)
    def _on_preset_saved(self, preset: Preset) -> None:
        others = (other for other in self.preferences.settings.presets if other.name != preset.name)
        self._keep_presets((*others, preset))

    @Slot(object)
    def _on_preset_removed(self, preset: Preset) -> None:
        self._keep_presets(tuple(other for other in self.preferences.settings.presets if other != preset))

    def _keep_presets(self, presets: tuple[Preset, ...]) -> None:
        self.preferences.update(replace(self.preferences.settings, presets=presets))

    def _on_store_opened(self, report: tuple[Problem | None, set[str]]) -> None:
        problem, digests = report
        if problem:
            self.window.notices.show_problem(problem)
        else:
            self._files_thread.submit(partial(self._files.collect_garbage, digests), _nothing, _warn)


def _opening_report(store: ConversationStore) -> tuple[Problem | None, set[str]]:
    return store.problem, store.attachment_digests()


def _nothing(_outcome: object) -> None:
    """Nobody waits for this."""


def _warn(error: Exception) -> None:
    _log.warning("unused images could not be removed: %s", kind_of(error))
