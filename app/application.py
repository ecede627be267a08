"""The application: the only place where its parts are created.

The window (ui) emits signals; the controllers pass them to the services, whose signals update the window. Engine
processes start with their first request. At shutdown the draft is saved, the processes are closed, and the store's
thread finishes its work last.
"""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from app import __version__
from app.controllers.backup_controller import BackupController
from app.controllers.batch_controller import BatchController
from app.controllers.chat_controller import ChatController
from app.controllers.chat_folder_controller import ChatFolderController
from app.controllers.document_controller import DocumentController
from app.controllers.document_export_controller import DocumentExportController
from app.controllers.document_find_controller import DocumentFindController
from app.controllers.document_model_controller import DocumentModelController
from app.controllers.document_question_controller import DocumentQuestionController
from app.controllers.downloads_controller import DownloadsController
from app.controllers.draft_image_controller import DraftImageController
from app.controllers.file_controller import FileController
from app.controllers.first_look_controller import FirstLookController
from app.controllers.folder_controller import FolderController
from app.controllers.geometry_controller import GeometryController
from app.controllers.global_key_controller import GlobalKeyController
from app.controllers.image_controller import ImageController
from app.controllers.image_library_controller import ImageLibraryController
from app.controllers.instructions_controller import InstructionsController
from app.controllers.model_controller import ModelController
from app.controllers.offline_controller import OfflineController
from app.controllers.proof_controller import ProofController
from app.controllers.queued_question_controller import QueuedQuestionController
from app.controllers.resolution_controller import ResolutionController
from app.controllers.search_controller import SearchController
from app.controllers.server_controller import ServerController
from app.controllers.settings_controller import SettingsController
from app.controllers.temporary_chat_controller import TemporaryChatController
from app.controllers.text_capture_controller import TextCaptureController
from app.controllers.translation_controller import TranslationController
from app.controllers.version_controller import VersionController
from app.diagnostics_collector import DiagnosticsCollector
from app.disk_cache_files import DiskCacheFolder
from app.domain.ids import ConversationId
from app.domain.launch_request import LaunchRequest
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.domain.settings.settings import Settings
from app.downloads import DownloadFactory
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.host import run_engine_process
from app.hub.releases import ReleaseFeed
from app.paths import DEMO_MODEL, Paths
from app.services.batch.batch_queue import BatchQueue
from app.services.batch.batch_results import BatchResults
from app.services.chat.answers import Answers
from app.services.chat.chat_backups import ChatBackups
from app.services.chat.chat_disk_cache import ChatDiskCache
from app.services.chat.chat_exporter import ChatExporter
from app.services.chat.chat_importer import ChatImporter
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.chat.prefill_ahead import PrefillAhead
from app.services.chat.question_queue import QuestionQueue
from app.services.chat.temporary_chat import TemporaryChat
from app.services.chat.turn_writer import TurnWriter
from app.services.documents.document_session import DocumentSession
from app.services.documents.proof_sources import ProofSources
from app.services.documents.shown_text import ShownText
from app.services.documents.text_index import TextIndex
from app.services.documents.translator import Translator
from app.services.engines.background import BackgroundThread, log_failure
from app.services.engines.engine import ClientFactory, Engine
from app.services.engines.file_saver import FileSaver
from app.services.engines.images_engine import ImagesEngine
from app.services.engines.reader_engine import ReaderEngine
from app.services.engines.running_instance import RunningInstance
from app.services.engines.store_thread import StoreThread
from app.services.images.image_importer import ImageImporter
from app.services.images.import_order import ImageFiles
from app.services.images.interrupted_imports import InterruptedImports
from app.services.images.pictures import Pictures
from app.services.images.previews import Previews
from app.services.images.text_capture import TextCapture
from app.services.models.automatic_resolution import AutomaticResolution
from app.services.models.background_requests import BackgroundRequests
from app.services.models.image_texts import ImageTexts
from app.services.models.model_downloads import ModelDownloads
from app.services.models.model_engine import ModelEngine
from app.services.models.model_library import ModelLibrary
from app.services.models.server_link import ServerLink
from app.services.settings.preferences import Preferences
from app.services.settings.version_check import VersionCheck
from app.startup_jobs import submit_startup_jobs
from app.storage.chat.export import ChatWriter
from app.storage.chat.import_chat import read_chat
from app.storage.database.backups import references_beside
from app.storage.documents.spreadsheet import save_workbook
from app.storage.documents.word_document import save_word
from app.storage.files.atomic import save_file
from app.storage.files.data_folder import DataFolder
from app.storage.images.attachments import FileAttachmentStore
from app.storage.images.open_imports_file import OpenImportsFile
from app.storage.images.temporary_images import TemporaryImages
from app.storage.images.unused_images import UnusedImages
from app.storage.models.disk_cache_key import disk_cache_key
from app.storage.models.gpu_support import gpu_packages
from app.storage.models.model_catalog import known_models
from app.storage.settings.settings_file import SettingsFile
from app.storage.stores import SqliteStores
from app.ui.chat.chat_pdf import chat_pdf
from app.ui.documents.document_window import DocumentWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import speak
from app.ui.widgets.theme import Theme
from app.unused_images_of_chats import UnusedImagesOfChats
from app.windowless_start import WindowlessStart


