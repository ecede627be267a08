"""Readers that `bench_public_pages` compares: each returns the pages of a file as the scorer takes them."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image
from rapidocr import RapidOCR

from app.domain.documents.page_fields import page_fields
from app.domain.documents.pages import OcrPage
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.documents import open_document
from app.engine.imaging.open_pdf import is_pdf
from app.engine.reader.read_document_page import read_document_page
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser

Page = dict[str, Any]
"""A page with its `text` and `tables`, as `lorgnette ocr --format json` prints it."""

Reader = Callable[[Path, str], list[Page]]
"""Reads a file; the second argument is Tesseract's name of its language."""


def lorgnette(*, draws: bool) -> Reader:
    """Return the application's own reader; with `draws` it sees PDF pages as pictures, without their text layer."""
    reader = Recogniser()
    picture = partial(read_page, reader=reader, check=NEVER_CANCELLED)

    def read(path: Path, _language: str) -> list[Page]:
        pages: list[OcrPage] = []
        document = open_document(path)
        with document.in_order():
            for number in range(document.page_count):
                if draws and is_pdf(path):
                    pages.append(picture(document.picture(number)))
                else:
                    pages.append(read_document_page(document, number, picture, NEVER_CANCELLED, lambda: reader))
        return [msgspec.to_builtins(page_fields(page)) for page in pages]

    return read


def rapidocr_as_shipped() -> Reader:
    """Return rapidocr with its own settings, on one thread."""
    shipped = RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})

    def read(path: Path, _language: str) -> list[Page]:
        with _pictures(path) as pictures:
            return [{"text": "\n".join(shipped(picture).txts or ())} for picture in pictures]

    return read


def tesseract(path: Path, language: str) -> list[Page]:
    """Read with the installed program, told the language; on one thread."""
    pages = []
    with _pictures(path) as pictures:
        for picture in pictures:
            command = ["tesseract", str(picture), "-", "-l", language]
            ran = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"OMP_THREAD_LIMIT": "1"})
            pages.append({"text": ran.stdout.decode(errors="replace")})
    return pages


def processor_seconds() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextmanager
def _pictures(path: Path) -> Iterator[list[Path]]:
    """Yield the paths of the file's pages as images; a PDF's are drawn."""
    if not is_pdf(path):
        yield [path]
        return
    with tempfile.TemporaryDirectory() as folder:
        document = open_document(path)
        pictures = []
        for number in range(document.page_count):
            picture: Image.Image = document.picture(number)
            pictures.append(Path(folder) / f"{number}.png")
            picture.save(pictures[-1], compress_level=1)
        yield pictures
