"""Readers that `bench_public_pages` compares: each returns the pages of a file as the scorer takes them."""

import json
import os
import re
import resource
import subprocess
import sys
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

MIN_TABLE_ROWS, MAX_BLANK_LINES = 3, 1
"""Minimum number of rows of a table in a printed layout, and maximum number of empty lines between two of them."""

TABLES_ALONE = "tables alone"
"""The text of pages of which nothing but tables is asked: a page without text counts as failed."""

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


def img2table(path: Path, _language: str) -> list[Page]:
    """Find the tables of a PDF with a text layer by img2table, which the Python named in IMG2TABLE_PYTHON has."""
    python = os.environ.get("IMG2TABLE_PYTHON", sys.executable)
    script = str(Path(__file__).with_name("img2table_tables.py"))
    ran = subprocess.run([python, script, str(path)], capture_output=True, check=False)
    printed = ran.stdout.splitlines()[-1] if not ran.returncode else "{}"  # It fails on some files.
    found = {int(number): tables for number, tables in json.loads(printed).items()}
    names = ("row", "column", "text", "row_span", "column_span")
    pages = [found.get(number, []) for number in range(open_document(path).page_count)]
    return [
        {
            "text": TABLES_ALONE,
            "tables": [{"cells": [dict(zip(names, cell, strict=True)) for cell in t]} for t in tables],
        }
        for tables in pages
    ]


def poppler(path: Path, _language: str) -> list[Page]:
    """Find the tables of a PDF's text layer in what `pdftotext -layout` prints: lines whose blanks are aligned."""
    ran = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    pages = ran.stdout.decode(errors="replace").split("\f")[: open_document(path).page_count]
    found = [_tables_of_text(page.splitlines()) for page in pages]
    return [
        {"text": page, "tables": [{"rows": rows, "spans": []} for rows in tables]}
        for page, tables in zip(pages, found, strict=True)
    ]


def _tables_of_text(lines: list[str]) -> list[list[list[str]]]:
    """Return the runs of lines with wide blanks, cut into cells where all lines of a run are blank."""
    tables: list[list[list[str]]] = []
    run: list[str] = []
    for line in [*lines, *[""] * (MAX_BLANK_LINES + 1)]:
        is_row = bool(re.search(r"\S\s{2,}\S", line))
        blank = next((n for n, other in enumerate(reversed(run)) if other.strip()), len(run))
        if is_row or (run and blank < MAX_BLANK_LINES and not line.strip()):
            run.append(line)
            continue
        rows = [other for other in run if other.strip()]
        if len(rows) >= MIN_TABLE_ROWS:
            width = max(map(len, rows))
            padded = [row.ljust(width) for row in rows]
            is_blank = "".join("_" if all(row[n] == " " for row in padded) else "x" for n in range(width))
            spans = [match.span() for match in re.finditer(r"x(?:_?x)*", is_blank)]
            tables.append([[row[first:end].strip() for first, end in spans] for row in padded])
        run = []
    return tables


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
