"""The download of the support for GPUs: like a model's, and unpacked afterwards."""

from collections.abc import Callable
from pathlib import Path

from app.domain.models.downloads import DownloadProgress, DownloadStage
from app.hub.download import Downloader, Report
from app.network.cancel_token import CancelToken
from app.storage.models.gpu_support import GpuSupportFolders


class GpuSupportDownload:
    """Downloads the wheels into `folders` with `downloader`, and unpacks them if `free_bytes`, in bytes, suffice."""

    def __init__(self, downloader: Downloader, folders: GpuSupportFolders, free_bytes: Callable[[], int]) -> None:
        self._downloader = downloader
        self._folders = folders
        self._free_bytes = free_bytes

    def run(self, model_id: str, cancel_token: CancelToken, report: Report) -> Path:
        """Download and unpack the support, or what is left to do; return the folder with the packages.

        Raises NetworkError and StorageError, and Cancelled when `cancel_token` is set; the bytes received so far are
        kept.
        """
        if not self._folders.are_wheels_there():
            self._downloader.run(model_id, cancel_token, report)
        done = total = 0

        def begin(count: int) -> None:
            nonlocal total
            total = count

        def on_bytes(count: int) -> None:
            nonlocal done
            cancel_token.check()
            done += count
            report(DownloadProgress(stage=DownloadStage.UNPACKING, done=done, total=total))

        return self._folders.unpack(self._free_bytes(), begin, on_bytes)
