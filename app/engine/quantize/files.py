"""The user's own files to calibrate on: found, and read as text."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.errors import QuantizeError

TEXT_SUFFIXES = frozenset({".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".html", ".xml", ".log", ".tex"})


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that was named, or one found in a folder that was; the latter is skipped where it cannot be read."""

    path: Path
    is_named: bool


def find_files(given: Sequence[Path], suffixes: Collection[str]) -> list[GivenFile]:
    """The files named, and those below the folders named that have one of `suffixes`.

    Raises QuantizeError where there is nothing of that name.
    """
    found = []
    for path in given:
        if path.is_dir():
            below = sorted(inner for inner in path.rglob("*") if inner.suffix.lower() in suffixes and inner.is_file())
            found += [GivenFile(inner, is_named=False) for inner in below]
        elif path.is_file():
            found.append(GivenFile(path, is_named=True))
        else:
            raise QuantizeError(f"There is no file or folder “{path}”.", kept="Nothing was changed.")
    return found


def read_texts(files: Sequence[GivenFile]) -> tuple[list[str], int]:
    """The texts that are not empty, and how many files were skipped. Raises QuantizeError for a file that was named."""
    documents, skipped = [], 0
    for file in files:
        try:
            documents.append(_strings_of(file.path, file.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError) as error:
            if file.is_named:
                raise QuantizeError(
                    f"“{file.path}” cannot be read as text ({type(error).__name__}).",
                    kept="Nothing was changed.",
                    todo="Save it as UTF-8 text, or leave it out.",
                ) from error
            skipped += 1
    return [document for document in documents if document.strip()], skipped


def _strings_of(path: Path, text: str) -> str:
    """The text itself; of JSON, its strings, since braces and keys are no language to calibrate on."""
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
