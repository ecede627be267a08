"""Which files of a folder of cases are read rightly: one text, one verdict, one reason each.

`python -m benchmarks.bench_cases FOLDER`: FOLDER holds `INDEX.jsonl` (`file`, `kind`) and beside each file its text as
`STEM.expected`; a row without one (a command, a paste) is left out. Words are compared, in order, since line breaks and
the width of gaps belong to a layout; of code, whole lines with their indentation. Where a case is about places, the
share of the page's ink that its lines cover counts too.
"""

import argparse
import difflib
import json
import re
import sys
import unicodedata
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.domain.documents.pages import OcrPage
from app.domain.errors import UserError
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.documents import Document, open_document
from app.engine.reader.read_document_page import read_document_page
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser

CODE = re.compile(r"\bcode\b")
"""The kinds of which indentation counts."""

PLACES = re.compile(r"places|Box|UserUnit|Rotate")
"""What the kind or the verdict of a case about places has in it."""

MIN_COVERED = 0.94
"""Minimum share of the ink that lines cover if they are in their places: what a whole page of text gives."""

INK = 60
"""Minimum difference of grey levels between a page's paper and its ink."""

TICKS = re.compile("[☑☐]")
"""Check boxes of forms: the expected texts of the cases were typed without them, and are compared without them."""

CJK = re.compile(r"(?<=[\u3000-\u9fff\uf900-\ufaff\uff00-\uffef]) | (?=[\u3000-\u9fff\uf900-\ufaff\uff00-\uffef])")
"""Blanks beside Chinese and Japanese letters, which mean nothing."""

WIDTHS = re.compile(r"[\uff01-\uff9f\uffe0-\uffe6]+")
"""Full-width and half-width forms, which are the same letters."""


def main() -> None:
    """Print a line for each wrong case, and how many are right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--file", help="only files whose name contains this")
    parser.add_argument("--kind", help="only kinds that contain this")
    options = parser.parse_args()
    rows = [json.loads(line) for line in (options.folder / "INDEX.jsonl").read_text(encoding="utf-8").splitlines()]
    reader = Recogniser()
    right = judged = 0
    for row in rows:
        path = options.folder / row["file"]
        expected = path.with_suffix(".expected")
        is_asked = (options.file or "") in row["file"] and (options.kind or "") in row["kind"]
        if not (is_asked and expected.exists()):
            continue
        judged += 1
        reason = _reason(reader, path, row, expected.read_text(encoding="utf-8"))
        right += not reason
        print(f"right  {row['file']}" if not reason else f"WRONG  {row['file']} ({row['kind']}): {reason}", flush=True)
    print(f"{right} of {judged} right, {right / max(judged, 1):.1%}")
    sys.exit(right < judged)


def _reason(reader: Recogniser, path: Path, row: dict[str, Any], expected: str) -> str:
    """Return what is wrong with a case; empty if nothing is."""
    read = partial(read_page, reader=reader, check=NEVER_CANCELLED)
    try:
        document = open_document(path)
        with document.in_order():
            numbers = range(1 if document.is_animation else document.page_count)
            pages = [read_document_page(document, n, read, NEVER_CANCELLED, lambda: reader) for n in numbers]
    except UserError as error:
        return f"refused: {error}"
    text = "\n".join(page.text for page in pages)
    normal = _indented if CODE.search(row["kind"]) else _words
    if not TICKS.search(expected):
        text = TICKS.sub(" ", text)
    if difference := _difference(normal(expected), normal(text)):
        return difference
    if PLACES.search(row["kind"] + row["verdict"]) and (covered := _covered(document, pages)) < MIN_COVERED:
        return f"lines cover {covered:.2f} of the ink"
    return ""


def _words(text: str) -> list[str]:
    return CJK.sub("", " ".join(WIDTHS.sub(_usual_width, text).split())).split()


def _usual_width(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _indented(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _difference(expected: list[str], found: list[str]) -> str:
    """Return the first few differences as "expected → found"; empty if the texts agree."""
    blocks = difflib.SequenceMatcher(None, expected, found, autojunk=False).get_opcodes()
    parts = [
        f"{' '.join(expected[a:b])[:80]!r} → {' '.join(found[c:d])[:80]!r}"
        for kind, a, b, c, d in blocks
        if kind != "equal"
    ]
    return "; ".join(parts[:4]) + (f"; and {len(parts) - 4} more" if len(parts) > 4 else "")


def _covered(document: Document, pages: list[OcrPage]) -> float:
    """Return the share of the pages' ink that is within the box of a line."""
    ink = covered = 0
    for number, page in enumerate(pages):
        grey = np.asarray(document.readable(number).convert("L")).astype(np.int16)
        is_ink = np.abs(grey - np.median(grey)) > INK
        ink += int(is_ink.sum())
        for line in page.lines:
            box = line.box
            is_ink[round(box.top) : round(box.bottom), round(box.left) : round(box.right)] = False
        covered += int(is_ink.sum())
    return 1 - covered / max(ink, 1)


if __name__ == "__main__":
    main()