class Lorgnette(QObject):
    """All parts of one running application."""

    def __init__(self, paths: Paths, application: QApplication, create_client: ClientFactory | None = None) -> None:
        super().__init__()
        create_client = create_client or self._client
        self._paths, folder = paths, DataFolder(paths.data)
        settings_file = SettingsFile(paths.settings, folder)
        settings, self._settings_problem = settings_file.load()
        self.engines = {kind: Engine(kind, create_client, self) for kind in BackendKind}
        images = ImagesEngine(self.engines[BackendKind.IMAGES])
        reader = ReaderEngine(self.engines[BackendKind.READER])
        self._files_thread, self._batch_thread, self._thumbnails_thread = (
            BackgroundThread(name, self) for name in ("files", "batch", "thumbnails")
        )
        self._files = TemporaryImages(FileAttachmentStore(paths.attachments, paths.incoming, folder))
        self.stores = StoreThread(partial(SqliteStores, paths.database, paths.attachments, folder), self)
        self._unused_images = UnusedImagesOfChats(
            self.stores,
            self._files.lasting,
            UnusedImages(paths.attachments, paths.unused, folder),
            partial(references_beside, paths.database),
            self._files_thread,
            self,
        )
        self._text_index = TextIndex(self.stores.pages, self)
        self.preferences = Preferences(settings, settings_file, self._files_thread, self)
        self.model = ModelEngine(
            self.engines[BackendKind.MODEL],
            self.engines[BackendKind.SERVER],
            ImageTexts(reader, self._text_index.add, self),
            self._load_options,
            self,
        )
        self.library = ChatLibrary(self.stores.chats, self)
        self.answers = Answers(self.model, reader, self.stores.chats, self)
        self.resolution = AutomaticResolution(self.model.image_texts, self._files, self._options, self)
        turns = TurnWriter(
            self.library, self.answers, self.stores.chats, self._files, self._options, self.resolution, self
        )
        self.queue = QuestionQueue(self.library, self.answers, turns, self.stores.chats, self)
        self.session = ChatSession(self.library, self.answers, turns, self.queue, self.stores.chats, self._files, self)
        self.backups = ChatBackups(
            self.stores.backups,
            self.stores.chats,
            self.library,
            self.session,
            self.answers,
            self._unused_images.put_back,
            self,
        )
        self.prefill_ahead = PrefillAhead(self.session, self.model, self._options, self.resolution, self)
        self.pictures = Pictures(images, self._files)
        self.background_requests = BackgroundRequests(self.model, self)
        self.translator = Translator(reader, self.model, self.background_requests, self._files, self)
        self.document = DocumentSession(
            images, reader, self.stores.pages, self._files_thread, self._files.lasting.new_incoming, self
        )
        self.exporter = ChatExporter(
            self.stores.chats, self._files_thread, self.pictures, ChatWriter(self._files.path, chat_pdf).write, self
        )
        self.chat_importer = ChatImporter(
            self.library, self.stores.chats, self._files.lasting, self._files_thread, self.pictures, read_chat, self
        )
        self.importer = ImageImporter(images, self._files_of, self._files_thread, self)
        self._open_imports = OpenImportsFile(paths.open_imports, folder)
        self._interrupted = InterruptedImports(self.importer, self._open_imports, self._files_thread, log_failure, self)
        self.previews, self.first_previews = (Previews(images, self._files, self) for _ in range(2))
        self.text_capture = TextCapture(reader, self)
        self._known_models = known_models()
        parts = DownloadFactory(
            paths, lambda: self.preferences.settings, tuple(model.model_id for model in self._known_models)
        )
        self.model_library = ModelLibrary(
            folder.checked(parts.folders),
            folder.checked(parts.gpu_support_folders),
            parts.look,
            parts.save_token,
            self,
        )
        self.disk_cache = ChatDiskCache(
            DiskCacheFolder(paths.disk_cache),
            self.model,
            self.library,
            self.answers,
            (self.backups.restored, self.model_library.deleted),
            self._files_thread,
            self,
        )
        self.downloads = ModelDownloads(folder.checked(parts.downloader), self)
        self.server_link = ServerLink(
            self.model,
            self._files_thread,
            parts.key_of,
            parts.save_key,
            lambda: self.preferences.settings.offline,
            self,
        )
        self.batch = BatchQueue(
            partial(Engine, create_client=create_client, parent=self),
            self.model,
            self.stores.pages,
            self._batch_thread,
            self,
        )
        self._batch_results = BatchResults(self.batch, images, self)
        self._feed = ReleaseFeed(lambda: self.preferences.settings)
        self.versions = VersionCheck(self._feed, self.preferences, __version__, parent=self)
        self._instance: RunningInstance | None = None
        speak(application, settings.language)
        self._theme = Theme(application, settings.theme, settings.zoom)
        self.window = MainWindow(self._files.thumbnail_path, self._thumbnails_thread.submit)
        self._wire()
        self._fill_window()

    def begin(self, launch_request: LaunchRequest, model_folder: str) -> None:
        """Start what can wait until the first paint: load the chats, open the model, and handle the launch request."""
        if self._settings_problem:
            self.window.notices.show_problem(self._settings_problem)
        self._interrupted.load()
        submit_startup_jobs(self._files_thread, self._paths, self._open_imports, self.window.model_picker.set_found)
        self._chat_controller.opens_latest = launch_request.stays_away or launch_request == LaunchRequest()
        self._unused_images.look_at_store()
        self.disk_cache.begin(disk_cache_key)
        self.library.load()
        open_model = partial(self._open_model, model_folder)
        if launch_request.stays_away:
            reader = self.engines[BackendKind.READER]
            WindowlessStart(self.window, self._text_capture_controller, reader, open_model, self)
        else:
            open_model()
        self._instance = RunningInstance(self._paths.data, self)
        self._instance.launch_requested.connect(self._on_launch_requested)
        self._instance.problem_met.connect(self.window.notices.show_problem)
        self._instance.listen()
        self.take(launch_request)
        self._batch_controller.begin()
        self.versions.begin()

    def _open_model(self, model_folder: str) -> None:
        if model_folder or not self._server_controller.begin():
            self.model.open(model_folder or self.preferences.settings.model_folder or str(DEMO_MODEL))

    def shut_down(self) -> None:
        """Save everything and end every thread and process."""
        self.queue.close()
        self.session.save_draft()
        self._document_controller.close()
        self._geometry_controller.save()
        if self._instance:
            self._instance.close()
        for engine in self.engines.values():
            engine.close()  # All of them use their grace periods in parallel.
        self.batch.shut_down()
        for engine in self.engines.values():
            engine.shut_down()
        for part in (self.downloads, self.versions, self.model_library, self._batch_thread):
            part.close()
        self._interrupted.save()
        self._files_thread.close()
        self._thumbnails_thread.close()
        self.stores.close()
        self.window.close()

    def _client(self, kind: BackendKind) -> EngineClient:
        """Create an engine process; a model's may write to the disk cache, and the weight cache set when it starts."""
        writes = (self._load_options().cache_folder, str(self._paths.disk_cache))
        return EngineClient(kind, partial(run_engine_process, writes=writes))

    def _load_options(self) -> LoadOptions:
        chosen = self.preferences.settings.loading
        cache = chosen.cache_folder or str(self._paths.converted_weights)
        return replace(chosen, cache_folder=cache, gpu_packages_folder=gpu_packages(self._paths.gpu_support))

    def _new_saver(self) -> FileSaver:
        return FileSaver(self._files_thread, save_file, save_workbook, save_word, self)

    def _options(self) -> GenerationOptions:
        return self.preferences.settings.generation

    def _files_of(self, chat_id: ConversationId) -> ImageFiles:
        return self._files if self.library.is_temporary(chat_id) else self._files.lasting

    def _fill_window(self) -> None:
        self._geometry_controller = GeometryController(self.window, self.preferences, self)
        ChatFolderController(self.window, self.library, self)
        DraftImageController(self.window, self.session, self)
        QueuedQuestionController(self.window, self.session, self.queue, self)
        FolderController(self.preferences)
        self.window.model_picker.set_recent(self.preferences.settings.recent_model_folders)
        self._apply(self.preferences.settings)
        self.window.set_status(self.model.status)
        self.window.sidebar.select(self.session.conversation_id)

    def _wire(self) -> None:
        window = self.window
        self._chat_controller = ChatController(window, self.session, self.library, self.answers, self.queue, self)
        ResolutionController(window.composer, self.session, self.model, self.resolution, self.preferences, self)
        chat = TemporaryChat(
            self.session, self.library, self.queue, self.importer, self._files, self._files_thread, self
        )
        TemporaryChatController(window, self.session, chat, self)
        InstructionsController(window, self.session, self.library, self.model, self.preferences, self)
        search = SearchController(window, self.session, self.library, self.stores.chats, self._files, self)
        FileController(window, self.session, self.library, self.exporter, self.chat_importer, self)
        saver = self._new_saver()
        self._image_controller = ImageController(
            window, self.session, self.importer, self.previews, self.model, saver, self
        )
        images = ImageLibraryController(window, self.library, self.stores, self._files, self._new_saver(), self)
        images.image_chosen.connect(search.open)
        self._text_index.changed.connect(images.images.refresh_soon)
        self._text_capture_controller = TextCaptureController(window, self.text_capture, self)
        self._global_key_controller = GlobalKeyController(window, self.preferences, self)
        self._first_look = FirstLookController(window, self.session, self.first_previews, self.model, self._files, self)
        self._document_controller = DocumentController(
            window, self.document, self._files, self._files.has, self.library.is_temporary, self
        )
        search.document_wanted.connect(self._document_controller.open)
        self._text_index.changed.connect(window.sidebar.search_again)
        self._document_controller.window_created.connect(self._on_document_window_created)
        self.importer.was_too_long.connect(self._document_controller.offer)
        useless = frozenset() if self._feed.address else frozenset({"tells_of_versions"})
        diagnostics = DiagnosticsCollector(self.model, self.preferences, self._paths, self._files_thread)
        self._settings_controller = SettingsController(
            window, self.preferences, diagnostics.collect, useless, self.disk_cache, self
        )
        self._version_controller = VersionController(window, self.versions, self)
        self._model_controller = ModelController(window, self.model, self.preferences, self)
        self._translation_controller = TranslationController(
            window, self.translator, self.pictures, saver, self._model_controller.remedies, self
        )
        self._downloads_controller = DownloadsController(
            self._known_models,
            window,
            self._model_controller.choose_folder,
            self._model_controller.unload,
            self.model,
            self.model_library,
            self.downloads,
            self.preferences,
            self,
        )
        self._offline_controller = OfflineController(window, self.model, self.downloads, self.preferences, self)
        self._server_controller = ServerController(window, self.model, self.server_link, self.preferences, self)
        self._batch_controller = BatchController(
            window, self.batch, self._batch_results, self.model, self.preferences, self
        )
        self._batch_controller.document_wanted.connect(self._document_controller.open)
        self.document.corrections_saved.connect(self.batch.repeat_file)
        self._backup_controller = BackupController(window, self.backups, self)
        self._backup_controller.images_unwanted.connect(self._unused_images.delete)
        self._unused_images.damage_found.connect(self._backup_controller.report_damage)
        self._unused_images.images_deleted.connect(self._backup_controller.report_deleted_images)
        self._unused_images.store_opened_late.connect(self.library.load)
        self.library.loaded.connect(partial(self._interrupted.resume, self._chat_controller.chat_for_interrupted))
        self.library.loaded.connect(self._text_index.begin)
        self.backups.restored.connect(self._chat_controller.discard_deleted)
        window.composer.text_changed.connect(self.prefill_ahead.schedule)
        self._wire_texts()
        self.preferences.changed.connect(self._apply)
        services = (self.session, self.queue, self.exporter, self.chat_importer, self._unused_images)
        for source in (self.stores, self.preferences, *services, saver):
            source.problem_met.connect(window.notices.show_problem)
        for retried in (self.stores, self.preferences):
            retried.problem_solved.connect(window.notices.dismiss_problem)

    def _wire_texts(self) -> None:
        """Show what was read on images, with its corrections, in the viewer and as proofs of answers."""
        shown_text = ShownText(self.stores.pages, self.model.image_texts, self._files, self)
        self.window.viewer.wanted.connect(shown_text.request)
        shown_text.found.connect(self.window.viewer.show_text)
        proof_sources = ProofSources(self.stores.pages, self.model.image_texts, self._files, self)
        ProofController(self.window, self.session, proof_sources, self)
        self.document.ocr_result_changed.connect(proof_sources.take_corrected)
        self.document.ocr_result_changed.connect(shown_text.show_corrected)

    @Slot(DocumentWindow)
    def _on_document_window_created(self, window: DocumentWindow) -> None:
        DocumentExportController(self.window, window, self.document, self._new_saver(), self)
        DocumentFindController(window, self.document, self)
        DocumentQuestionController(self.window, window, self.document, self.session, self.importer, self)
        remedies = self._model_controller.remedies
        DocumentModelController(
            self.window, window, self.document, self.model, self.background_requests, remedies, self
        )

    @Slot(LaunchRequest)
    def _on_launch_requested(self, launch_request: LaunchRequest) -> None:
        if not launch_request.stays_away:
            self.window.come_forward()
        if launch_request.images and self.session.branch and not self.session.conversation.is_temporary:
            self.session.start_new()
        self.take(launch_request)

    def take(self, launch_request: LaunchRequest) -> None:
        """Do what a launch request asks for."""
        self._image_controller.take(launch_request)
        if launch_request.reads_text:
            self._text_capture_controller.start_mode(launch_request.target, launch_request.delay)

    @Slot(Settings)
    def _apply(self, settings: Settings) -> None:
        """Apply the settings that concern the window; services query theirs themselves."""
        self._theme.choose(settings.theme, settings.zoom)
        self.window.set_keys(settings.keys)
        self.window.menu_button.set_theme(settings.theme)
        self.window.composer.set_presets(settings.presets)
        self.window.composer.set_options(settings.generation)
        self.window.composer.set_default_question(settings.default_question)
        self.window.viewer.set_pixel_budget(settings.generation.pixel_budget)
        self.model.set_idle_minutes(settings.keep_loaded)
        self.disk_cache.set_gigabytes(settings.disk_cache)
