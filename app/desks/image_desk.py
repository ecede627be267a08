"""Images: on their way into the chat, and looked at beside it."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from app.domain.attachments import DOCUMENT_SUFFIXES, IMAGE_SUFFIXES, VIDEO_SUFFIXES, Attachment, ImagePart
from app.domain.chat import Conversation, Message
from app.domain.errors import Problem, ProblemKind
from app.domain.places_files import PlacesForm, places_coco, places_json
from app.domain.summons import Summons
from app.paths import RESOURCES
from app.services.chat_session import ChatSession
from app.services.file_saver import FileSaver
from app.services.image_importer import ImageImporter
from app.services.model_engine import ModelEngine
from app.services.previews import Previews
from app.ui.incoming_images import encoded_png
from app.ui.main_window import MainWindow
from app.ui.password_dialog import PasswordDialog
from app.ui.translation import tr

SAMPLE, DEMO_SAMPLE = RESOURCES / "samples" / "receipt.png", RESOURCES / "samples" / "note.png"


class ImageDesk(QObject):
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
        self._wire_importing()
        self._wire_viewer(previews)

    def _wire_importing(self) -> None:
        window, importer = self._window, self._importer
        window.files_dropped.connect(self.import_files)
        window.image_data_dropped.connect(self._on_image_data_dropped)
        window.drop_refused.connect(window.notices.show_problem)
        for asked in (window.open_triggered, window.empty_state.open_clicked, window.composer.open_clicked):
            asked.connect(self._on_open_clicked)
        window.empty_state.sample_clicked.connect(self._on_sample_clicked)
        window.composer.import_cancelled.connect(importer.cancel)
        importer.started.connect(self._on_import_started)
        importer.finished.connect(self._on_import_finished)
        importer.failed.connect(self._on_import_failed)
        importer.password_needed.connect(self._on_password_needed)
        importer.cancelled.connect(self._on_import_cancelled)

    def _wire_viewer(self, previews: Previews) -> None:
        window, viewer = self._window, self._window.viewer
        window.composer.image_clicked.connect(self._on_image_clicked)
        window.chat_view.image_clicked.connect(self._on_image_clicked)
        window.chat_view.regions_clicked.connect(self._on_regions_clicked)
        window.chat_view.region_hovered.connect(self._on_region_hovered)
        viewer.wanted.connect(previews.request)
        viewer.closed.connect(window.hide_viewer)
        viewer.read_clicked.connect(self._session.read_text)
        viewer.part_wanted.connect(self._on_part_wanted)
        viewer.save_wanted.connect(self._on_save_wanted)
        viewer.region_hovered.connect(window.chat_view.set_lit)
        previews.ready.connect(viewer.show_preview)
        previews.failed.connect(self._on_preview_failed)
        self._session.conversation_changed.connect(self._on_conversation_changed)
        self._session.message_changed.connect(self._on_message_changed)

    @Slot()
    def _on_open_clicked(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in (*IMAGE_SUFFIXES, *DOCUMENT_SUFFIXES, *VIDEO_SUFFIXES))
        forms = f"{tr('Images, documents, films')} ({patterns});;{tr('All files')} (*)"
        dialog = QFileDialog(self._window, tr("Open images"), "", forms)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._on_files_selected)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(object)
    def _on_files_selected(self, files: Sequence[str]) -> None:
        self.import_files([Path(file) for file in files])

    @Slot()
    def _on_sample_clicked(self) -> None:
        info = self._model.status.info
        self.import_files([DEMO_SAMPLE if info and info.is_demo else SAMPLE])

    @Slot(object)
    def import_files(self, files: Sequence[Path]) -> None:
        """Add images to the chat that is shown."""
        for file in files:
            self._importer.import_file(file, self._session.conversation_id)

    def take(self, summons: Summons) -> None:
        """Add the images that a start asks for, from wherever."""
        self.import_files([Path(image) for image in summons.images])
        if summons.clipboard:
            self._window.take_clipboard()
        if summons.capture:
            self._window.capture.start()

    @Slot(bytes, str)
    def _on_image_data_dropped(self, data: bytes, name: str) -> None:
        self._importer.import_data(data, name, self._session.conversation_id)

    @Slot(str, str, str)
    def _on_import_started(self, import_id: str, chat_id: str, name: str) -> None:
        if chat_id == self._session.conversation_id:
            self._window.composer.add_import(import_id, name)

    @Slot(str, str, object)
    def _on_import_finished(self, import_id: str, chat_id: str, attachment: Attachment) -> None:
        self._session.add_attachment(chat_id, attachment)
        self._window.composer.remove_import(import_id)
        self._window.composer.focus()

    @Slot(str, str, object)
    def _on_import_failed(self, import_id: str, _chat_id: str, problem: Problem) -> None:
        self._window.composer.remove_import(import_id)
        self._window.notices.show_problem(problem)

    @Slot(object, str, object)
    def _on_password_needed(self, path: Path, chat_id: str, problem: Problem) -> None:
        dialog = PasswordDialog(problem, self._window)
        dialog.entered.connect(lambda password: self._importer.import_file(path, chat_id, password))
        dialog.rejected.connect(lambda: self._window.notices.show_problem(problem))
        dialog.open()

    @Slot(str, str)
    def _on_import_cancelled(self, import_id: str, _chat_id: str) -> None:
        self._window.composer.remove_import(import_id)

    @Slot(object)
    def _on_image_clicked(self, attachment: Attachment) -> None:
        self._window.viewer.show_images(self._session.images(), attachment)
        self._window.viewer.show_regions("", ())
        self._window.show_viewer()

    @Slot(str)
    def _on_regions_clicked(self, message_id: str) -> None:
        if images := self._session.images(message_id):
            shown = self._window.viewer.attachment
            self._window.viewer.show_images(images, shown if shown in images else images[0])
            self._window.viewer.show_regions(message_id, self._window.chat_view.regions(message_id))
            self._window.show_viewer()

    @Slot(object, object)
    def _on_part_wanted(self, image: Attachment, part: ImagePart) -> None:
        self._importer.import_part(image, part, self._session.conversation_id)

    @Slot(object)
    def _on_save_wanted(self, form: PlacesForm) -> None:
        viewer = self._window.viewer
        if (image := viewer.attachment) is None:
            return
        match form:
            case PlacesForm.PICTURE:
                suffix, content = ".png", encoded_png(viewer.canvas.picture().toImage())
            case PlacesForm.COCO:
                suffix, content = ".coco.json", places_coco(image, viewer.regions).encode()
            case PlacesForm.JSON:
                suffix, content = ".json", places_json(image, viewer.regions).encode()
        dialog = QFileDialog(self._window, tr("Save places"), tr("{name} places", name=Path(image.name).stem) + suffix)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(lambda file: self._saver.save(Path(file), content))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(object)
    def _on_saved(self, target: Path) -> None:
        self._window.notices.show_problem(Problem(ProblemKind.EXPORT, tr("Written to “{file}”.", file=target)))

    @Slot(object)
    def _on_message_changed(self, message: Message) -> None:
        viewer, regions = self._window.viewer, self._window.chat_view.regions(message.id)
        if regions and viewer.isVisible() and viewer.message_id == message.id:
            viewer.show_regions(message.id, regions)
        elif regions and message.id != self._opened_for:
            self._opened_for = message.id  # Who closes it has seen it.
            if self._window.is_wide:
                self._on_regions_clicked(message.id)

    @Slot(object)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        if conversation.id != self._shown_chat:
            self._shown_chat = conversation.id
            self._window.hide_viewer()

    @Slot(str, int)
    def _on_region_hovered(self, message_id: str, number: int) -> None:
        if message_id == self._window.viewer.message_id:
            self._window.viewer.canvas.set_lit(number)

    @Slot(object)
    def _on_preview_failed(self, problem: Problem) -> None:
        self._window.viewer.show_failure(problem.sentence)
