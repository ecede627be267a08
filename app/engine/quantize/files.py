"""Finds the user's own calibration files and reads them as text."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.error_texts import quantize_texts
from app.domain.errors import QuantizeError

TEXT_SUFFIXES = frozenset({".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".html", ".xml", ".log", ".tex"})


@dataclass(frozen=True, slots=True)
class CalibrationFile:
    """A file that the user named, or one found in a named folder; the latter is skipped if it cannot be read."""

    path: Path
    is_named: bool


def find_files(given: Sequence[Path], suffixes: Collection[str]) -> list[CalibrationFile]:
    """Return the named files, and the files below the named folders that have one of `suffixes`.

    Raises QuantizeError if a name does not exist.
    """
    found = []
    for path in given:
        if path.is_dir():
            below = sorted(inner for inner in path.rglob("*") if inner.suffix.lower() in suffixes and inner.is_file())
            found += [CalibrationFile(inner, is_named=False) for inner in below]
        elif path.is_file():
            found.append(CalibrationFile(path, is_named=True))
        else:
            raise QuantizeError(quantize_texts.INPUT_NOT_FOUND, path=str(path))
    return found


def read_texts(files: Sequence[CalibrationFile]) -> tuple[list[str], int]:
    """Return the non-empty texts and the number of skipped files. Raises QuantizeError for an unreadable named file."""
    documents, skipped = [], 0
    for file in files:
        try:
            documents.append(_strings_of(file.path, file.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError) as error:
            if file.is_named:
                raise QuantizeError(
                    quantize_texts.NOT_A_TEXT, path=str(file.path), reason=type(error).__name__
                ) from error
            skipped += 1
    return [document for document in documents if document.strip()], skipped


def _strings_of(path: Path, text: str) -> str:
    """Return the text itself, or the strings in JSON: braces and keys are no language to calibrate on."""
    if path.suffix.lower() == ".json":
        return "\n".join(_strings(json.loads(text)))
    if path.suffix.lower() == ".jsonl":
        return "\n".join(part for line in text.splitlines() if line.strip() for part in _strings(json.loads(line)))
    return text


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
