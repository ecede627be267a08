"""Connects images, from their import into the chat to the viewer beside it, with their services."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Conversation, Message
from app.domain.errors import Problem
from app.domain.ids import ConversationId, ImportId, MessageId
from app.domain.images.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, VIDEO_SUFFIXES, Attachment, ImageCrop
from app.domain.images.detection_formats import DetectionFormat, detections_coco, detections_json
from app.domain.launch_request import LaunchRequest
from app.domain.models.model_policy import FULL_MODEL
from app.paths import RESOURCES
from app.services.chat.chat_session import ChatSession
from app.services.engines.file_saver import FileSaver
from app.services.images.image_importer import ImageImporter
from app.services.images.previews import Previews
from app.services.models.model_engine import ModelEngine
from app.ui.documents.password_dialog import PasswordDialog
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs
from app.ui.widgets.i18n import tr
from app.ui.widgets.mime_images import encoded_png
from app.ui.widgets.notice import Notice, Severity
from app.ui.widgets.problem_text import problem_sentence
from app.ui.widgets.saved_notice import show_saved

SAMPLES = RESOURCES / "samples"


class ImageController(QObject):
    """Wires drops, the importer's chips and the viewer."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        importer: ImageImporter,
        previews: Previews,
        model: ModelEngine,
        saver: FileSaver,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._importer = importer
        self._model = model
        self._saver = saver
        saver.saved.connect(self._on_saved)
        self._shown_chat = session.conversation_id
        self._opened_for = ""
        self._failures: list[Problem] = []
        """Problems of imports that were shown since the chat was opened."""
        self._parts_to_read: set[ImageCrop] = set()
        """Crops that are being cut, to be read then."""
        self._wire_importing()
        self._wire_viewer(previews)

    def _wire_importing(self) -> None:
        window, importer = self._window, self._importer
        window.files_dropped.connect(self.import_files)
        window.image_data_dropped.connect(self._on_image_data_dropped)
        window.data_urls_dropped.connect(self._on_data_urls_dropped)
        window.drop_refused.connect(window.notices.show_problem)
        for asked in (window.open_triggered, window.empty_state.open_clicked, window.composer.open_clicked):
            asked.connect(self._on_open_clicked)
        window.empty_state.sample_clicked.connect(self._on_sample_clicked)
        window.composer.import_cancelled.connect(importer.cancel)
        importer.started.connect(self._on_import_started)
        importer.finished.connect(self._on_import_finished)
        importer.failed.connect(self._on_import_failed)
        importer.was_cut_short.connect(window.notices.show_problem)
        importer.password_needed.connect(self._on_password_needed)
        importer.cancelled.connect(self._on_import_cancelled)

    def _wire_viewer(self, previews: Previews) -> None:
        window, viewer = self._window, self._window.viewer
        window.composer.image_clicked.connect(self._on_image_clicked)
        window.first_look.image_clicked.connect(self._on_image_clicked)
        window.chat_view.image_clicked.connect(self._on_image_clicked)
        window.chat_view.detections_clicked.connect(self._on_detections_clicked)
        window.chat_view.detection_hovered.connect(self._on_detection_hovered)
        viewer.wanted.connect(previews.request)
        viewer.closed.connect(window.hide_viewer)
        viewer.read_clicked.connect(self._session.read_text)
        viewer.part_wanted.connect(self._on_part_wanted)
        viewer.part_read_clicked.connect(self._on_part_read_clicked)
        viewer.save_wanted.connect(self._on_save_wanted)
        viewer.detection_hovered.connect(window.chat_view.set_highlighted)
        previews.ready.connect(viewer.show_preview)
        previews.failed.connect(self._on_preview_failed)
        self._session.conversation_changed.connect(self._on_conversation_changed)
        self._session.branch_changed.connect(self._on_branch_changed)
        self._session.message_changed.connect(self._on_message_changed)
        self._session.image_repeated.connect(self._on_image_repeated)

    @Slot()
    def _on_open_clicked(self) -> None:
        suffixes = (*IMAGE_SUFFIXES, *DOCUMENT_SUFFIXES, *VIDEO_SUFFIXES)
        wanted = file_dialogs.patterns(tr("Images, documents, videos"), suffixes)
        file_dialogs.open_files(self._window, tr("Open images"), self.import_files, wanted)

    @Slot()
    def _on_sample_clicked(self) -> None:
        info = self._model.status.info
        policy = info.policy if info else FULL_MODEL
        self.import_files((SAMPLES / policy.sample,))

    @Slot(tuple)
    def import_files(self, files: tuple[Path, ...]) -> None:
        """Add images to the chat that is shown."""
        for file in files:
            self._importer.import_file(file, self._session.conversation_id)

    def take(self, launch_request: LaunchRequest) -> None:
        """Add the images of a launch request, from any source."""
        self.import_files(tuple(Path(image) for image in launch_request.images))
        if launch_request.clipboard:
            self._window.take_clipboard()
        if launch_request.capture and not launch_request.reads_text:
            self._window.capture.start_mode(launch_request.target, launch_request.delay)

    @Slot(bytes, str)
    def _on_image_data_dropped(self, data: bytes, name: str) -> None:
        self._importer.import_data(data, name, self._session.conversation_id)

    @Slot(tuple, str)
    def _on_data_urls_dropped(self, urls: tuple[str, ...], name: str) -> None:
        for number, url in enumerate(urls, start=1):
            numbered = f"{name} {number}" if len(urls) > 1 else name
            self._importer.import_data_url(url, numbered, self._session.conversation_id)

    @Slot(str, str, str)
    def _on_import_started(self, import_id: ImportId, chat_id: ConversationId, name: str) -> None:
        if chat_id == self._session.conversation_id:
            self._window.composer.add_import(import_id, name)

    @Slot(str, str, Attachment)
    def _on_import_finished(self, import_id: ImportId, chat_id: ConversationId, attachment: Attachment) -> None:
        self._session.add_attachment(chat_id, attachment)
        self._window.composer.remove_import(import_id)
        if attachment.part_of in self._parts_to_read:
            self._parts_to_read.remove(attachment.part_of)
            if chat_id == self._session.conversation_id:
                self._session.read_text(attachment)
        self._window.composer.focus()

    @Slot(Attachment)
    def _on_image_repeated(self, attachment: Attachment) -> None:
        text = tr("“{file}” is already attached.", file=attachment.name)
        self._window.notices.show_notice(Notice(Severity.SUCCESS, text))

    @Slot(str, str, Problem)
    def _on_import_failed(self, import_id: ImportId, _chat_id: ConversationId, problem: Problem) -> None:
        self._window.composer.remove_import(import_id)
        self._window.notices.show_problem(problem)
        self._failures.append(problem)
        self._parts_to_read.clear()  # It may have been one of these.

    @Slot(str, Problem)
    def _on_password_needed(self, import_id: ImportId, problem: Problem) -> None:
        dialog = PasswordDialog(problem, self._window)
        dialog.entered.connect(partial(self._importer.unlock, import_id))
        dialog.rejected.connect(partial(self._on_no_password, import_id, problem))
        dialog.open()

    def _on_no_password(self, import_id: ImportId, problem: Problem) -> None:
        self._importer.cancel(import_id)
        self._window.notices.show_problem(problem)

    @Slot(str, str)
    def _on_import_cancelled(self, import_id: ImportId, _chat_id: ConversationId) -> None:
        self._window.composer.remove_import(import_id)

    @Slot(Attachment)
    def _on_image_clicked(self, attachment: Attachment) -> None:
        self._window.viewer.show_images(self._session.images(), attachment)
        self._window.viewer.show_detections("", ())
        self._window.show_viewer()

    @Slot(str)
    def _on_detections_clicked(self, message_id: MessageId) -> None:
        if images := self._session.images(message_id):
            shown = self._window.viewer.attachment
            self._window.viewer.show_images(images, shown if shown in images else images[0])
            names = [message.model_name for message in self._session.branch if message.id == message_id]
            detections = self._window.chat_view.detections(message_id)
            self._window.viewer.show_detections(message_id, detections, "".join(names))
            self._window.show_viewer()

    @Slot(Attachment, ImageCrop)
    def _on_part_wanted(self, image: Attachment, part: ImageCrop) -> None:
        self._importer.import_crop(image, part, self._session.conversation_id)

    @Slot(Attachment, ImageCrop)
    def _on_part_read_clicked(self, image: Attachment, part: ImageCrop) -> None:
        self._parts_to_read.add(part)
        self._on_part_wanted(image, part)

    @Slot(DetectionFormat)
    def _on_save_wanted(self, form: DetectionFormat) -> None:
        viewer = self._window.viewer
        if (image := viewer.attachment) is None:
            return
        match form:
            case DetectionFormat.PICTURE:
                suffix, content = ".png", encoded_png(viewer.canvas.picture().toImage())
            case DetectionFormat.COCO:
                suffix, content = ".coco.json", detections_coco(image, viewer.detections).encode()
            case DetectionFormat.JSON:
                suffix, content = ".json", detections_json(image, viewer.detections).encode()
        name = tr("{name} boxes", name=Path(image.name).stem) + suffix
        file_dialogs.save_file(self._window, tr("Save boxes"), name, lambda target: self._saver.save(target, content))

    @Slot(Path)
    def _on_saved(self, target: Path) -> None:
        show_saved(self._window.notices, target, tr("Saved to “{file}”.", file=target))

    @Slot(tuple)
    def _on_branch_changed(self, branch: tuple[Message, ...]) -> None:
        """Clear the detections of an answer that is no longer shown."""
        viewer = self._window.viewer
        if viewer.message_id and viewer.message_id not in {message.id for message in branch}:
            viewer.show_detections("", ())

    @Slot(Message)
    def _on_message_changed(self, message: Message) -> None:
        viewer, detections = self._window.viewer, self._window.chat_view.detections(message.id)
        if detections and viewer.isVisible() and viewer.message_id == message.id:
            viewer.show_detections(message.id, detections, message.model_name)
        elif detections and message.id != self._opened_for:
            self._opened_for = message.id  # It is not reopened after the user has closed it.
            if self._window.panes.is_wide:
                self._on_detections_clicked(message.id)

    @Slot(Conversation)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        if conversation.id != self._shown_chat:
            self._shown_chat = conversation.id
            self._window.hide_viewer()
            for problem in self._failures:
                self._window.notices.dismiss_problem(problem)
            self._failures.clear()

    @Slot(str, int)
    def _on_detection_hovered(self, message_id: MessageId, number: int) -> None:
        if message_id == self._window.viewer.message_id:
            self._window.viewer.canvas.set_highlighted(number)

    @Slot(Problem)
    def _on_preview_failed(self, problem: Problem) -> None:
        self._window.viewer.show_failure(problem_sentence(problem))
