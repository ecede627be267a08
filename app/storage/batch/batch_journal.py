"""The journal of a batch: a file of JSON lines beside the outputs, from which an interrupted batch resumes.

The journal lies in the output folder and not in the database: the window and the command line can resume each other's
batches, a moved folder takes its state along, and deleting it discards everything. A line is appended and flushed to
disk before and after an image's files are written; an incomplete last line is ignored and written again.
"""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from app.domain.batch.batch import BatchJob, Content, Entry, Output
from app.domain.error_texts import batch_texts, storage_texts
from app.domain.errors import DiskError, StorageError
from app.storage.files.atomic import storage_error
from app.storage.files.file_lock import try_lock

NAME = "lorgnette-batch.jsonl"
FILES_FOR_ALL = {Output.SPREADSHEET: "lorgnette-batch.xlsx", Output.ONE_TEXT: "lorgnette-batch.txt"}
"""Names of the files that hold the results of all images, unless another file has that name."""
FORM = 3
_HEADS = (b'{"job":', b'{"item":', b'{"sheet":', b'{"one_text":')
"""Beginnings of a journal's lines, whole or incomplete."""
_HEAD_BYTES = 1 << 20
"""Number of bytes searched for a line of ours: if the beginning is damaged, one proves that the journal is ours."""
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT
_FLAGS |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class _Line(msgspec.Struct, omit_defaults=True):
    """One line: the batch's options, the state of an image, or a file for all. Later lines override earlier ones.

    Lines with a `form` below 3 do not record the content of files. Whether those have been changed is unknown, so none
    of them is replaced.
    """

    job: BatchJob | None = None
    form: int = 1
    item: Entry | None = None
    sheet: str = ""
    one_text: str = ""
    written: tuple[Content, ...] = ()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Line)


