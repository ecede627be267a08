"""The output folder of a batch: its files, its spreadsheet and its journal."""

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from app.domain.batch.batch import BatchOptions, Content, Entry, ItemState, Output, natural_key
from app.domain.batch.batch_formats import batch_document, batch_sheet, batch_text
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import storage_texts
from app.domain.errors import DiskError
from app.domain.text.visible_text import encoded
from app.partial_files import partial_path, partials_of, writing
from app.storage.batch.batch_journal import FILES_FOR_ALL, BatchJournal
from app.storage.documents.spreadsheet import save_workbook
from app.storage.documents.word_document import word_document
from app.storage.files.atomic import save_file, storage_error
from app.storage.files.digests import content_in, content_of
from app.storage.files.output_files import OutputFiles, release

_FILES = tuple(form for form in Output if not form.is_for_all)


class BatchFolder:
    """Writes the results of images; a file that the batch did not write, or that has changed since, is not overwritten.

    The journal records the new content before it replaces a file: whenever the batch ends, a file with any other
    content has been changed by someone else, and stays.

    Every method raises StorageError for an error of one file, and DiskError for one that would affect every file.
    """

    def __init__(self, folder: Path, journal: BatchJournal) -> None:
        self.path = folder
        self._journal = journal
        self._files = OutputFiles(folder)

    def plan(self, entry: Entry, options: BatchOptions) -> Entry:
        """Claim the names of an image's output files and record them before the files exist."""
        outputs = self._claimed(entry, [form for form in _FILES if form in options.outputs])
        planned = replace(entry, state=ItemState.WRITING, outputs=outputs, written=self._written(entry))
        try:
            self._journal.add(planned)
        except BaseException:
            self._release(outputs)
            raise
        return planned

    def partial_pdf(self, entry: Entry) -> Path | None:
        """Return the temporary path for the searchable PDF; None if none is requested."""
        name = next((name for name in entry.outputs if name.endswith(f".{Output.PDF}")), None)
        return partial_path(self.path / name) if name else None

    def write(self, entry: Entry, pages: Sequence[OcrPage], pdf: Path | None) -> Entry:
        """Write an image's files and record the result; `pdf` is the temporary PDF that has been written.

        A file that was changed after it was planned is left alone, and the new output gets another name; the returned
        entry shows that.
        """
        forms = [Output.of_name(name) for name in entry.outputs]
        made = {form: _made(entry, pages, form) for form in forms if form is not Output.PDF}
        new = tuple(Content(len(content), hashlib.sha256(content).hexdigest()) for content in made.values())
        if pdf:
            new = (*new, self._pdf_content(pdf, entry))
        outputs = self._claimed(entry, forms)
        known = tuple(dict.fromkeys((*self._written(entry), *new)))
        self._journal.add(replace(entry, state=ItemState.WRITING, outputs=outputs, written=known))
        for name, form in zip(outputs, forms, strict=True):
            self._files.check_there()
            target = self.path / name
            if form is not Output.PDF:
                save_file(target, made[form])
            elif pdf:
                try:
                    pdf.replace(target)
                except OSError as error:
                    raise storage_error(error, storage_texts.FILE, file=target.name) from error
        over = replace(entry, outputs=outputs, written=new)
        self._journal.add(over)
        return over

    def has_outputs(self, entry: Entry) -> bool:
        """Return whether no output of `entry` is missing or was emptied; an edited one counts as there."""
        may_be_empty = any(not content.size for content in entry.written)
        return all(_is_there(self.path / name, may_be_empty=may_be_empty) for name in entry.outputs)

    def abandon(self, planned: Entry) -> None:
        """Release the claimed names that nothing was written to; never raises."""
        known = self._journal.entries.get(planned.source.name, planned)
        self._release(known.outputs)
        left = tuple(name for name in known.outputs if (self.path / name).is_file())
        with contextlib.suppress(DiskError):
            self._journal.add(replace(planned, state=ItemState.WAITING, outputs=left, written=known.written))

    def record_failure(self, entry: Entry) -> None:
        """Record the failure of an image; files of earlier runs still belong to it."""
        self._journal.add(replace(entry, outputs=self._outputs(entry), written=self._written(entry)))

    def save_for_all(self, output: Output, order: Sequence[str], fields: Sequence[str]) -> str:
        """Write the file of `output` for all recorded images, and return its file name; empty if there are none.

        Those in `order` (names) are first; then those that other batches in this folder have read before.
        """
        ranks = {name: rank for rank, name in enumerate(order)}
        entries = [entry for entry in self._journal.whole() if _is_for_all(entry, ranks)]
        if not entries:
            return ""
        entries.sort(key=lambda entry: (ranks.get(entry.source.name, len(ranks)), natural_key(entry.source.name)))
        known = self._journal.for_all.get(output)
        name = self._files.claim(FILES_FOR_ALL[output], dict([known] if known else ()))
        target = self.path / name
        try:
            before = content_of(target)
            self._journal.add_for_all(output, name, (before,))

            def record(file: BinaryIO) -> None:
                self._journal.add_for_all(output, name, (before, content_in(file)))

            if output is Output.SPREADSHEET:
                save_workbook(target, [batch_sheet(entries, fields)], record)
            else:
                _save_text(target, batch_text(entries), record)
        except OSError as error:
            raise storage_error(error, storage_texts.FILE, file=name) from error
        finally:
            release(target)
        return name

    def remove_partial_files(self) -> None:
        """Remove partial files that a killed batch left behind."""
        for entry in self._journal.entries.values():
            if entry.state is not ItemState.WRITING:
                continue
            for name in entry.outputs:
                with contextlib.suppress(OSError):
                    for partial in partials_of(self.path / name):
                        partial.unlink()

    def _claimed(self, entry: Entry, forms: Sequence[Output]) -> tuple[str, ...]:
        """Claim the names for an image's files; if one fails, all are released."""
        own = dict.fromkeys(self._outputs(entry), self._written(entry))
        outputs: list[str] = []
        try:
            for form in forms:
                outputs.append(self._files.claim(f"{entry.source.name}.{form.suffix}", own))  # noqa: PERF401 - may raise
        except BaseException:
            self._release(outputs)
            raise
        return tuple(outputs)

    def _outputs(self, entry: Entry) -> tuple[str, ...]:
        known = self._journal.entries.get(entry.source.name)
        return known.outputs if known else ()

    def _written(self, entry: Entry) -> tuple[Content, ...]:
        known = self._journal.entries.get(entry.source.name)
        return known.written if known else ()

    def _pdf_content(self, pdf: Path, entry: Entry) -> Content:
        try:
            return content_of(pdf)
        except OSError as error:
            self._files.check_there()
            raise storage_error(error, storage_texts.PDF, file=entry.source.name) from error

    def _release(self, names: Sequence[str]) -> None:
        for name in names:
            release(self.path / name)


def _is_there(path: Path, *, may_be_empty: bool) -> bool:
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # It may well be there; if its folder is unusable, writing would say so.
        return True
    return may_be_empty or bool(facts.st_size)


def _is_for_all(entry: Entry, names: Collection[str]) -> bool:
    return entry.state is ItemState.DONE or (entry.state is ItemState.FAILED and entry.source.name in names)


def _save_text(target: Path, text: Iterable[str], written: Callable[[BinaryIO], None]) -> None:
    """Write the pieces of a text; `written` is called with the file before it gets its name."""
    with writing(target) as file:
        for piece in text:
            file.write(encoded(piece))
        file.flush()
        written(file)


def _made(entry: Entry, pages: Sequence[OcrPage], form: Output) -> bytes:
    if form is Output.WORD:
        return word_document(pages)
    return encoded(batch_document(entry, pages, form))
