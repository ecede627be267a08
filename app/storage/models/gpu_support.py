"""The support for NVIDIA GPUs on disk: its downloaded wheels, and the packages unpacked from them.

One folder contains, besides the download's files that `download_folders` describes:

    site-<commit>/     all wheels unpacked as by pip, with a lock file that names them; imported by GPU processes
    unpacking/         the same while it is being unpacked

The format of wheels: https://packaging.python.org/specifications/binary-distribution-format/.
"""

import importlib.util
import platform
import shutil
import stat
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

import msgspec

from app.domain.error_texts import model_texts, storage_texts
from app.domain.errors import StorageError
from app.domain.models.gpu_support import (
    GPU_SUPPORT_ID,
    NVIDIA_DRIVERS,
    GpuSupport,
    GpuSupportState,
    InstalledGpuSupport,
    Wheel,
    is_wheel,
)
from app.domain.models.model_catalog import LOCK_NAME
from app.paths import RESOURCES, make_private_file, make_private_folder
from app.storage.files.atomic import storage_error
from app.storage.files.digests import OnBytes
from app.storage.files.free_space import check_free_space
from app.storage.files.private_files import write_privately
from app.storage.models.download_folders import DownloadFolders

WHEELS = RESOURCES / "gpu_wheels.toml"
DRIVER_VERSION = Path("/proc/driver/nvidia/version")
CHUNK_BYTES = 1024 * 1024


def gpu_support(wheels: Path = WHEELS) -> GpuSupport | None:
    """Return the support for this Python; None for a system without wheels."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return None
    raw = tomllib.loads(wheels.read_text(encoding="utf-8"))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    chosen = tuple(
        Wheel(url=item["url"], size=item["size"], sha256=item["sha256"])
        for item in raw["wheels"]
        if python in item.get("pythons", [python])
    )
    support = GpuSupport(torch=raw["torch"], cuda=raw["cuda"], driver=raw["driver"], wheels=chosen)
    return support if any(wheel.name.startswith("torch-") for wheel in chosen) else None


def nvidia_driver() -> int | None:
    """Return the driver's major version; 0 if it is unknown, None if there is no driver."""
    if not any(Path(file).exists() for file in NVIDIA_DRIVERS):
        return None
    try:
        words = DRIVER_VERSION.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return 0
    versions = (word.partition(".")[0] for word in words if word[:1].isdigit() and "." in word)
    return next((int(version) for version in versions if version.isdigit()), 0)


def gpu_support_state(folder: Path) -> GpuSupportState | None:
    """Return whether the support is installed or could be; None if it would be of no use."""
    support, driver = gpu_support(), nvidia_driver()
    if support is None or driver is None or importlib.util.find_spec("torch"):
        return None
    folders = GpuSupportFolders(folder, support)
    return GpuSupportState(support=support, driver=driver, installed=folders.installed(), pending=folders.pending())


def gpu_packages(folder: Path) -> str:
    """Return the folder from which a process imports torch for a GPU; empty if the support is not installed."""
    support = gpu_support() if folder.exists() else None
    installed = GpuSupportFolders(folder, support).installed() if support else None
    return installed.folder if installed else ""


class GpuSupportFolders(DownloadFolders):
    """Stores `support` below `root`. Methods that access the disk raise StorageError."""

    def __init__(self, root: Path, support: GpuSupport) -> None:
        super().__init__(root)
        self.support = support
        self._listing = support.listing
        self._site = root / f"site-{self._listing.commit}"

    @staticmethod
    def takes(name: str) -> bool:
        """Return whether a file of this name belongs here."""
        return is_wheel(name)

    def installed(self) -> InstalledGpuSupport | None:
        """Return the support if it is unpacked here, or None."""
        is_whole = self.read_listing(self._site / LOCK_NAME) == self._listing
        return InstalledGpuSupport(support=self.support, folder=str(self._site)) if is_whole else None

    def pending(self, model_id: str = GPU_SUPPORT_ID) -> tuple[int, int] | None:
        """Return the received and the total bytes of a download that was begun and has not been unpacked, or None."""
        if self.are_wheels_there():
            return self._listing.size, self._listing.size
        return super().pending(model_id)

    def are_wheels_there(self) -> bool:
        """Return whether all wheels are downloaded and not yet unpacked."""
        return self.read_listing(self.folder_of(self._listing) / LOCK_NAME) == self._listing

    def unpack(self, free_bytes: int, begin: OnBytes, on_bytes: OnBytes) -> Path:
        """Unpack the wheels, remove them, and return the folder with the packages.

        `begin` is called with the total number of bytes. Packages of another release are removed afterwards. The wheels
        are kept if unpacking is cancelled.
        """
        wheels, staging = self.folder_of(self._listing), self.root / "unpacking"
        try:
            shutil.rmtree(staging, ignore_errors=True)
            with ExitStack() as stack:
                opened = [stack.enter_context(_opened(wheels / file.name)) for file in self._listing.files]
                total = sum(info.file_size for wheel in opened for info, _ in _members(wheel))
                check_free_space(total, free_bytes, storage_texts.NO_SPACE_TO_UNPACK)
                begin(total)
                for wheel in opened:
                    _unpack(wheel, staging, on_bytes)
            write_privately(staging / LOCK_NAME, msgspec.json.encode(self._listing))
            shutil.rmtree(self._site, ignore_errors=True)
            staging.rename(self._site)
            shutil.rmtree(wheels.parent)
            for other in self.root.glob("site-*"):
                if other != self._site:
                    shutil.rmtree(other, ignore_errors=True)
        except OSError as error:
            raise storage_error(error, storage_texts.GPU_SUPPORT) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return self._site

    def discard(self, model_id: str = GPU_SUPPORT_ID) -> None:
        """Discard the partial download."""
        super().discard(model_id)
        shutil.rmtree(self.folder_of(self._listing).parent, ignore_errors=True)

    def delete(self, installed: InstalledGpuSupport) -> None:
        """Delete the support. Its lock file is deleted first, so that a half-deleted one is not used."""
        try:
            (Path(installed.folder) / LOCK_NAME).unlink(missing_ok=True)
            shutil.rmtree(self._site)
        except OSError as error:
            raise storage_error(error, storage_texts.GPU_SUPPORT) from error


def _opened(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except zipfile.BadZipFile as error:
        raise _odd(wheel) from error


def _unpack(wheel: zipfile.ZipFile, folder: Path, on_bytes: OnBytes) -> None:
    for info, name in _members(wheel):
        target = folder / name
        make_private_folder(target.parent)
        make_private_file(target)
        try:
            with wheel.open(info) as source, target.open("wb") as file:
                while chunk := source.read(CHUNK_BYTES):
                    file.write(chunk)
                    on_bytes(len(chunk))
        except zipfile.BadZipFile as error:
            raise _odd(Path(wheel.filename or "")) from error


def _members(wheel: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Yield the files of a wheel and their target paths; scripts and headers are not needed and left out."""
    for info in wheel.infolist():
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in info.filename or stat.S_ISLNK(info.external_attr >> 16):
            raise _odd(Path(wheel.filename or ""))
        if path.parts and path.parts[0].endswith(".data"):
            if len(path.parts) < 3 or path.parts[1] not in {"purelib", "platlib"}:
                continue
            path = PurePosixPath(*path.parts[2:])
        if not info.is_dir():
            yield info, path


def _odd(wheel: Path) -> StorageError:
    return StorageError(model_texts.PACKAGE_INVALID, file=wheel.name)
