"""Downloading a model: file by file, each checked before it is used, going on where it was after whatever happened."""

import errno
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from app.domain.downloads import DownloadProgress, DownloadStage
from app.domain.errors import NetworkError, StorageError
from app.domain.model_catalog import ModelFile, ModelListing
from app.hub.hub import Busy, RangeRefused
from app.hub.patience import Patience
from app.network.client import Response
from app.network.dialler import ConnectionLost
from app.network.halt import Halt
from app.storage.atomic import storage_error
from app.storage.digests import FileDigest, take_file
from app.storage.model_folders import ModelFolders
from app.storage.room import check_room

CHUNK = 256 * 1024
FRESH_TRIES = 2
"""Of a file whose bytes turned out to be wrong."""
Report = Callable[[DownloadProgress], None]


class Source(Protocol):
    """Where files come from; see `app.hub.hub.Hub`."""

    def listing(self, model_id: str, halt: Halt, /) -> ModelListing:
        """The files of a model."""
        ...

    def open_file(
        self, listing: ModelListing, file: ModelFile, start: int, etag: str, halt: Halt, /
    ) -> AbstractContextManager[Response]:
        """The bytes of one of them."""
        ...


class Downloader:
    """Brings models from `hub` into `folders`. `free_bytes` says how much room there is, `patience` is made anew."""

    def __init__(
        self,
        hub: Source,
        folders: ModelFolders,
        free_bytes: Callable[[], int],
        patience: Callable[[], Patience] = Patience,
    ) -> None:
        self._hub = hub
        self._folders = folders
        self._free_bytes = free_bytes
        self._patience = patience

    def run(self, model_id: str, halt: Halt, report: Report) -> Path:
        """Download a model, or the rest of it, and return its folder.

        The files are those of the commit that the first call found, also where the hub has moved on since. Raises
        NetworkError and StorageError with what has come kept, and Cancelled when `halt` is set.
        """
        report(DownloadProgress(stage=DownloadStage.ASKING))
        listing = self._folders.pinned(model_id)
        if listing is None:
            listing = self._asked(model_id, halt, report)
            self._check_room(listing)
            self._folders.pin(listing)
        else:
            self._check_room(listing)
        for file in listing.files:
            if not self._folders.is_complete(listing, file):
                _FileDownload(self._hub, self._folders, listing, file, self._patience(), halt, report).run()
        return self._folders.finish(listing)

    def _asked(self, model_id: str, halt: Halt, report: Report) -> ModelListing:
        patience = self._patience()
        while True:
            try:
                return self._hub.listing(model_id, halt)
            except (ConnectionLost, Busy) as error:
                _wait(error, patience, halt, report, DownloadProgress(stage=DownloadStage.WAITING))

    def _check_room(self, listing: ModelListing) -> None:
        check_room(
            listing.size - self._folders.bytes_there(listing),
            self._free_bytes(),
            todo="Free some space, or choose another models folder in the settings, then press Resume.",
        )