class BatchJournal:
    """The journal of one output folder, held by one process at a time.

    The constructor raises StorageError, every method DiskError: without its journal a batch cannot continue.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self.job: BatchJob | None = None
        self.entries: dict[str, Entry] = {}
        """The latest entry of each image by its name, abridged."""
        self.for_all: dict[Output, tuple[str, tuple[Content, ...]]] = {}
        """The batch's own files for all images: the name of each, and the contents that the batch has written to it."""
        self._offsets: dict[str, int] = {}
        """Where the latest entry of each image begins in the file, in bytes."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = _opened(self._path)
        except OSError as error:
            raise storage_error(error, storage_texts.FOLDER, folder=str(folder)) from error
        try:
            self._lock_folder(folder)
            self._read()
        except OSError as error:
            self._file.close()
            raise storage_error(error, storage_texts.BATCH_JOURNAL) from error
        except StorageError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, job: BatchJob) -> None:
        """Record the options that apply from now on."""
        if job != self.job:
            self._add(_Line(job=job, form=FORM))
            self.job = job

    def add_for_all(self, output: Output, name: str, written: tuple[Content, ...]) -> None:
        """Record that the file for all images called `name` is the batch's own if its content is one of `written`."""
        if self.for_all.get(output) != (name, written):
            is_sheet = output is Output.SPREADSHEET
            self._add(_Line(sheet=name, written=written) if is_sheet else _Line(one_text=name, written=written))
            self.for_all[output] = name, written

    def add(self, entry: Entry) -> None:
        """Record the state of an image."""
        self._offsets[entry.source.name] = self._add(_Line(item=entry))
        self.entries[entry.source.name] = entry.brief

    def entry(self, name: str) -> Entry | None:
        """Return the latest entry of an image with all its fields, read from the file; None if there is none."""
        offset = self._offsets.get(name)
        return None if offset is None else self._at(offset)

    def whole(self) -> Iterator[Entry]:
        """Yield the latest entry of each image with all its fields, read from the file one by one."""
        for offset in tuple(self._offsets.values()):
            if entry := self._at(offset):
                yield entry

    def close(self) -> None:
        """Close the file and release the folder."""
        self._file.close()

    def _lock_folder(self, folder: Path) -> None:
        if not try_lock(self._file.fileno()):
            raise StorageError(batch_texts.FOLDER_IN_USE, folder=str(folder))

    def _read(self) -> None:
        for offset, line in self._lines():
            if line.job:
                self.job = line.job
            if line.sheet:
                self.for_all[Output.SPREADSHEET] = line.sheet, line.written
            if line.one_text:
                self.for_all[Output.ONE_TEXT] = line.one_text, line.written
            if line.item:
                self.entries[line.item.source.name] = line.item.brief
                self._offsets[line.item.source.name] = offset
        self._truncate_incomplete_line()

    def _lines(self) -> Iterator[tuple[int, _Line]]:
        """Yield each line with the offset at which it starts; invalid lines are skipped."""
        try:
            with self._path.open("rb") as file:
                offset = 0
                for raw in file:
                    line = _decoded(raw)
                    if line:
                        yield offset, line
                    offset += len(raw)
        except OSError as error:
            raise _not_resumable(error) from error

    def _at(self, offset: int) -> Entry | None:
        """Return the entry of the line that begins at `offset`; None if somebody has changed the file there."""
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                line = _decoded(file.readline())
        except OSError as error:
            raise _not_resumable(error) from error
        return line.item if line else None

    def _truncate_incomplete_line(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        offset = size
        while offset:
            start = max(0, offset - 65_536)
            self._file.seek(start)
            piece = self._file.read(offset - start)
            if b"\n" in piece:
                offset = start + piece.rindex(b"\n") + 1
                break
            offset = start
        if offset < size:
            self._file.truncate(offset)

    def _add(self, line: _Line) -> int:
        """Append a line, and return the offset at which it begins."""
        size = self._file.seek(0, os.SEEK_END)
        try:
            self._path.stat()  # Raises if the folder is gone, and this file with it.
            self._file.write(_encoded(line) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._roll_back(size)
            raise _not_resumable(error) from error
        return size

    def _roll_back(self, size: int) -> None:
        """Remove a line that was written only in part, on a full disk."""
        with contextlib.suppress(OSError):  # Closing retries the failed write.
            self._file.close()
        try:
            os.truncate(self._path, size)
            self._file = _opened(self._path)
            try_lock(self._file.fileno())
        except OSError as error:
            raise _not_resumable(error) from error


def _opened(path: Path) -> BinaryIO:
    """Open the journal, creating it if missing. Raises OSError, and StorageError for a foreign file of that name.

    A link is refused: through it the batch would write elsewhere, perhaps into an image that it reads.
    """
    try:
        descriptor = os.open(path, _FLAGS, 0o666)
    except OSError as error:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise _not_a_journal(path) from error
        raise
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
        os.close(descriptor)
        raise _not_a_journal(path)
    file = os.fdopen(descriptor, "a+b")
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not any(mark.startswith(head[: len(mark)]) or b"\n" + mark in head for mark in _HEADS):
        file.close()
        raise _not_a_journal(path)
    return file


def _not_a_journal(path: Path) -> StorageError:
    return StorageError(batch_texts.NOT_A_JOURNAL, file=path.name, folder=str(path.parent))


def _not_resumable(error: OSError) -> DiskError:
    return DiskError(storage_error(error, storage_texts.BATCH_JOURNAL).problem)


def _encoded(line: _Line) -> bytes:
    try:
        return _encoder.encode(line)
    except UnicodeEncodeError:  # Bytes of a file name that are not UTF-8, which JSON can only hold as escapes.
        return json.dumps(msgspec.to_builtins(line)).encode("ascii")


def _decoded(raw: bytes) -> _Line | None:
    if not raw.endswith(b"\n"):
        return None
    for read in (_decoder.decode, _with_escapes):
        with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
            return read(raw)
    return None


def _with_escapes(raw: bytes) -> _Line:
    """Decode a line that Python's JSON parser accepts and msgspec's does not: one with names that are not UTF-8."""
    return msgspec.convert(json.loads(raw), _Line)
