"""How well pages that others published are read: words, order, tables, amounts.

`python -m benchmarks.bench_public_pages FOLDER [SET…]`: FOLDER holds one folder for each set, with `manifest.jsonl`,
and `score.py`, which makes the figures (words, edit, order, adjacent, cells, teds: its `--help` explains them). Pages
are read in this process, as the application's reader reads them, so that the models are loaded once.
"""

import argparse
import importlib.util
import json
import resource
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from app.domain.documents.page_fields import page_fields
from app.domain.errors import UserError
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.documents import open_document
from app.engine.reader.read_any_script import read_any_script
from app.engine.reader.read_document_page import read_document_page
from app.engine.reader.recognise import Recogniser

Row = dict[str, Any]
"""A line of a manifest, or a file's result: both are the scorer's own."""


def scorer(folder: Path) -> ModuleType:
    """Import `score.py` from the folder of the sets."""
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{folder} has no score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Print a table for each set, and on request write the pages and figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--file", action="append", help="only files whose name contains this")
    parser.add_argument("--kind")
    parser.add_argument("--lang")
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--text", action="store_true", help="print what was read")
    options = parser.parse_args()
    score = scorer(options.folder)
    names = options.sets or sorted(path.parent.name for path in options.folder.glob("*/manifest.jsonl"))
    reader = Recogniser()
    report = {}
    for name in names:
        results = []
        for row in _rows(score, options, name):
            pages, seconds, failure = _read(reader, options.folder / name / row["file"])
            result = {key: row[key] for key in ("file", "lang", "kind")}
            result |= {"seconds": seconds, "failure": failure, "score": score.score(row, pages), "pages": pages}
            results.append(result)
            print(f"{row['file']} {row['lang']} {row['kind']}: {score.line_of([result])}", file=sys.stderr, flush=True)
            if options.text:
                print("\n".join(page["text"] for page in pages))
        if results:
            score.table(name, results)
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


def _read(reader: Recogniser, path: Path) -> tuple[list[Row], float, str]:
    """Return the pages as `--format json` prints them, the processor's seconds, and what failed."""
    began = _processor()
    read_picture = partial(read_any_script, reader=reader, check=NEVER_CANCELLED)
    try:
        document = open_document(path)
        with document.in_order():
            read = [read_document_page(document, n, read_picture, NEVER_CANCELLED) for n in range(document.page_count)]
        pages = [msgspec.to_builtins(page_fields(page)) for page in read]
    except UserError as error:
        return [], _processor() - began, str(error)
    return pages, _processor() - began, "" if any(page["text"].strip() for page in pages) else "no text"


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
