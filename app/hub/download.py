"""The resumable download of a model, file by file, each verified before it is used."""

import errno
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from app.domain.error_texts import network_texts, storage_texts
from app.domain.errors import NetworkError, StorageError
from app.domain.models.downloads import DownloadProgress, DownloadStage
from app.domain.models.model_catalog import ModelFile, ModelListing
from app.hub.hub import Busy, RangeRefused
from app.hub.retry_policy import RetryPolicy
from app.network.cancel_token import CancelToken
from app.network.client import Response
from app.network.connector import ConnectionLost
from app.paths import make_private_file
from app.storage.files.atomic import storage_error
from app.storage.files.digests import FileDigest, take_file
from app.storage.files.free_space import check_free_space
from app.storage.models.download_folders import DownloadFolders

CHUNK = 256 * 1024
MIN_GAIN = 64 * 1024
"""Minimum bytes of a successful attempt; with less for each, a model would take years."""
MAX_RESTARTS = 2
"""Maximum number of restarts of a file whose digest is wrong."""
Report = Callable[[DownloadProgress], None]


class DownloadSource(Protocol):
    """The server that files are downloaded from; see `app.hub.hub.Hub`."""

    def listing(self, model_id: str, cancel_token: CancelToken, /) -> ModelListing:
        """Return the files of a model."""
        ...

    def open_file(
        self, listing: ModelListing, file: ModelFile, start: int, etag: str, cancel_token: CancelToken, /
    ) -> AbstractContextManager[Response]:
        """Open one of the files for reading."""
        ...


class Downloader:
    """Downloads models from `hub` into `folders`.

    `free_bytes` returns the free disk space, `retry_policy` makes a new policy.
    """

    def __init__(
        self,
        hub: DownloadSource,
        folders: DownloadFolders,
        free_bytes: Callable[[], int],
        retry_policy: Callable[[], RetryPolicy] = RetryPolicy,
    ) -> None:
        self._hub = hub
        self._folders = folders
        self._free_bytes = free_bytes
        self._retry_policy = retry_policy

    def run(self, model_id: str, cancel_token: CancelToken, report: Report) -> Path:
        """Download a model, or the rest of it, and return its folder.

        The files are those of the commit that the first call found, even if the hub has a newer one since. Raises
        NetworkError and StorageError, and Cancelled when `cancel_token` is set; the bytes received so far are kept.
        """
        report(DownloadProgress(stage=DownloadStage.ASKING))
        listing = self._folders.pinned(model_id)
        if listing is None:
            listing = self._listing_with_retries(model_id, cancel_token, report)
            self._check_free_space(listing)
            self._folders.pin(listing)
        else:
            self._check_free_space(listing)
        for file in listing.files:
            if not self._folders.is_complete(listing, file):
                _FileDownload(self._hub, self._folders, listing, file, self._retry_policy(), cancel_token, report).run()
        return self._folders.finish(listing)

    def _listing_with_retries(self, model_id: str, cancel_token: CancelToken, report: Report) -> ModelListing:
        retry_policy = self._retry_policy()
        while True:
            try:
                return self._hub.listing(model_id, cancel_token)
            except (ConnectionLost, Busy) as error:
                _wait(error, retry_policy, cancel_token, report, DownloadProgress(stage=DownloadStage.WAITING))

    def _check_free_space(self, listing: ModelListing) -> None:
        check_free_space(
            listing.size - self._folders.bytes_there(listing),
            self._free_bytes(),
            storage_texts.NO_SPACE_TO_DOWNLOAD,
        )


