"""`lorgnette ocr FILES…`: writes the text of images to standard output or to files."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from app.commands.confined import confine_command
from app.commands.page_printer import PagePrinter
from app.commands.page_readers import PageReader, page_reader
from app.commands.terminal import (
    STDIN,
    CommandParser,
    exit_status,
    name_given,
    one_of,
    opened,
    path_given,
    print_content,
    print_error,
    print_problem,
    print_renamed,
    show_progress,
)
from app.domain.documents.clean_up import main_text
from app.domain.documents.document_formats import page_sheets
from app.domain.documents.page_formats import PageFormat, around, formatted
from app.domain.documents.page_ranges import PageRangeError, chosen_pages, parsed_ranges
from app.domain.documents.pages import UNREAD, OcrPage
from app.domain.documents.pdf_options import PdfOptions
from app.domain.documents.reader_choice import ReaderChoice
from app.domain.error_texts import command_line_sentence, document_texts
from app.domain.errors import DiskError, UserError
from app.domain.ports import NEVER_CANCELLED
from app.domain.text.visible_text import encoded
from app.storage.files.output_files import OutputFiles
from app.storage.files.scratch import scratch_folder

PDF, XLSX, DOCX = "pdf", "xlsx", "docx"
MAX_PASSWORD_FILE = 65_536
"""Maximum number of characters that are read from a password file, which may be a pipe."""
WHOLE_FILES = (PDF, XLSX, DOCX)
"""Formats that cannot be written page by page."""
EPILOG = """examples:
  lorgnette ocr receipt.jpg contract.pdf
  lorgnette ocr --format json -o texts scans/*.png
  lorgnette ocr --format pdf -o searchable scan.pdf photo.heic
  lorgnette ocr --format xlsx -o tables invoice.pdf
  lorgnette ocr --pages 2-5 --password-file secret.txt contract.pdf
  curl -s https://example.org/scan.png | lorgnette ocr -
  lorgnette ocr --reader model --model ~/models/Qwen3-VL-2B letter.jpg

The text of several files is printed below a line with the name of each: “==> receipt.jpg <==”. Of an animation only
the first image is read, unless --pages asks for others.

Existing files in FOLDER are not replaced without --overwrite: “2 photo.pdf” is written instead and reported.

exit status: 0 on success, 1 if a file could not be read or written, 2 for wrong arguments, 130 after Ctrl+C"""


def parser() -> argparse.ArgumentParser:
    """Return the command's argument parser."""
    parser = CommandParser(
        prog="lorgnette ocr",
        description="Read the text of images and PDF documents, offline.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        type=name_given,
        help=f"images and PDF documents; {STDIN} for standard input",
    )
    parser.add_argument(
        "--reader",
        type=one_of(ReaderChoice),
        choices=list(ReaderChoice),
        default=ReaderChoice.AUTO,
        help="the built-in OCR only, the model, or (auto) the model where one is given and the OCR is uncertain",
    )
    parser.add_argument("--model", type=path_given, metavar="MODEL", help="model folder or GGUF file")
    parser.add_argument(
        "--format",
        type=one_of([*PageFormat, *WHOLE_FILES]),
        choices=[*PageFormat, *WHOLE_FILES],
        default=PageFormat.TEXT,
        help="output format (default: txt); csv has only the tables; xlsx has a sheet for each table, "
        "and for the text of each page without tables; docx has headings, lists and tables; hocr and alto have the "
        "positions of words; pdf is the document made searchable",
    )
    parser.add_argument("--main-text", action="store_true", help="leave out headers, footers and page numbers")
    parser.add_argument("--pdf-a", action="store_true", help="make the PDF conform to PDF/A-2b, or tell that it cannot")
    parser.add_argument("--deskew", action="store_true", help="rotate skewed scans in the PDF until they are level")
    parser.add_argument("--compress", action="store_true", help="compress losslessly stored pictures in the PDF")
    parser.add_argument("--pages", type=_ranges, default=(), metavar="RANGES", help="such as 1-3,7 (default: all)")
    parser.add_argument(
        "--password-file", type=path_given, metavar="FILE", help="file with the password of the documents"
    )
    parser.add_argument("-o", "--out", type=path_given, metavar="FOLDER", help="write one file per input to FOLDER")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace existing files instead of writing to numbered names; never replaces inputs or files just written",
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    args = parser()
    options = args.parse_args(arguments)
    if options.reader is ReaderChoice.MODEL and options.model is None:
        args.error("--reader model needs --model MODEL")
    if options.format == PDF and options.pages:
        args.error("--format pdf does not work with --pages")
    if options.format == PDF and options.main_text:
        args.error("--format pdf does not work with --main-text")
    if options.format != PDF and (options.pdf_a or options.deskew or options.compress):
        args.error("--pdf-a, --deskew and --compress need --format pdf")
    if options.format in WHOLE_FILES and options.out is None and len(options.files) > 1:
        args.error(f"--format {options.format} with several files needs -o FOLDER")
    if options.format in WHOLE_FILES and options.out is None and sys.stdout.isatty():
        args.error(f"--format {options.format} cannot be printed to a terminal: it needs -o FOLDER or a pipe")
    options.password = ""
    return exit_status(lambda: _with_password(options))


def _with_password(options: argparse.Namespace) -> bool:
    """Read the password, then all files. It comes from a file, since all users can read a command's arguments."""
    if options.password_file:
        try:
            with options.password_file.open(encoding="utf-8") as file:
                options.password = file.read(MAX_PASSWORD_FILE).splitlines()[0]
        except (OSError, ValueError, IndexError):
            print_error(f"{options.password_file} could not be read or has no password in its first line.")
            return False
    return _read_all(options)


def _ranges(text: str) -> tuple[range, ...]:
    try:
        return parsed_ranges(text)
    except PageRangeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _read_all(options: argparse.Namespace) -> bool:
    outputs = _outputs(options)
    confine_command(
        files=options.files,
        outputs=() if options.out is None else (options.out,),
        model=options.model if options.reader is not ReaderChoice.BUILT_IN else None,
    )
    reader = page_reader(options.reader, options.model)
    is_whole = True
    printer = PagePrinter(options.format, is_alone=len(options.files) == 1)
    write = {PDF: _write_pdf, XLSX: _write_xlsx, DOCX: _write_docx}.get(options.format, partial(_write_text, printer))
    head, tail = around(options.format) if outputs is None and isinstance(options.format, PageFormat) else ("", "")
    print_content(head)
    for number, name in enumerate(options.files, start=1):
        if len(options.files) > 1:
            show_progress(f"{number}/{len(options.files)} {name}")
        try:
            with opened(name) as path:
                is_whole = write(reader, path, name, options, outputs) and is_whole
        except DiskError as error:
            print_problem(error.problem)
            _print_left(len(options.files) - number)
            return False
        except UserError as error:  # It concerns this file only: the others may still be read or written.
            print_problem(error.problem)
            is_whole = False
    print_content(tail)
    return is_whole


def _print_left(count: int) -> None:
    """Report the files that are not read because a drive refuses every result."""
    if count:
        print_error("The last file was not read." if count == 1 else f"The other {count} files were not read.")


def _write_text(
    printer: PagePrinter,
    reader: PageReader,
    path: Path,
    name: str,
    options: argparse.Namespace,
    outputs: OutputFiles | None,
) -> bool:
    if not outputs:
        printer.begin(name)
        return _read_file(reader, path, name, options, printer.print_page)
    texts: list[str] = []
    form: PageFormat = options.format
    is_whole = _read_file(
        reader, path, name, options, lambda page, number, of: texts.append(formatted(page, of, form, number))
    )
    if texts:
        head, tail = around(form)
        outputs.save(f"{Path(name).name}.{form.suffix}", encoded(head + "".join(texts) + tail))
    return is_whole


def _write_pdf(
    reader: PageReader, path: Path, name: str, options: argparse.Namespace, outputs: OutputFiles | None
) -> bool:
    """Write a searchable PDF to the folder for results, or to standard output."""
    from app.engine.imaging.documents import open_document  # noqa: PLC0415
    from app.engine.imaging.searchable_pdf import write_searchable_pdf  # noqa: PLC0415

    pages: list[OcrPage] = []
    if not _read_file(reader, path, name, options, lambda page, _number, _of: pages.append(page)):
        return False  # An unreadable page would be missing, or another would take its place.
    with _target(f"{Path(name).stem}.pdf", outputs) as target:
        how = PdfOptions(options.pdf_a, options.deskew, options.compress)
        write_searchable_pdf(path, pages, target, options.password, NEVER_CANCELLED, how)
    if open_document(path, options.password).is_encrypted:
        print_error(f"{name} is encrypted. The searchable copy is not and opens without a password.")
    return True


def _write_xlsx(
    reader: PageReader, path: Path, name: str, options: argparse.Namespace, outputs: OutputFiles | None
) -> bool:
    """Write a spreadsheet to the folder for results, or to standard output."""
    from app.storage.documents.spreadsheet import save_workbook  # noqa: PLC0415 - not needed for other formats

    pages: dict[int, OcrPage] = {}
    is_whole = _read_file(reader, path, name, options, lambda page, number, _of: pages.update({number: page}))
    if pages:
        with _target(f"{Path(name).name}.xlsx", outputs) as target:
            save_workbook(target, page_sheets(pages))
    return is_whole


def _write_docx(
    reader: PageReader, path: Path, name: str, options: argparse.Namespace, outputs: OutputFiles | None
) -> bool:
    """Write a document of Word to the folder for results, or to standard output."""
    from app.storage.documents.word_document import save_word  # noqa: PLC0415 - not needed for other formats

    pages: list[OcrPage] = []
    is_whole = _read_file(reader, path, name, options, lambda page, _number, _of: pages.append(page))
    if pages:
        with _target(f"{Path(name).name}.docx", outputs) as target:
            save_word(target, pages)
    return is_whole


@contextmanager
def _target(name: str, outputs: OutputFiles | None) -> Iterator[Path]:
    """Yield the path of a file to write; it goes to the folder for results or, once complete, to standard output."""
    if outputs is not None:
        with outputs.writing(name) as target:
            yield target
        return
    with scratch_folder() as folder:
        target = folder / "result"
        yield target
        sys.stdout.buffer.write(target.read_bytes())
        sys.stdout.buffer.flush()


def _read_file(
    reader: PageReader, path: Path, name: str, options: argparse.Namespace, found: Callable[[OcrPage, int, str], None]
) -> bool:
    """Read an image, or a document page by page, and report what cannot be read.

    `found` is called with each page, its number from 0, and its name.
    """
    from app.engine.imaging.documents import open_document  # noqa: PLC0415 - not needed for --help
    from app.engine.imaging.open_pdf import is_pdf  # noqa: PLC0415

    try:
        document = open_document(path, options.password)
    except UserError as error:
        print_problem(error.problem)
        return False
    is_whole = True
    is_shortened = document.is_animation and not options.pages
    count = 1 if is_shortened else document.page_count
    chosen = chosen_pages(options.pages, count)
    if not chosen:
        print_error(f"{name} has {count} pages, none of them in --pages.")
        return False
    with document.in_order():
        for number in chosen:
            of = f"{name}:{number + 1}" if count > 1 or is_pdf(path) or options.pages else name
            try:
                page = reader.read(document, number, path)
            except UserError as error:
                print_problem(error.problem)
                is_whole = False
                continue
            found(main_text(page) if options.main_text else page, number, of)
            if page.notice:
                print_error(f"{of}: {page.notice}")
            if uncertain := page.uncertain_lines:
                lines = "A line is" if uncertain == 1 else f"{uncertain} lines are"
                print_error(f"{of}: {lines} uncertain, or {UNREAD} if unread.")
    if is_shortened:
        problem = document_texts.ONLY_FIRST_IMAGE.problem(count=document.page_count)
        print_error(f"{name}: {command_line_sentence(problem)}")
    return is_whole


def _outputs(options: argparse.Namespace) -> OutputFiles | None:
    """Create the folder for results; return None if they are printed. Raises StorageError."""
    if options.out is None:
        return None
    sources = [Path(name) for name in options.files if name != STDIN]
    outputs = OutputFiles(options.out, sources, overwrites=options.overwrite, renamed=print_renamed)
    outputs.open()
    return outputs
