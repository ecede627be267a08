"""`lorgnette ocr FILES…`: the text of images, on standard output or in files."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.page_readers import PageReader, page_reader
from app.commands.terminal import STDIN, complain, exit_status, go_on, opened
from app.domain.document_formats import page_sheets
from app.domain.errors import UserError
from app.domain.page_formats import HTML_HEAD, HTML_TAIL, TSV_HEAD, PageFormat, formatted
from app.domain.page_ranges import PageRangeError, chosen_pages, parsed_ranges
from app.domain.pages import Page
from app.domain.reader_choice import ReaderChoice
from app.storage.atomic import save_file

if TYPE_CHECKING:
    from app.engine.imaging.documents import Document

PDF, XLSX = "pdf", "xlsx"
WHOLE_FILES = (PDF, XLSX)
"""What cannot be printed piece by piece."""
EPILOG = """examples:
  lorgnette ocr receipt.jpg contract.pdf
  lorgnette ocr --format json -o texts scans/*.png
  lorgnette ocr --format pdf -o searchable scan.pdf photo.heic
  lorgnette ocr --format xlsx -o tables invoice.pdf
  lorgnette ocr --pages 2-5 --password-file secret.txt contract.pdf
  curl -s https://example.org/scan.png | lorgnette ocr -
  lorgnette ocr --reader model --model ~/models/Qwen3-VL-2B letter.jpg

exit status: 0, 1 where a file could not be read, 2 for wrong arguments, 130 for Ctrl+C"""


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
        choices=[*PageFormat, *WHOLE_FILES],
        default=PageFormat.TEXT,
        help="plain text unless given; csv has the tables alone; xlsx has a sheet for each table, and for the "
        "text of each page without one; pdf is the document itself, made searchable",
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
    if options.format in WHOLE_FILES and options.out is None and len(options.files) > 1:
        given.error(f"--format {options.format} with several files needs -o FOLDER")
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
    return text if text in WHOLE_FILES else PageFormat(text)


def _ranges(text: str) -> tuple[range, ...]:
    try:
        return parsed_ranges(text)
    except PageRangeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _read_all(options: argparse.Namespace) -> bool:
    reader = page_reader(options.reader, options.model)
    is_whole = True
    write = {PDF: _write_pdf, XLSX: _write_xlsx}.get(options.format, _write_text)
    names = _names_of_originals(options)
    head, tail = _around(options.format) if options.out is None else ("", "")
    _print(head)
    for number, name in enumerate(options.files, start=1):
        if len(options.files) > 1 and sys.stderr.isatty():
            print(f"\r{number}/{len(options.files)} {name}"[:79].ljust(79), end="", file=sys.stderr, flush=True)
        with opened(name) as path:
            is_whole = write(reader, path, name, options, names) and is_whole
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


def _around(form: PageFormat | str) -> tuple[str, str]:
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
    if not _read_file(reader, path, name, options, lambda page, _number, _of: pages.append(page)):
        return False  # A page that could not be read would be missing, or stand for another.
    with _target(f"{Path(name).stem}.pdf", options, names) as target:
        write_searchable_pdf(path, pages, target, options.password, go_on)
    if open_document(path, options.password).is_encrypted:
        complain(f"{name} is encrypted. The copy that can be searched is not, and opens without a password.")
    return True


def _write_xlsx(reader: PageReader, path: Path, name: str, options: argparse.Namespace, names: set[str]) -> bool:
    """A spreadsheet: in the folder for results, or on standard output."""
    from app.storage.spreadsheet import save_workbook  # noqa: PLC0415 - not needed for other formats

    pages: dict[int, Page] = {}
    is_whole = _read_file(reader, path, name, options, lambda page, number, _of: pages.update({number: page}))
    if pages:
        with _target(f"{Path(name).name}.xlsx", options, names) as target:
            save_workbook(target, page_sheets(pages))
    return is_whole


@contextmanager
def _target(name: str, options: argparse.Namespace, names: set[str]) -> Iterator[Path]:
    """Where a file is to be written that goes to the folder for results, or, when it is there, to standard output."""
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        yield options.out / _free(name, names)
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "result"
        yield target
        sys.stdout.buffer.write(target.read_bytes())
        sys.stdout.buffer.flush()


def _read_file(
    reader: PageReader, path: Path, name: str, options: argparse.Namespace, found: Callable[[Page, int, str], None]
) -> bool:
    """Read an image, or page after page of a document, and tell what cannot be read.

    `found` is called with each page, its number from 0, and what it is called.
    """
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
    with document.in_order():
        for number in chosen:
            of = f"{name}:{number + 1}" if count > 1 or is_pdf(path) or options.pages else name
            try:
                page = _read_page(reader, document, number, path)
            except UserError as error:
                complain(str(error))
                is_whole = False
                continue
            found(page, number, of)
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


def _pass_on(say: Callable[[str], object], form: PageFormat, page: Page, _number: int, of: str) -> None:
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
