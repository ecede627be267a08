"""The text of the image that is shown large, to be selected on it."""

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore, OcrResultStore
from app.services.engines.store_thread import StoreAccess
from app.services.models.image_texts import ImageTexts


class ShownText(QObject):
    """Looks up the text of one image at a time, and has it read in the background if nobody has read it.

    `found(Attachment, OcrPage)` carries the page with the user's corrections; an image that cannot be read has none.
    """

    found = Signal(Attachment, OcrPage)

    def __init__(
        self,
        pages: StoreAccess[OcrResultStore],
        texts: ImageTexts,
        files: AttachmentStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pages = pages
        self._texts = texts
        self._files = files
        self._shown: Attachment | None = None
        texts.page_read.connect(self._on_page_read)

    @Slot(Attachment)
    def request(self, image: Attachment) -> None:
        """Request the text of another image; a video has none."""
        self._shown = None if image.is_video else image
        self._texts.read_shown("")
        if self._shown:
            self._pages.run(
                lambda pages: pages.ocr_result(image.digest, 0),
                partial(self._on_looked_up, image),
                lambda _: self._on_looked_up(image, None),
            )

    @Slot(OcrResult)
    def show_corrected(self, result: OcrResult) -> None:
        """Show the corrections that are made in the document window."""
        if self._shown and (result.digest, result.number) == (self._shown.digest, 0):
            self.found.emit(self._shown, result.corrected_page())

    def _on_looked_up(self, image: Attachment, stored: OcrResult | None) -> None:
        if image != self._shown:
            return
        path = str(self._files.path(image))
        page = stored.corrected_page() if stored else self._texts.page(path)
        if page:
            self.found.emit(image, page)
        else:
            self._texts.read_shown(path)

    @Slot(str, OcrPage)
    def _on_page_read(self, path: str, page: OcrPage) -> None:
        if self._shown and path == str(self._files.path(self._shown)):
            self.found.emit(self._shown, page)
