"""The reader process: reads the text of one image at a time."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.domain.documents.pages import OcrPage, with_notice
from app.domain.error_texts import document_texts, image_texts
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import Stage
from app.domain.ports import CancelCheck
from app.engine.backends.stage_reporter import stage_reporter
from app.engine.imaging.documents import open_document
from app.engine.imaging.open_image import decode_image
from app.engine.imaging.reworded_errors import reworded_image_errors
from app.engine.process.messages import Event, ReadImage, ReadText, Request, TextRead
from app.engine.reader.read_document_page import ReadPicture, read_document_page
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser


class ReaderBackend:
    """Serves ReadText and ReadImage."""

    def __init__(self) -> None:
        self._recogniser = Recogniser()

    def handle(self, request: Request, emit: Callable[[Event], None], check: CancelCheck) -> FinishReason:
        """Emit TextRead, or raise ImageError."""
        if not isinstance(request, ReadText | ReadImage):
            raise TypeError(f"the reader process does not serve {type(request).__name__}")
        report = stage_reporter(emit)
        report(Stage.READING, 0.0)
        read = partial(read_page, reader=self._recogniser, check=check, progress=partial(report, Stage.READING))
        with reworded_image_errors(image_texts.READ, image_texts.READ_STORED):
            if isinstance(request, ReadImage):
                page = read(decode_image(request.content, request.name), is_flat=True)
            else:
                page = self._document_page(request, read, check)
        emit(TextRead(page))
        return FinishReason.COMPLETE

    def _document_page(self, request: ReadText, read: ReadPicture, check: CancelCheck) -> OcrPage:
        document = open_document(Path(request.path), request.password, check)
        page = read_document_page(document, request.page, read, check, lambda: self._recogniser)
        if document.is_animation and not page.notice:
            return with_notice(page, document_texts.ONLY_FIRST_IMAGE.problem(count=document.page_count))
        return page
