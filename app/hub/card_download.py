"""Downloading the support for graphics cards: as a model is, and unpacked afterwards."""

from collections.abc import Callable
from pathlib import Path

from app.domain.downloads import DownloadProgress, DownloadStage
from app.hub.download import Downloader, Report
from app.network.halt import Halt
from app.storage.card_support import CardSupportFolders


class CardDownload:
    """Brings the wheels into `folders` with `downloader`, and unpacks them where there is room, in bytes, for that."""

    def __init__(self, downloader: Downloader, folders: CardSupportFolders, free_bytes: Callable[[], int]) -> None:
        self._downloader = downloader
        self._folders = folders
        self._free_bytes = free_bytes

    def run(self, model_id: str, halt: Halt, report: Report) -> Path:
        """Download and unpack, or the rest of it: the folder with the packages.

        Raises NetworkError and StorageError with what has come kept, and Cancelled when `halt` is set.
        """
        if not self._folders.are_wheels_there():
            self._downloader.run(model_id, halt, report)
        done = total = 0

        def begin(count: int) -> None:
            nonlocal total
            total = count

        def passed(count: int) -> None:
            nonlocal done
            halt.check()
            done += count
            report(DownloadProgress(stage=DownloadStage.UNPACKING, done=done, total=total))

        return self._folders.unpack(self._free_bytes(), begin, passed)
