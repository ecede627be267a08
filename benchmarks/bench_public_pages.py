"""How well pages that others published are read: words, order, tables, amounts.

`python -m benchmarks.bench_public_pages FOLDER [SET…]`: FOLDER holds one folder for each set, with `manifest.jsonl`,
and `score.py`, which makes the figures (words, edit, order, adjacent, cells, teds: its `--help` explains them). Pages
are read in this process, as the application's reader reads them, so that the models are loaded once. Seconds are those
of one core.
"""

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from app.domain.errors import UserError
from benchmarks.public_readers import (
    Page,
    Reader,
    img2table,
    lorgnette,
    poppler,
    processor_seconds,
    rapidocr_as_shipped,
    tesseract,
)

Row = dict[str, Any]
"""A line of a manifest, or a file's result: both are the scorer's own."""

PEERS: dict[str, Callable[[], Reader]] = {
    "rapidocr": rapidocr_as_shipped,
    "tesseract": lambda: tesseract,
    "img2table": lambda: img2table,
    "poppler": lambda: poppler,
}
"""Other readers; the last two find the tables of PDFs alone."""


def scorer(folder: Path) -> ModuleType:
    """Import `score.py` from the folder of the sets."""
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{folder} has no score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Print a table for each set and reader, and on request write the pages and figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--file", action="append", help="only files whose name contains this")
    parser.add_argument("--kind")
    parser.add_argument("--lang")
    parser.add_argument("--scans", action="store_true", help="read PDF pages as pictures, without their text layer")
    parser.add_argument("--against", choices=list(PEERS), nargs="+", default=[], help="other readers, in the same run")
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--text", action="store_true", help="print what was read")
    options = parser.parse_args()
    score = scorer(options.folder)
    names = options.sets or sorted(path.parent.name for path in options.folder.glob("*/manifest.jsonl"))
    readers = {"lorgnette": lorgnette(draws=options.scans)} | {name: PEERS[name]() for name in options.against}
    report = {}
    for name in names:
        results: dict[str, list[Row]] = {of: [] for of in readers}
        for row in _rows(score, options, name):
            for of, read in readers.items():
                result = _result(score, row, options.folder / name / row["file"], read)
                results[of].append(result)
                line = f"{row['file']} {row['lang']} {row['kind']}: {score.line_of([result])}"
                print(f"{of:10} {line}", file=sys.stderr, flush=True)
                if options.text:
                    print("\n".join(page["text"] for page in result["pages"]))
        for of, found in results.items():
            if found:
                score.table(f"{name}: {of}", found)
        report[name] = results
    if options.json:
        options.json.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")


def _rows(score: ModuleType, options: argparse.Namespace, name: str) -> list[Row]:
    lines = (options.folder / name / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[Row] = [json.loads(line) for line in lines]
    for row in rows:
        row["lang"] = score.LANGUAGES.get(row["lang"], row["lang"])
    return [
        row
        for row in rows
        if options.kind in (None, row["kind"])
        and options.lang in (None, row["lang"])
        and (not options.file or any(part in row["file"] for part in options.file))
    ]


def _result(score: ModuleType, row: Row, path: Path, read: Reader) -> Row:
    began = processor_seconds()
    pages: list[Page] = []
    failure = ""
    try:
        pages = read(path, score.PACKS.get(row["lang"], "eng"))
    except UserError as error:
        failure = str(error)
    if not failure and not any(page["text"].strip() for page in pages):
        failure = "no text"
    about = {key: row[key] for key in ("file", "lang", "kind")}
    seconds = processor_seconds() - began
    return {**about, "seconds": seconds, "failure": failure, "score": score.score(row, pages), "pages": pages}


if __name__ == "__main__":
    main()
