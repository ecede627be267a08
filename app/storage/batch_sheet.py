"""The spreadsheet of a batch: a row for each image."""

from collections.abc import Sequence
from pathlib import Path

from app.domain.batch import Entry


def save_sheet(target: Path, entries: Sequence[Entry], fields: Sequence[str]) -> None:
    raise NotImplementedError
