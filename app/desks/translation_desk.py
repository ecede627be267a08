"""Translating the image in the viewer, and writing what comes of it to a file."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from app.domain.attachments import Attachment
from app.domain.errors import Problem, ProblemKind
from app.domain.translation import Translation
from app.services.file_saver import FileSaver
from app.services.pictures import Pictures
from app.services.translator import Translator
from app.ui.incoming_images import encoded_png
from app.ui.main_window import MainWindow
from app.ui.translated_picture import translated_picture
from app.ui.translation import tr


class TranslationDesk(QObject):
    """Wires the viewer's translation."""

    def __init__(
        self, window: MainWindow, translator: Translator, pictures: Pictures, saver: FileSaver, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._pictures = pictures
        self._saver = saver
        viewer = window.viewer
        viewer.translation_wanted.connect(translator.translate)
        viewer.translation_save_wanted.connect(self._on_save_wanted)
        viewer.wanted.connect(translator.stop)
        viewer.closed.connect(translator.stop)
        translator.changed.connect(viewer.show_translation)
        translator.failed.connect(self._on_failed)

    @Slot(object, object)
    def _on_failed(self, attachment: Attachment, problem: Problem) -> None:
        self._window.viewer.end_translation(attachment)
        self._window.notices.show_problem(problem)

    @Slot(object)
    def _on_save_wanted(self, translation: Translation) -> None:
        name = tr("{name}, {language}", name=Path(translation.attachment.name).stem, language=translation.language)
        dialog = QFileDialog(self._window, tr("Save as a picture"), f"{name}.png")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(partial(self._save, translation))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, translation: Translation, file: str) -> None:
        """In the image's own pixels, which the preview has not."""
        attachment = translation.attachment

        def write(pictures: dict[str, bytes]) -> None:
            if png := pictures.get(attachment.digest):
                image = QImage.fromData(png)
                painted = translated_picture(image, translation.page_width, translation.passages, translation.texts)
                self._saver.save(Path(file), encoded_png(painted))
            else:
                self._window.notices.show_problem(
                    Problem(ProblemKind.IMAGE, tr("“{name}” could not be opened again.", name=attachment.name))
                )

        self._pictures.make([attachment], max(attachment.width, attachment.height), write)