class _FileDownload:
    """One file on its way."""

    def __init__(
        self, hub: Source, folders: ModelFolders, listing: ModelListing, file: ModelFile, patience: Patience,
        halt: Halt, report: Report,
    ) -> None:  # fmt: skip
        self._hub = hub
        self._folders = folders
        self._listing = listing
        self._file = file
        self._patience = patience
        self._halt = halt
        self._report = report
        self._part = folders.part(file)
        self._etag_file = self._part.with_suffix(".etag")
        self._digest = FileDigest(file)
        self._have = self._most = 0
        self._others = folders.bytes_there(listing) - min(folders.part_bytes(file), file.size)

    def run(self) -> None:
        """Return when the file is complete and right."""
        for _ in range(FRESH_TRIES):
            self._take_up()
            self._load()
            if self._digest.matches:
                self._folders.complete(self._listing, self._file)
                self._etag_file.unlink(missing_ok=True)
                return
            self._start_again()
        raise NetworkError(
            f"The server sent “{self._file.name}” with wrong bytes, twice.",
            kept="They were thrown away; the other files are kept.",
            todo="Try again later, or use another server.",
        )

    def _take_up(self) -> None:
        """Take into the digest what came before."""
        if self._folders.part_bytes(self._file) > self._file.size:
            self._start_again()
        if not self._part.exists():
            return
        try:
            take_file(self._part, self._digest.update, self._on_checked)
        except OSError as error:
            raise storage_error(error, "The download") from error

    def _on_checked(self, count: int) -> None:
        self._halt.check()
        self._have += count
        self._say(DownloadStage.CHECKING)

    def _load(self) -> None:
        """Until there are as many bytes as there should be."""
        while self._have < self._file.size or not self._part.exists():
            self._say(DownloadStage.LOADING)
            try:
                with self._hub.open_file(self._listing, self._file, self._have, self._etag(), self._halt) as answer:
                    self._receive(answer)
            except RangeRefused:
                if not self._have:
                    raise
                self._start_again()
            except (ConnectionLost, Busy) as error:
                waiting = DownloadProgress(
                    stage=DownloadStage.WAITING, done=self._others + self._have, total=self._listing.size
                )
                _wait(error, self._patience, self._halt, self._report, waiting)

    def _receive(self, answer: Response) -> None:
        etag = answer.header("ETag")
        if self._have and not (answer.status == 206 and self._goes_on(answer, etag)):
            self._start_again()
            if answer.status == 206:
                return  # It goes on where we are not: ask for the whole.
        is_too_much = False
        try:
            self._etag_file.parent.mkdir(parents=True, exist_ok=True)
            self._etag_file.write_text(etag[:1000], encoding="utf-8", errors="replace")
            with self._part.open("ab") as part:
                while content := answer.read(min(CHUNK, self._file.size - self._have + 1)):
                    if is_too_much := self._have + len(content) > self._file.size:
                        break
                    part.write(content)
                    self._digest.update(content)
                    self._have += len(content)
                    if self._have > self._most:  # A server that always begins at the start gains nothing.
                        self._most = self._have
                        self._patience.gained()
                    self._say(DownloadStage.LOADING)
                part.flush()
                os.fsync(part.fileno())
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageError(
                    "The disk is full, so the download is paused.", kept="What has been downloaded is kept.",
                    todo="Free some space, then press Resume.",
                ) from error  # fmt: skip
            raise storage_error(error, "The download") from error
        if is_too_much:
            self._start_again()
            raise NetworkError(
                f"The server sent more than “{self._file.name}” should have.",
                todo="Try again later, or use another server.",
            )
        if self._have < self._file.size:
            raise ConnectionLost("The server sent less than the whole file.", todo="Try again later.")

    def _goes_on(self, answer: Response, etag: str) -> bool:
        """Whether what comes is the rest of what is there."""
        before = self._etag()
        return answer.header("Content-Range").startswith(f"bytes {self._have}-") and (not before or before == etag)

    def _start_again(self) -> None:
        self._part.unlink(missing_ok=True)
        self._etag_file.unlink(missing_ok=True)
        self._digest = FileDigest(self._file)
        self._have = 0

    def _etag(self) -> str:
        try:
            text = self._etag_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""
        return text if text.isascii() and text.isprintable() else ""

    def _say(self, stage: DownloadStage) -> None:
        self._report(DownloadProgress(stage=stage, done=self._others + self._have, total=self._listing.size))


def _wait(
    error: ConnectionLost | Busy, patience: Patience, halt: Halt, report: Report, progress: DownloadProgress
) -> None:
    """Let time pass before another try; raises `error` where there have been enough."""
    wished = error.wished_seconds if isinstance(error, Busy) else None
    seconds = patience.next_wait(wished)
    if seconds is None:
        raise error
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        report(DownloadProgress(stage=progress.stage, done=progress.done, total=progress.total, wait_seconds=left))
        halt.wait(min(left, 1.0))
