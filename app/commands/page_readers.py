"""Who reads an image for the command line: the built-in reader, a vision model, or whichever is surer.

What they need is imported when the first image is read, so that `--help` and mistakes in arguments are told at once.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.commands.terminal import complain, go_on
from app.domain.pages import Page
from app.domain.presets import BUILT_IN
from app.domain.reader_choice import ReaderChoice

if TYPE_CHECKING:
    from app.engine.reader.recognise import Recogniser


class PageReader(Protocol):
    """Reads one image."""

    def read(self, path: Path) -> Page:
        """What stands on the image; raises UserError."""
        ...


def page_reader(choice: ReaderChoice, model: Path | None) -> PageReader:
    """Whoever is to read; `model` is its folder, if one was given."""
    if choice is ReaderChoice.MODEL and model:
        return ModelReader(model)
    if choice is ReaderChoice.AUTO and model:
        return AutoReader(BuiltInReader(), ModelReader(model))
    return BuiltInReader(may_use_tesseract=choice is ReaderChoice.AUTO)


class BuiltInReader:
    """PP-OCR, without a model folder; for scripts that it does not know tesseract, if that may be and is there."""

    def __init__(self, *, may_use_tesseract: bool = False) -> None:
        self._may_use_tesseract = may_use_tesseract
        self._recogniser: Recogniser | None = None

    def read(self, path: Path) -> Page:
        """The lines with their places."""
        from app.engine.imaging.open_image import open_image  # noqa: PLC0415 - not needed for --help
        from app.engine.reader.read_any_script import read_any_script  # noqa: PLC0415
        from app.engine.reader.read_page import read_page  # noqa: PLC0415
        from app.engine.reader.recognise import Recogniser  # noqa: PLC0415

        image = open_image(path)
        self._recogniser = self._recogniser or Recogniser()
        read = read_any_script if self._may_use_tesseract else read_page
        return read(image, self._recogniser, go_on)


class ModelReader:
    """The vision model: hard layouts, handwriting, other scripts; it tells no places."""

    def __init__(self, folder: Path) -> None:
        from app.commands.loading import open_folder  # noqa: PLC0415
        from app.commands.model_answers import ModelAnswers  # noqa: PLC0415 - loads OpenVINO

        self._model = ModelAnswers(partial(open_folder, str(folder)))

    def read(self, path: Path) -> Page:
        """The text alone."""
        from app.domain.generation import GREEDY, GenerationOptions  # noqa: PLC0415
        from app.engine.imaging.open_image import open_image  # noqa: PLC0415

        width, height = open_image(path).size
        pieces: list[str] = []
        self._model.ask(BUILT_IN[0].text, (path,), GenerationOptions(sampling=GREEDY), pieces.append)
        return Page(width, height, (), "".join(pieces))


class AutoReader:
    """The built-in reader, and the model where that one is unsure."""

    def __init__(self, built_in: BuiltInReader, model: ModelReader) -> None:
        self._built_in = built_in
        self._model = model

    def read(self, path: Path) -> Page:
        """What the surer one says, and why it was asked."""
        page = self._built_in.read(path)
        if not page.notice:
            return page
        complain(f"{path.name}: The built-in reader was unsure, so the model reads it.")
        return self._model.read(path)
