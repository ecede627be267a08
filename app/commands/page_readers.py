"""Readers of images for the command line: the built-in OCR, a vision model, or an automatic choice of both.

Their dependencies are imported with the first image, so that `--help` and wrong arguments respond immediately.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.commands.terminal import print_error
from app.domain.chat.presets import BUILT_IN
from app.domain.documents.pages import OcrPage
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.ports import NEVER_CANCELLED

if TYPE_CHECKING:
    from app.engine.reader.recognise import Recogniser


class PageReader(Protocol):
    """Reads one image."""

    def read(self, path: Path) -> OcrPage:
        """Return the text on the image. Raises UserError."""
        ...


def page_reader(choice: ReaderChoice, model: Path | None) -> PageReader:
    """Return the chosen reader; `model` is the folder of the model, if given."""
    if choice is ReaderChoice.MODEL and model:
        return ModelReader(model)
    if choice is ReaderChoice.AUTO and model:
        return AutoReader(BuiltInReader(), ModelReader(model))
    return BuiltInReader(may_use_tesseract=choice is ReaderChoice.AUTO)


class BuiltInReader:
    """PP-OCR, without a model folder; Tesseract, if allowed and installed, for scripts that PP-OCR does not know."""

    def __init__(self, *, may_use_tesseract: bool = False) -> None:
        self._may_use_tesseract = may_use_tesseract
        self._recogniser: Recogniser | None = None

    def read(self, path: Path) -> OcrPage:
        """Return the lines with their positions."""
        from app.engine.imaging.open_image import open_image  # noqa: PLC0415 - not needed for --help
        from app.engine.reader.read_any_script import read_any_script  # noqa: PLC0415
        from app.engine.reader.read_page import read_page  # noqa: PLC0415
        from app.engine.reader.recognise import Recogniser  # noqa: PLC0415

        image = open_image(path)
        self._recogniser = self._recogniser or Recogniser()
        read = read_any_script if self._may_use_tesseract else read_page
        return read(image, self._recogniser, NEVER_CANCELLED)


class ModelReader:
    """The vision model, for difficult layouts, handwriting and other scripts; it gives no positions."""

    def __init__(self, folder: Path) -> None:
        from app.commands.loading import open_folder  # noqa: PLC0415
        from app.commands.model_answers import ModelAnswers  # noqa: PLC0415 - loads OpenVINO

        self._model = ModelAnswers(partial(open_folder, str(folder)))

    def read(self, path: Path) -> OcrPage:
        """Return the text without positions."""
        from app.domain.settings.generation_options import GREEDY, GenerationOptions  # noqa: PLC0415
        from app.engine.imaging.open_image import open_image  # noqa: PLC0415

        width, height = open_image(path).size
        pieces: list[str] = []
        self._model.ask(BUILT_IN[0].text, (path,), GenerationOptions(sampling=GREEDY), pieces.append)
        return OcrPage(width, height, (), "".join(pieces))


class AutoReader:
    """The built-in OCR, and the model if the OCR is uncertain."""

    def __init__(self, built_in: BuiltInReader, model: ModelReader) -> None:
        self._built_in = built_in
        self._model = model

    def read(self, path: Path) -> OcrPage:
        """Return the built-in OCR's page, or, with a note on standard error, the model's if the OCR is uncertain."""
        page = self._built_in.read(path)
        if not page.notice:
            return page
        print_error(f"{path.name}: the built-in OCR was uncertain, so the model reads it.")
        return self._model.read(path)
