"""`lorgnette ocr FILES…`: the text of images, on standard output or in files."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.commands.terminal import STDIN, complain, exit_status, opened
from app.domain.errors import UserError
from app.domain.page_formats import HTML_HEAD, HTML_TAIL, TSV_HEAD, PageFormat, formatted
from app.domain.page_ranges import PageRangeError, chosen_pages, parsed_ranges
from app.domain.pages import Page
from app.domain.presets import BUILT_IN
from app.domain.reader_choice import ReaderChoice
from app.storage.atomic import save_file

if TYPE_CHECKING:
    from app.engine.imaging.documents import Document
    from app.engine.reader.recognise import Recogniser

PDF = "pdf"
EPILOG = """examples:
  lorgnette ocr receipt.jpg contract.pdf
  lorgnette ocr --format json -o texts scans/*.png
  lorgnette ocr --format pdf -o searchable scan.pdf photo.heic
  lorgnette ocr --pages 2-5 --password-file secret.txt contract.pdf
  curl -s https://example.org/scan.png | lorgnette ocr -
  lorgnette ocr --reader model --model ~/models/Qwen3-VL-2B letter.jpg

exit status: 0, 1 where a file could not be read, 2 for wrong arguments, 130 for Ctrl+C"""


class PageReader(Protocol):
    """Reads one image."""

    def read(self, path: Path) -> Page:
        """What stands on the image; raises UserError."""
        ...


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
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
        "--format",
        type=_format,
        choices=[*PageFormat, PDF],
        default=PageFormat.TEXT,
        help="plain text unless given; csv has the tables alone; pdf is the document itself, made searchable",
    )
    parser.add_argument("--pages", type=_ranges, default=(), metavar="RANGES", help="such as 1-3,7; all unless given")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="holds the password that the documents open with"
    )
    parser.add_argument("-o", "--out", type=Path, metavar="FOLDER", help="a file for each image, in this folder")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    given = parser()
    options = given.parse_args(arguments)
    if options.reader is ReaderChoice.MODEL and options.model is None:
        given.error("--reader model needs --model FOLDER")
    if options.format == PDF and options.pages:
        given.error("--format pdf is for whole documents, without --pages")
    if options.format == PDF and options.out is None and len(options.files) > 1:
        given.error("--format pdf with several files needs -o FOLDER")
    options.password = ""
    return exit_status(lambda: _with_password(options))


def _with_password(options: argparse.Namespace) -> bool:
    """Passwords come from files: what stands in a command's arguments, all users of a machine can read."""
    if options.password_file:
        try:
            options.password = options.password_file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, ValueError, IndexError):
            complain(f"{options.password_file} could not be read, or has no password in its first line.")
            return False
    return _read_all(options)


def _format(text: str) -> PageFormat | str:
    return PDF if text == PDF else PageFormat(text)


def _ranges(text: str) -> tuple[range, ...]:
    try:
        return parsed_ranges(text)
    except PageRangeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _read_all(options: argparse.Namespace) -> bool:
    reader = _reader(options.reader, options.model)
    is_whole = True
    names = _names_of_originals(options)
    head, tail = _around(options.format) if options.out is None else ("", "")
    _print(head)
    for number, name in enumerate(options.files, start=1):
        if len(options.files) > 1 and sys.stderr.isatty():
            print(f"\r{number}/{len(options.files)} {name}"[:79].ljust(79), end="", file=sys.stderr, flush=True)
        with opened(name) as path:
            if options.format == PDF:
                is_whole = _write_pdf(reader, path, name, options, names) and is_whole
            else:
                is_whole = _write_text(reader, path, name, options, names) and is_whole
    _print(tail)
    return is_whole


def _write_text(reader: PageReader, path: Path, name: str, options: argparse.Namespace, names: set[str]) -> bool:
    texts: list[str] = []
    form = options.format
    found = partial(_pass_on, texts.append if options.out else _print, form)
    is_whole = _read_file(reader, path, name, options, found)
    if options.out and texts:
        head, tail = _around(form)
        target = options.out / _free(f"{Path(name).name}.{form}", names)
        save_file(target, (head + "".join(texts) + tail).encode())
    return is_whole


def _around(form: PageFormat) -> tuple[str, str]:
    """What a file, or all that is printed, begins and ends with."""
    match form:
        case PageFormat.TSV:
            return f"{TSV_HEAD}\n", ""
        case PageFormat.HTML:
            return HTML_HEAD, HTML_TAIL
        case _:
            return "", ""


def _write_pdf(reader: PageReader, path: Path, name: str, options: argparse.Namespace, names: set[str]) -> bool:
    """A searchable PDF: in the folder for results, or on standard output."""
    from app.engine.imaging.documents import open_document  # noqa: PLC0415
    from app.engine.imaging.searchable_pdf import write_searchable_pdf  # noqa: PLC0415

    pages: list[Page] = []
    if not _read_file(reader, path, name, options, lambda page, _: pages.append(page)):
        return False  # A page that could not be read would be missing, or stand for another.
    with tempfile.TemporaryDirectory() as folder:
        whole = options.out is not None
        if whole:
            options.out.mkdir(parents=True, exist_ok=True)
        target = options.out / _free(f"{Path(name).stem}.pdf", names) if whole else Path(folder) / "searchable.pdf"
        write_searchable_pdf(path, pages, target, options.password, _go_on)
        if not whole:
            sys.stdout.buffer.write(target.read_bytes())
            sys.stdout.buffer.flush()
    if open_document(path, options.password).is_encrypted:
        complain(f"{name} is encrypted. The copy that can be searched is not, and opens without a password.")
    return True


def _read_file(
    reader: PageReader, path: Path, name: str, options: argparse.Namespace, found: Callable[[Page, str], None]
) -> bool:
    """Read an image, or page after page of a document, and tell what cannot be read."""
    from app.engine.imaging.documents import open_document  # noqa: PLC0415 - not needed for --help
    from app.engine.imaging.open_pdf import is_pdf  # noqa: PLC0415

    try:
        document = open_document(path, options.password)
    except UserError as error:
        complain(str(error))
        return False
    is_whole = True
    count = 1 if document.is_animation and not options.pages else document.page_count
    chosen = chosen_pages(options.pages, count)
    if not chosen:
        complain(f"{name} has {count} pages, none of which was asked for.")
        return False
    for number in chosen:
        of = f"{name}:{number + 1}" if count > 1 or is_pdf(path) or options.pages else name
        try:
            page = _read_page(reader, document, number, path)
        except UserError as error:
            complain(str(error))
            is_whole = False
            continue
        found(page, of)
        if page.notice:
            complain(f"{of}: {page.notice}")
    return is_whole


def _read_page(reader: PageReader, document: "Document", number: int, path: Path) -> Page:
    """The text that a page carries, with its tables, where that makes sense, or what can be seen."""
    from app.engine.reader.tables.find_tables import find_tables  # noqa: PLC0415

    if page := document.text_page(number):
        return replace(page, tables=find_tables(page.lines, None))
    return _read_picture(reader, document, number, path)


def _read_picture(reader: PageReader, document: "Document", number: int, path: Path) -> Page:
    """An image file as it is; a page of a document through a picture of its own."""
    from app.engine.imaging.open_image import save_png  # noqa: PLC0415
    from app.engine.imaging.open_pdf import is_pdf  # noqa: PLC0415

    if number == 0 and not is_pdf(path):
        return reader.read(path)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / f"{path.name}, page {number + 1}"
        save_png(document.picture(number), picture)
        return reader.read(picture)


def _pass_on(say: Callable[[str], object], form: PageFormat, page: Page, of: str) -> None:
    say(formatted(page, of, form))


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _names_of_originals(options: argparse.Namespace) -> set[str]:
    """What lies in the folder for results and is read: never written over."""
    if options.out is None:
        return set()
    folder = options.out.resolve()
    return {path.name.casefold() for path in map(Path, options.files) if path.parent.resolve() == folder}


def _free(name: str, taken: set[str]) -> str:
    """`name`, with a number where this run has read or written a file of that name."""
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
