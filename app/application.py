"""The application: the only place where parts are built and wired.

The window (ui) emits facts; the services act on them; their signals change the window. Engine processes start with
their first request. At the end the draft is saved, the processes are closed, and the store's thread finishes its work
last.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, Slot
from PySide6.QtWidgets import QApplication, QFileDialog

from app.domain.attachments import IMAGE_SUFFIXES, Attachment
from app.domain.chat import DEFAULT_TITLE, Conversation, Message
from app.domain.engine_status import EngineState, EngineStatus
from app.domain.errors import Problem, ProblemKind
from app.domain.generation import GenerationOptions, LoadOptions
from app.domain.ports import ConversationStore
from app.domain.presets import Preset
from app.domain.search import SearchHit
from app.domain.settings import ThemeChoice
from app.engine.process.backend import BackendKind
from app.engine.process.client import EngineClient
from app.paths import DEMO_MODEL, RESOURCES, Paths
from app.services.answers import Answers
from app.services.background import BackgroundThread
from app.services.chat_exporter import ChatExporter
from app.services.chat_session import ChatSession
from app.services.engine import ClientFactory, Engine
from app.services.image_importer import ImageImporter
from app.services.image_texts import ImageTexts
from app.services.library import Library
from app.services.model_engine import ModelEngine
from app.services.preferences import Preferences
from app.services.previews import Previews
from app.services.read_ahead import ReadAhead
from app.services.store_thread import StoreThread
from app.storage.attachments import FileAttachmentStore
from app.storage.conversations import SqliteConversationStore
from app.storage.export import export_chat
from app.storage.settings_file import SettingsFile
from app.ui.full_model_dialog import FullModelDialog
from app.ui.main_window import MainWindow
from app.ui.theme import Theme

SAMPLE, DEMO_SAMPLE = RESOURCES / "samples" / "receipt.png", RESOURCES / "samples" / "note.png"
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
        write = partial(export_chat, path_of=self._files.path)
        self.exporter = ChatExporter(self.store, self._files_thread, write, self)
        self.importer = ImageImporter(images, self._files, self._files_thread, self)
        self.previews = Previews(images, self._files, self)
        self._theme = Theme(application, settings.theme)
        self.window = MainWindow(self._files.thumbnail_path)
        self._shown_chat = self.session.conversation_id
        self._opens_latest = True
        self._wire()
        self._restore_window()

    def begin(self, images: Sequence[Path], model_folder: str) -> None:
        """What may wait until the window has been painted: the chats, the model, the images to open."""
        if self._settings_problem:
            self.window.notices.show_problem(self._settings_problem)
        self._opens_latest = not images
        self.library.load()
        self.store.run(_opening_report, self._on_store_opened)
        self.model.open(model_folder or self.preferences.settings.model_folder or str(DEMO_MODEL))
        self._on_files_dropped(images)

    def shut_down(self) -> None:
        """Keep everything and end every thread and process."""
        self.session.save_draft()
        geometry = bytes(self.window.saveGeometry().toBase64().data()).decode("ascii")
        settings = self.preferences.settings
        self.preferences.update(replace(settings, window_geometry=geometry, sidebar_visible=self.window.wants_sidebar))
        for engine in self._engines.values():
            engine.shut_down()
        self._files_thread.close()
        self.store.close()
        self.window.close()

    def _load_options(self) -> LoadOptions:
        chosen = self.preferences.settings.loading
        return replace(chosen, cache_folder=chosen.cache_folder or str(self._paths.converted_weights))

    def _options(self) -> GenerationOptions:
        return self.preferences.settings.generation

    def _restore_window(self) -> None:
        settings = self.preferences.settings
        self.window.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode("ascii", "ignore")))
        self.window.set_sidebar_wanted(settings.sidebar_visible)
        self.window.model_picker.set_recent(settings.recent_model_folders)
        self.window.menu_button.set_theme(settings.theme)
        self.window.composer.set_presets(settings.presets)
        self.window.composer.set_pixel_budget(settings.generation.pixel_budget)
        self.window.set_status(self.model.status)
        self.window.sidebar.select(self.session.conversation_id)

    # Wiring: the window's facts to the services, the services' facts to the window.

    def _wire(self) -> None:
        self._wire_window()
        self._wire_chat()
        self._wire_importing()
        self._wire_model()
        self.exporter.exported.connect(self._on_exported)
        for source in (self.store, self.preferences, self.session, self.exporter):
            source.problem_met.connect(self.window.notices.show_problem)

    def _wire_window(self) -> None:
        window = self.window
        window.files_dropped.connect(self._on_files_dropped)
        window.image_data_dropped.connect(self._on_image_data_dropped)
        window.drop_refused.connect(window.notices.show_problem)
        window.open_triggered.connect(self._on_open_clicked)
        window.read_triggered.connect(self._on_read_triggered)
        window.stop_triggered.connect(self.session.stop)
        window.regenerate_triggered.connect(self._on_regenerate_triggered)
        window.menu_button.theme_chosen.connect(self._on_theme_chosen)
        window.empty_state.open_clicked.connect(self._on_open_clicked)
        window.empty_state.sample_clicked.connect(self._on_sample_clicked)
        window.empty_state.model_clicked.connect(self._on_choose_model_clicked)
        window.empty_state.full_model_clicked.connect(self._on_full_model_clicked)
        window.notices.remedy_clicked.connect(self._on_remedy_clicked)
        window.sidebar.new_chat_clicked.connect(self._on_new_chat_clicked)
        window.sidebar.conversation_chosen.connect(self.session.open)
        window.sidebar.searched.connect(self.library.search)
        window.sidebar.hit_chosen.connect(self._on_hit_chosen)
        window.sidebar.conversation_renamed.connect(self.library.rename)
        window.sidebar.conversation_exported.connect(self._on_export_wanted)
        window.sidebar.conversation_deleted.connect(self.session.delete)

    def _wire_chat(self) -> None:
        composer, view, session = self.window.composer, self.window.chat_view, self.session
        composer.text_changed.connect(session.set_draft_text)
        composer.text_changed.connect(self.read_ahead.look_soon)
        composer.submitted.connect(session.send)
        composer.stop_clicked.connect(session.stop)
        composer.open_clicked.connect(self._on_open_clicked)
        composer.read_clicked.connect(session.read_text)
        composer.preset_saved.connect(self._on_preset_saved)
        composer.preset_removed.connect(self._on_preset_removed)
        composer.image_clicked.connect(self._on_image_clicked)
        composer.image_removed.connect(session.remove_attachment)
        view.image_clicked.connect(self._on_image_clicked)
        view.regenerate_clicked.connect(session.regenerate)
        view.continue_clicked.connect(session.go_on)
        view.question_edited.connect(session.edit)
        view.version_chosen.connect(session.show_version)
        view.remedy_clicked.connect(self._on_remedy_clicked)
        view.regions_clicked.connect(self._on_regions_clicked)
        view.region_hovered.connect(self._on_region_hovered)
        view.link_clicked.connect(self._on_link_clicked)
        session.conversation_changed.connect(self._on_conversation_changed)
        session.branch_changed.connect(self._on_branch_changed)
        session.message_pointed_at.connect(view.point_at)
        session.message_changed.connect(self._on_message_changed)
        session.draft_changed.connect(composer.set_draft)
        session.busy_changed.connect(composer.set_busy)
        self.answers.activity_changed.connect(view.set_activity)
        self.library.conversations_changed.connect(self.window.sidebar.set_conversations)
        self.library.found.connect(self.window.sidebar.set_hits)
        self.library.loaded.connect(self._on_library_loaded)

    def _wire_importing(self) -> None:
        importer = self.importer
        importer.started.connect(self._on_import_started)
        importer.finished.connect(self._on_import_finished)
        importer.failed.connect(self._on_import_failed)
        importer.cancelled.connect(self._on_import_cancelled)
        self.window.composer.import_cancelled.connect(importer.cancel)
        viewer = self.window.viewer
        viewer.wanted.connect(self.previews.request)
        viewer.closed.connect(self.window.hide_viewer)
        viewer.read_clicked.connect(self.session.read_text)
        viewer.region_hovered.connect(self.window.chat_view.set_lit)
        self.previews.ready.connect(viewer.show_preview)
        self.previews.failed.connect(self._on_preview_failed)

    def _wire_model(self) -> None:
        picker = self.window.model_picker
        picker.folder_chosen.connect(self.model.open)
        picker.choose_clicked.connect(self._on_choose_model_clicked)
        picker.demo_clicked.connect(self._on_demo_clicked)
        picker.full_model_clicked.connect(self._on_full_model_clicked)
        picker.unload_clicked.connect(self._on_unload_clicked)
        self.window.sidebar.status_line.restart_clicked.connect(self.model.restart)
        self.window.sidebar.status_line.full_model_clicked.connect(self._on_full_model_clicked)
        self.model.status_changed.connect(self._on_status_changed)
        self.model.opened.connect(self._on_model_opened)

    # The chat

    @Slot()
    def _on_library_loaded(self) -> None:
        latest = self.library.latest
        is_untouched = not self.session.branch and self.session.draft.is_empty
        if self._opens_latest and latest is not None and is_untouched:
            self.session.open(latest.id)

    @Slot()
    def _on_new_chat_clicked(self) -> None:
        self.session.start_new()
        self.window.composer.focus()

    @Slot(object)
    def _on_hit_chosen(self, hit: SearchHit) -> None:
        self.session.open(hit.conversation_id, hit.message_id)

    @Slot(object)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        if conversation.id != self._shown_chat:
            self._shown_chat = conversation.id
            self.window.composer.clear_imports()
            self.window.hide_viewer()
        self.window.set_title("" if conversation.title == DEFAULT_TITLE else conversation.title)
        self.window.sidebar.select(conversation.id)

    @Slot(object)
    def _on_branch_changed(self, branch: Sequence[Message]) -> None:
        versions = {message.id: self.session.versions(message.id) for message in branch}
        self.window.chat_view.set_branch(branch, versions)
        self.window.set_empty(not branch)

    @Slot(object)
    def _on_message_changed(self, message: Message) -> None:
        had_regions = bool(self.window.chat_view.regions(message.id))
        self.window.chat_view.put_message(message)
        self.window.set_empty(False)
        viewer, regions = self.window.viewer, self.window.chat_view.regions(message.id)
        if regions and viewer.isVisible() and viewer.message_id == message.id:
            viewer.show_regions(message.id, regions)
        elif regions and not had_regions and self.window.is_wide:
            self._on_regions_clicked(message.id)

    @Slot()
    def _on_read_triggered(self) -> None:
        shown = [attachment for message in self.session.branch for attachment in message.attachments]
        images = [*shown, *self.session.draft.attachments]
        if images:
            self.session.read_text(images[-1])

    @Slot()
    def _on_regenerate_triggered(self) -> None:
        answers = [message for message in self.session.branch if message.author is not None]
        if answers:
            self.session.regenerate(answers[-1].id)

    @Slot(str)
    def _on_link_clicked(self, target: str) -> None:
        QApplication.clipboard().setText(target)
        self.window.notices.show_problem(
            Problem(ProblemKind.LINK, f"This link leads to {target[:300]}", "Its address was copied, not opened.")
        )

    @Slot(str)
    def _on_export_wanted(self, conversation_id: str) -> None:
        conversation = self.library[conversation_id]
        name = re.sub(r"[^\w ().,-]", "_", conversation.title)[:80].strip(" .") or "Chat"
        dialog = QFileDialog(self.window, "Export chat", f"{name}.md", "Markdown with images (*.md);;JSON (*.json)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("md")
        dialog.fileSelected.connect(lambda file: self.exporter.export(conversation, Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(object)
    def _on_exported(self, target: Path) -> None:
        self.window.notices.show_problem(Problem(ProblemKind.EXPORT, f"The chat was written to “{target}”."))

    # Images

    @Slot()
    def _on_open_clicked(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in IMAGE_SUFFIXES)
        dialog = QFileDialog(self.window, "Open images", "", f"Images ({patterns});;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._on_files_selected)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(object)
    def _on_files_selected(self, files: Sequence[str]) -> None:
        self._on_files_dropped([Path(file) for file in files])

    @Slot()
    def _on_sample_clicked(self) -> None:
        info = self.model.status.info
        self._on_files_dropped([DEMO_SAMPLE if info and info.is_demo else SAMPLE])

    @Slot(object)
    def _on_files_dropped(self, files: Sequence[Path]) -> None:
        for file in files:
            self.importer.import_file(file, self.session.conversation_id)

    @Slot(bytes, str)
    def _on_image_data_dropped(self, data: bytes, name: str) -> None:
        self.importer.import_data(data, name, self.session.conversation_id)

    @Slot(str, str, str)
    def _on_import_started(self, import_id: str, chat_id: str, name: str) -> None:
        if chat_id == self.session.conversation_id:
            self.window.composer.add_import(import_id, name)

    @Slot(str, str, object)
    def _on_import_finished(self, import_id: str, chat_id: str, attachment: Attachment) -> None:
        self.session.add_attachment(chat_id, attachment)
        self.window.composer.remove_import(import_id)
        self.window.composer.focus()

    @Slot(str, str, object)
    def _on_import_failed(self, import_id: str, _chat_id: str, problem: Problem) -> None:
        self.window.composer.remove_import(import_id)
        self.window.notices.show_problem(problem)

    @Slot(str, str)
    def _on_import_cancelled(self, import_id: str, _chat_id: str) -> None:
        self.window.composer.remove_import(import_id)

    @Slot(object)
    def _on_image_clicked(self, attachment: Attachment) -> None:
        self.window.viewer.show_images(self.session.images(), attachment)
        self.window.viewer.show_regions("", ())
        self.window.show_viewer()

    @Slot(str)
    def _on_regions_clicked(self, message_id: str) -> None:
        if images := self.session.images(message_id):
            shown = self.window.viewer.attachment
            self.window.viewer.show_images(images, shown if shown in images else images[0])
            self.window.viewer.show_regions(message_id, self.window.chat_view.regions(message_id))
            self.window.show_viewer()

    @Slot(str, int)
    def _on_region_hovered(self, message_id: str, number: int) -> None:
        if message_id == self.window.viewer.message_id:
            self.window.viewer.canvas.set_lit(number)

    @Slot(object)
    def _on_preview_failed(self, problem: Problem) -> None:
        self.window.viewer.show_failure(problem.sentence)

    # The model and the settings

    @Slot(object)
    def _on_theme_chosen(self, choice: ThemeChoice) -> None:
        self._theme.choose(choice)
        self.preferences.update(replace(self.preferences.settings, theme=choice))

    @Slot(object)
    def _on_preset_saved(self, preset: Preset) -> None:
        others = (other for other in self.preferences.settings.presets if other.name != preset.name)
        self._keep_presets((*others, preset))

    @Slot(object)
    def _on_preset_removed(self, preset: Preset) -> None:
        self._keep_presets(tuple(other for other in self.preferences.settings.presets if other != preset))

    def _keep_presets(self, presets: tuple[Preset, ...]) -> None:
        self.preferences.update(replace(self.preferences.settings, presets=presets))
        self.window.composer.set_presets(presets)

    @Slot()
    def _on_choose_model_clicked(self) -> None:
        dialog = QFileDialog(self.window, "Choose the folder of a Qwen3-VL model")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, on=False)
        dialog.fileSelected.connect(self.model.open)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _on_full_model_clicked(self) -> None:
        dialog = FullModelDialog(self.window)
        dialog.choose_clicked.connect(self._on_choose_model_clicked)
        dialog.open()

    @Slot()
    def _on_demo_clicked(self) -> None:
        self.model.open(str(DEMO_MODEL))
        self.preferences.update(replace(self.preferences.settings, model_folder=""))

    @Slot()
    def _on_unload_clicked(self) -> None:
        self.model.unload()
        self.preferences.update(replace(self.preferences.settings, model_folder=""))

    @Slot(object)
    def _on_status_changed(self, status: EngineStatus) -> None:
        self.window.set_status(status)
        if status.state is EngineState.FAILED and status.problem:
            self.window.notices.show_problem(status.problem)

    @Slot(str)
    def _on_model_opened(self, folder: str) -> None:
        if Path(folder) == DEMO_MODEL:  # Opens by itself where no other does.
            return
        settings = self.preferences.settings
        recent = settings.with_recent(folder)
        self.preferences.update(replace(settings, model_folder=folder, recent_model_folders=recent))
        self.window.model_picker.set_recent(recent)

    @Slot(object)
    def _on_remedy_clicked(self, kind: ProblemKind) -> None:
        if kind is ProblemKind.ENGINE:
            self.model.restart()
        else:
            self._on_choose_model_clicked()

    # The store

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
    _log.warning("unused images could not be removed: %s", error)
