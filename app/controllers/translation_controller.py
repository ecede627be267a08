"""Translates the image in the viewer, and saves the result to a file."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from app.domain.documents.translation import Translation
from app.domain.errors import Problem
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.services.documents.translator import Translator
from app.services.engines.file_saver import FileSaver
from app.services.images.pictures import Pictures
from app.ui.images.translated_image import translated_image
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs
from app.ui.widgets.i18n import tr
from app.ui.widgets.mime_images import encoded_png
from app.ui.widgets.notice import Notice, Remedies, Severity, notice_of


class TranslationController(QObject):
    """Wires the viewer's translation to its services; `remedies` returns the buttons for a problem of the model."""

    def __init__(
        self,
        window: MainWindow,
        translator: Translator,
        pictures: Pictures,
        saver: FileSaver,
        remedies: Remedies,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._pictures = pictures
        self._saver = saver
        self._remedies = remedies
        viewer = window.viewer
        viewer.translation_wanted.connect(translator.translate)
        viewer.translation_save_wanted.connect(self._on_save_wanted)
        viewer.wanted.connect(translator.stop)
        viewer.closed.connect(translator.stop)
        translator.changed.connect(viewer.show_translation)
        translator.failed.connect(self._on_failed)

    @Slot(Attachment, Problem)
    def _on_failed(self, attachment: Attachment, problem: Problem) -> None:
        self._window.viewer.end_translation(attachment)
        self._window.notices.show_notice(notice_of(problem, *self._remedies(problem)))

    @Slot(Translation)
    def _on_save_wanted(self, translation: Translation) -> None:
        name = tr("{name}, {language}", name=Path(translation.attachment.name).stem, language=translation.language)
        file_dialogs.save_file(self._window, tr("Save as image"), f"{name}.png", partial(self._save, translation))

    def _save(self, translation: Translation, target: Path) -> None:
        """Save the translation at the image's full resolution, which the preview does not have."""
        attachment = translation.attachment

        def write(pictures: dict[Digest, bytes]) -> None:
            if png := pictures.get(attachment.digest):
                image = QImage()
                image.loadFromData(png, "PNG")
                painted = translated_image(image, translation.page_width, translation.paragraphs, translation.texts)
                self._saver.save(target, encoded_png(painted))
            else:
                text = tr("“{name}” could not be reopened.", name=attachment.name)
                self._window.notices.show_notice(Notice(Severity.WARNING, text))

        self._pictures.make([attachment], max(attachment.width, attachment.height), write)
