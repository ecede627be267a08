"""What a batch has done, line by line in a file beside its outputs, so that it goes on after any end.

The journal lies in the output folder and not in the database: the window and the command line go on with each other's
batches, a folder that is moved takes its state along, and deleting it forgets everything. A line is added and on the
disk before and after an image's files are written; a last line that was cut off is left out and written anew.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from app.domain.batch import Entry, Job
from app.domain.errors import StorageError
from app.storage.atomic import storage_error
from app.storage.file_lock import try_lock

NAME = "lorgnette-batch.jsonl"
_WHAT = "The batch's journal"


class _Line(msgspec.Struct, omit_defaults=True):
    """One line: what was asked for, or what became of an image. The later of two about the same holds."""

    job: Job | None = None
    item: Entry | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Line)


class BatchJournal:
    """The journal of one output folder, held by one process at a time. Every method raises StorageError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self.job: Job | None = None
        self.entries: dict[str, Entry] = {}
        """The latest of each image by its name, in short."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b")
        except OSError as error:
            raise storage_error(error, f"The folder “{folder}”") from error
        try:
            self._hold(folder)
            self._read()
        except OSError as error:
            self._file.close()
            raise storage_error(error, _WHAT) from error
        except StorageError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self, job: Job) -> None:
        """Keep what is asked for from now on."""
        if job != self.job:
            self._add(_Line(job=job))
            self.job = job

    def add(self, entry: Entry) -> None:
        """Keep what became of an image."""
        self._add(_Line(item=entry))
        self.entries[entry.source.name] = entry.brief

    def whole(self) -> Iterator[Entry]:
        """The latest entry of each image with all of its fields, in no order, read from the file one by one."""
        latest = {line.item.source.name: place for place, line in self._lines() if line.item}
        wanted = set(latest.values())
        yield from (line.item for place, line in self._lines() if line.item and place in wanted)

    def close(self) -> None:
        """Let go of the folder."""
        self._file.close()

    def _hold(self, folder: Path) -> None:
        if not try_lock(self._file.fileno()):
            raise StorageError(
                f"Another Lorgnette is working on a batch in “{folder}”.", todo="Let it finish, or end it first."
            )

    def _read(self) -> None:
        for _, line in self._lines():
            if line.job:
                self.job = line.job
            if line.item:
                self.entries[line.item.source.name] = line.item.brief
        self._cut_torn_line()

    def _lines(self) -> Iterator[tuple[int, _Line]]:
        """Each line with the place where it starts; one that means nothing is passed over."""
        try:
            with self._path.open("rb") as file:
                place = 0
                for raw in file:
                    line = _decoded(raw)
                    if line:
                        yield place, line
                    place += len(raw)
        except OSError as error:
            raise storage_error(error, _WHAT) from error

    def _cut_torn_line(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        place = size
        while place:
            start = max(0, place - 65_536)
            self._file.seek(start)
            piece = self._file.read(place - start)
            if b"\n" in piece:
                place = start + piece.rindex(b"\n") + 1
                break
            place = start
        if place < size:
            self._file.truncate(place)

    def _add(self, line: _Line) -> None:
        size = self._file.seek(0, os.SEEK_END)
        try:
            self._file.write(_encoder.encode(line) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._take_back(size)
            raise storage_error(error, _WHAT) from error

    def _take_back(self, size: int) -> None:
        """Forget a line of which a full disk has taken a part."""
        with contextlib.suppress(OSError):  # It tries once more to write what it could not.
            self._file.close()
        try:
            os.truncate(self._path, size)
            self._file = self._path.open("a+b")
            try_lock(self._file.fileno())
        except OSError as error:
            raise storage_error(error, _WHAT) from error


def _decoded(raw: bytes) -> _Line | None:
    if not raw.endswith(b"\n"):
        return None
    try:
        return _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
