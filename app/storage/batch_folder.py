"""The output folder of a batch: its files, its spreadsheet and its journal."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from app.domain.batch import BatchOptions, Entry, ItemState, Output
from app.domain.batch_formats import batch_document, batch_sheet
from app.domain.pages import Page
from app.storage.atomic import save_file, storage_error
from app.storage.batch_journal import NAME, BatchJournal
from app.storage.spreadsheet import save_workbook

SHEET_NAME = "lorgnette-batch.xlsx"
_FILES = (Output.TEXT, Output.MARKDOWN, Output.JSON, Output.PDF)


class BatchFolder:
    """Writes what was found on images; a file that is not the batch's own is never overwritten.

    Every method raises StorageError.
    """

    def __init__(self, folder: Path, journal: BatchJournal) -> None:
        self._folder = folder
        self._journal = journal

    def plan(self, entry: Entry, options: BatchOptions) -> Entry:
        """Choose the names of an image's files, and keep them before there are any."""
        known = self._journal.entries.get(entry.source.name)
        own = frozenset(known.outputs if known else ())
        forms = [form for form in _FILES if form in options.outputs]
        outputs = tuple(self._free(entry.source.name, form, own) for form in forms)
        planned = replace(entry, state=ItemState.WRITING, outputs=outputs)
        self._journal.add(planned)
        return planned

    def partial_pdf(self, entry: Entry) -> Path | None:
        """Where the searchable PDF is to be written first; None where none is wanted."""
        name = next((name for name in entry.outputs if name.endswith(f".{Output.PDF}")), None)
        if name is None:
            return None
        target = self._folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, f"“{target.name}”") from error
        return target.with_name(f"{target.name}.{uuid4().hex}.part")

    def write(self, entry: Entry, pages: Sequence[Page], pdf: Path | None) -> None:
        """Write an image's files, and keep that it is over; `pdf` is the one that has been written."""
        for name in entry.outputs:
            target = self._folder / name
            form = Output(name.rpartition(".")[2])
            if form is not Output.PDF:
                save_file(target, batch_document(entry, pages, form).encode())
            elif pdf:
                try:
                    pdf.replace(target)
                except OSError as error:
                    raise storage_error(error, f"“{target.name}”") from error
        self._journal.add(entry)

    def keep(self, entry: Entry) -> None:
        """Keep what became of an image that has no files."""
        self._journal.add(entry)

    def save_sheet(self, order: Sequence[str], fields: Sequence[str]) -> None:
        """Write the spreadsheet with a row for each image of `order`, names, of which something is known."""
        ranks = {name: rank for rank, name in enumerate(order)}
        over = {ItemState.DONE, ItemState.FAILED}
        entries = [entry for entry in self._journal.whole() if entry.source.name in ranks and entry.state in over]
        entries.sort(key=lambda entry: ranks[entry.source.name])
        save_workbook(self._folder / SHEET_NAME, [batch_sheet(entries, fields)])

    def clear_away(self) -> None:
        """Remove what was half written when the batch was ended by force."""
        for entry in self._journal.entries.values():
            if entry.state is not ItemState.WRITING:
                continue
            for name in entry.outputs:
                target = self._folder / name
                if not target.parent.is_dir():
                    continue
                for partial in target.parent.iterdir():
                    if partial.name.startswith(f"{target.name}.") and partial.suffix == ".part":
                        with contextlib.suppress(OSError):
                            partial.unlink()

    def _free(self, name: str, form: Output, own: frozenset[str]) -> str:
        """`name` with the form's suffix, and with a number where a file that is not ours has that name."""
        folder, slash, last = name.rpartition("/")
        number, free = 1, f"{name}.{form}"
        while free not in own and (free in {NAME, SHEET_NAME} or (self._folder / free).exists()):
            number += 1
            free = f"{folder}{slash}{number} {last}.{form}"
        return free
