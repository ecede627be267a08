"""Readers of documents for the command line: the built-in OCR, a vision model, or an automatic choice of both.

Their dependencies are imported with the first image, so that `--help` and wrong arguments respond immediately.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.commands.terminal import print_error
from app.domain.documents.answer_pages import page_of_answer
from app.domain.documents.pages import OcrPage
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.models.model_catalog import model_display_name
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.page_reading import page_reading
from app.engine.checkpoints.model_folder import checked_model
from app.storage.files.output_files import fitting
from app.storage.files.scratch import scratch_folder

if TYPE_CHECKING:
    from PIL.Image import Image

    from app.engine.imaging.documents import Document
    from app.engine.reader.recognise import Recogniser


MAX_MODEL_SIDE = 2400
"""Longer side in pixels of a page's picture for the model, as an A4 page has at 200 dpi."""


class PageReader(Protocol):
    """Reads pages of documents; an image is a document with one page."""

    def read(self, document: "Document", number: int, path: Path) -> OcrPage:
        """Return the text of page `number`, counted from 0, of the document at `path`. Raises UserError."""
        ...


def page_reader(choice: ReaderChoice, model: Path | None) -> PageReader:
    """Return the chosen reader; `model` is the folder of the model, if given.

    An automatic choice may open the model late or never, so it raises CheckpointError if the folder has none.
    """
    if choice is ReaderChoice.MODEL and model:
        return ModelReader(model)
    if choice is ReaderChoice.AUTO and model:
        checked_model(model)
        return AutoReader(BuiltInReader(), ModelReader(model))
    return BuiltInReader()


class BuiltInReader:
    """PP-OCR and Tesseract's networks, without a model folder."""

    def __init__(self) -> None:
        self._recogniser = _LazyRecogniser()

    def read(self, document: "Document", number: int, path: Path) -> OcrPage:
        """Return the lines with their positions."""
        from app.engine.reader.read_document_page import read_document_page  # noqa: PLC0415 - not needed for --help

        del path
        return read_document_page(document, number, self._read_picture, NEVER_CANCELLED, self._recogniser.get)

    def _read_picture(self, picture: "Image") -> OcrPage:
        from app.engine.reader.read_page import read_page  # noqa: PLC0415

        return read_page(picture, self._recogniser.get(), NEVER_CANCELLED)


class _LazyRecogniser:
    """PP-OCR, loaded when it is first needed."""

    def __init__(self) -> None:
        self._recogniser: Recogniser | None = None

    def get(self) -> "Recogniser":
        """Return the recogniser."""
        from app.engine.reader.recognise import Recogniser  # noqa: PLC0415

        self._recogniser = self._recogniser or Recogniser()
        return self._recogniser


class ModelReader:
    """The vision model, for difficult layouts, handwriting and other scripts; it gives no positions."""

    def __init__(self, folder: Path) -> None:
        from app.commands.loading import open_folder  # noqa: PLC0415
        from app.commands.model_answers import ModelAnswers  # noqa: PLC0415 - loads OpenVINO

        self._model = ModelAnswers(partial(open_folder, str(folder)))
        self._reading = page_reading(model_display_name(folder.resolve()))
        self._recogniser = _LazyRecogniser()

    def read(self, document: "Document", number: int, path: Path) -> OcrPage:
        """Return a page's text layer with positions if it is right, else what the model reads, without positions."""
        from app.engine.reader.read_document_page import read_document_page  # noqa: PLC0415

        return read_document_page(
            document, number, partial(self.read_picture, number, path), NEVER_CANCELLED, self._recogniser.get
        )

    def read_picture(self, number: int, path: Path, picture: "Image") -> OcrPage:
        """Return the model's text of a page: of an image file itself, of other pages' pictures."""
        from app.engine.imaging.open_image import save_png  # noqa: PLC0415
        from app.engine.imaging.open_pdf import is_pdf  # noqa: PLC0415

        pieces: list[str] = []
        size = picture.size
        with scratch_folder() as folder:
            file = path
            if number > 0 or is_pdf(path):
                file = folder / fitting(f"{path.name}, page {number + 1}")
                picture.thumbnail((MAX_MODEL_SIDE, MAX_MODEL_SIDE))
                save_png(picture, file)
            self._model.ask(self._reading.prompt, (file,), self._reading.options, pieces.append)
        return page_of_answer("".join(pieces), *size, is_markdown=self._reading.is_markdown)


class AutoReader:
    """The built-in OCR, and the model if the OCR is uncertain."""

    def __init__(self, built_in: BuiltInReader, model: ModelReader) -> None:
        self._built_in = built_in
        self._model = model

    def read(self, document: "Document", number: int, path: Path) -> OcrPage:
        """Return the built-in OCR's page, or, with a note on standard error, the model's if the OCR is uncertain."""
        page = self._built_in.read(document, number, path)
        if not page.is_uncertain:
            return page
        print_error(f"{path.name}: the built-in OCR was uncertain, so the model reads it.")
        return self._model.read_picture(number, path, document.picture(number))