class _FileDownload:
    """The download of one file."""

    def __init__(
        self, hub: DownloadSource, folders: DownloadFolders, listing: ModelListing, file: ModelFile,
        retry_policy: RetryPolicy, cancel_token: CancelToken, report: Report,
    ) -> None:  # fmt: skip
        self._hub = hub
        self._folders = folders
        self._listing = listing
        self._file = file
        self._retry_policy = retry_policy
        self._cancel_token = cancel_token
        self._report = report
        self._partial_file = folders.partial_file(file)
        self._etag_file = self._partial_file.with_suffix(".etag")
        self._digest = FileDigest(file)
        self._have = self._peak = 0  # Bytes received, and their number at the last progress.
        self._others = folders.bytes_there(listing) - min(folders.partial_bytes(file), file.size)

    def run(self) -> None:
        """Download the file; return when it is complete and verified."""
        for _ in range(MAX_RESTARTS):
            self._hash_partial()
            self._load()
            if self._digest.matches:
                self._folders.complete(self._listing, self._file)
                self._etag_file.unlink(missing_ok=True)
                return
            self._restart()
        raise NetworkError(network_texts.WRONG_CHECKSUM, file=self._file.name)

    def _hash_partial(self) -> None:
        """Add the bytes of an earlier download to the digest."""
        if self._folders.partial_bytes(self._file) > self._file.size:
            self._restart()
        if not self._partial_file.exists():
            return
        try:
            take_file(self._partial_file, self._digest.update, self._on_checked)
        except OSError as error:
            raise storage_error(error, storage_texts.DOWNLOAD) from error

    def _on_checked(self, count: int) -> None:
        self._cancel_token.check()
        self._have += count
        self._report_stage(DownloadStage.CHECKING)

    def _load(self) -> None:
        """Receive bytes until the file has its full size."""
        while self._have < self._file.size or not self._partial_file.exists():
            self._report_stage(DownloadStage.LOADING)
            try:
                with self._hub.open_file(
                    self._listing, self._file, self._have, self._etag(), self._cancel_token
                ) as answer:
                    self._receive(answer)
            except RangeRefused:
                if not self._have:
                    raise
                self._restart()
            except (ConnectionLost, Busy) as error:
                waiting = DownloadProgress(
                    stage=DownloadStage.WAITING, done=self._others + self._have, total=self._listing.size
                )
                _wait(error, self._retry_policy, self._cancel_token, self._report, waiting)

    def _receive(self, answer: Response) -> None:
        etag = answer.header("ETag")
        if self._have and not (answer.status == 206 and self._is_continuation(answer, etag)):
            self._restart()
            if answer.status == 206:
                return  # The range does not begin where ours ends: request the whole.
        is_too_much = False
        try:
            # The folder was created when the download was begun; if it is gone, it is not created again.
            make_private_file(self._etag_file)
            make_private_file(self._partial_file)
            self._etag_file.write_text(etag[:1000], encoding="utf-8", errors="replace")
            with self._partial_file.open("ab") as partial_file:
                while content := answer.read(min(CHUNK, self._file.size - self._have + 1)):
                    if is_too_much := self._have + len(content) > self._file.size:
                        break
                    partial_file.write(content)
                    self._digest.update(content)
                    self._have += len(content)
                    if self._have >= self._peak + MIN_GAIN:  # A server that always restarts makes no progress.
                        self._peak = self._have
                        self._retry_policy.reset()
                    self._report_stage(DownloadStage.LOADING)
                partial_file.flush()
                os.fsync(partial_file.fileno())
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageError(network_texts.DISK_FULL) from error
            raise storage_error(error, storage_texts.DOWNLOAD) from error
        if is_too_much:
            self._restart()
            raise NetworkError(network_texts.FILE_TOO_LONG, file=self._file.name)
        if self._have < self._file.size:
            raise ConnectionLost(network_texts.FILE_INCOMPLETE)

    def _is_continuation(self, answer: Response, etag: str) -> bool:
        """Return whether the response continues the partial file."""
        before = self._etag()
        return answer.header("Content-Range").startswith(f"bytes {self._have}-") and (not before or before == etag)

    def _restart(self) -> None:
        self._partial_file.unlink(missing_ok=True)
        self._etag_file.unlink(missing_ok=True)
        self._digest = FileDigest(self._file)
        self._have = 0

    def _etag(self) -> str:
        try:
            text = self._etag_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""
        return text if text.isascii() and text.isprintable() else ""

    def _report_stage(self, stage: DownloadStage) -> None:
        self._report(DownloadProgress(stage=stage, done=self._others + self._have, total=self._listing.size))


def _wait(
    error: ConnectionLost | Busy,
    retry_policy: RetryPolicy,
    cancel_token: CancelToken,
    report: Report,
    progress: DownloadProgress,
) -> None:
    """Wait before another attempt; raises `error` after the last one."""
    retry_after = error.retry_after_seconds if isinstance(error, Busy) else None
    seconds = retry_policy.next_delay(retry_after)
    if seconds is None:
        try:
            raise error
        finally:
            del error  # Its traceback refers to this frame: a cycle, which keeps all callers' objects alive.
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        report(DownloadProgress(stage=progress.stage, done=progress.done, total=progress.total, wait_seconds=left))
        cancel_token.wait(min(left, 1.0))
