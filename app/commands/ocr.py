"""`lorgnette ocr FILES…`: the text of images, on standard output or in files."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.commands.terminal import STDIN, complain, exit_status, opened
from app.domain.errors import UserError
from app.domain.page_formats import TSV_HEAD, PageFormat, formatted
from app.domain.pages import Page
from app.domain.presets import BUILT_IN
from app.storage.atomic import save_file

if TYPE_CHECKING:
    from app.engine.reader.recognise import Recogniser

EPILOG = """examples:
  lorgnette ocr receipt.jpg contract.pdf
  lorgnette ocr --format json -o texts scans/*.png
  curl -s https://example.org/scan.png | lorgnette ocr -
  lorgnette ocr --reader model --model ~/models/Qwen3-VL-2B letter.jpg

exit status: 0, 1 where a file could not be read, 2 for wrong arguments, 130 for Ctrl+C"""


class ReaderChoice(StrEnum):
    """Who reads."""

    AUTO = "auto"
    BUILT_IN = "builtin"
    MODEL = "model"


class PageReader(Protocol):
    """Reads one image."""

    def read(self, path: Path) -> Page:
        """What stands on the image; raises UserError."""
        ...


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="lorgnette ocr",
        description="Read the text of images and PDF documents, offline.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help=f"images and PDF documents; {STDIN} for standard input"
    )
    parser.add_argument(
        "--reader",
        type=ReaderChoice,
        choices=list(ReaderChoice),
        default=ReaderChoice.AUTO,
        help="the built-in reader alone, the model, or (auto) the model where one is given and the reader is unsure; "
        "without a model tesseract, if it is installed, for scripts that the reader does not know",
    )
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="the model's folder")
    parser.add_argument(
        "--format", type=PageFormat, choices=list(PageFormat), default=PageFormat.TEXT, help="plain text unless given"
    )
    parser.add_argument("-o", "--out", type=Path, metavar="FOLDER", help="a file for each image, in this folder")
    options = parser.parse_args(arguments)
    if options.reader is ReaderChoice.MODEL and options.model is None:
        parser.error("--reader model needs --model FOLDER")
    return exit_status(lambda: _read_all(options))


def _read_all(options: argparse.Namespace) -> bool:
    reader = _reader(options.reader, options.model)
    is_whole = True
    names: set[str] = set()
    if options.format is PageFormat.TSV and options.out is None:
        print(TSV_HEAD)
    for number, name in enumerate(options.files, start=1):
        if len(options.files) > 1 and sys.stderr.isatty():
            print(f"\r{number}/{len(options.files)} {name}"[:79].ljust(79), end="", file=sys.stderr, flush=True)
        texts: list[str] = []
        say = texts.append if options.out else _print
        with opened(name) as path:
            found = partial(_pass_on, say, options.format)
            is_whole = _read_file(reader, path, name, found) and is_whole
        if options.out and texts:
            head = f"{TSV_HEAD}\n" if options.format is PageFormat.TSV else ""
            target = options.out / _free(f"{Path(name).name}.{options.format}", names)
            save_file(target, (head + "".join(texts)).encode())
    return is_whole


def _read_file(reader: PageReader, path: Path, name: str, found: Callable[[Page, str], None]) -> bool:
    """Read an image, or page after page of a document, and tell what cannot be read."""
    from app.engine.imaging.open_pdf import is_pdf, page_count  # noqa: PLC0415

    is_whole = True
    try:
        count = page_count(path) if is_pdf(path) else 0
    except UserError as error:
        complain(str(error))
        return False
    for number in range(max(count, 1)):
        of = f"{name}:{number + 1}" if count else name
        try:
            page = _read_page(reader, path, number) if count else reader.read(path)
        except UserError as error:
            complain(str(error))
            is_whole = False
            continue
        found(page, of)
        if page.notice:
            complain(f"{of}: {page.notice}")
    return is_whole


def _read_page(reader: PageReader, path: Path, number: int) -> Page:
    """A page of a document: the text that it carries where that makes sense, or what can be seen."""
    from app.engine.imaging.open_image import save_png  # noqa: PLC0415
    from app.engine.imaging.open_pdf import render_page, text_layer  # noqa: PLC0415

    if page := text_layer(path, number):
        return page
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / f"{path.name}, page {number + 1}"
        save_png(render_page(path, number), picture)
        return reader.read(picture)


def _pass_on(say: Callable[[str], object], form: PageFormat, page: Page, of: str) -> None:
    say(formatted(page, of, form))


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _free(name: str, taken: set[str]) -> str:
    """`name`, with a number where this run has written a file of that name."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{number} {name}"
    taken.add(free.casefold())
    return free


def _reader(choice: ReaderChoice, model: Path | None) -> PageReader:
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
        return read(image, self._recogniser, _go_on)


class ModelReader:
    """The vision model: hard layouts, handwriting, other scripts; it tells no places."""

    def __init__(self, folder: Path) -> None:
        from app.commands.model_answers import ModelAnswers  # noqa: PLC0415 - loads OpenVINO

        self._model = ModelAnswers(folder)

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


def _go_on() -> None:
    """Ctrl+C ends the process."""
