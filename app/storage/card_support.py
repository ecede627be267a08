"""The support for NVIDIA cards on the disk: its wheels on their way, and what was unpacked from them.

Below one folder lies, besides what `model_folders` keeps of a download there:

    site-<commit>/     all wheels unpacked, as pip would, with a lock file that says from which; a process that is to
                       answer on a card looks for packages there
    unpacking/         the same while it is being made

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

from app.domain.card_support import CARD_SUPPORT_ID, NVIDIA_DRIVERS, CardState, CardSupport, Wheel, is_wheel
from app.domain.errors import StorageError
from app.domain.model_catalog import LOCK_NAME, InstalledModel
from app.paths import RESOURCES
from app.storage.atomic import storage_error, write_whole
from app.storage.model_folders import ModelFolders, Passed
from app.storage.room import check_room

WHEELS = RESOURCES / "card_wheels.toml"
DRIVER_VERSION = Path("/proc/driver/nvidia/version")
PIECE = 1024 * 1024


def card_support(wheels: Path = WHEELS) -> CardSupport | None:
    """The support for this Python; None for a system that there are no wheels for."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return None
    raw = tomllib.loads(wheels.read_text(encoding="utf-8"))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    chosen = tuple(
        Wheel(url=item["url"], size=item["size"], sha256=item["sha256"])
        for item in raw["wheels"]
        if python in item.get("pythons", [python])
    )
    support = CardSupport(torch=raw["torch"], cuda=raw["cuda"], driver=raw["driver"], wheels=chosen)
    return support if any(wheel.name.startswith("torch-") for wheel in chosen) else None


def nvidia_driver() -> int | None:
    """The number before the first dot of the driver's version, 0 where it does not say; None without one."""
    if not any(Path(file).exists() for file in NVIDIA_DRIVERS):
        return None
    try:
        words = DRIVER_VERSION.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return 0
    versions = (word.partition(".")[0] for word in words if word[:1].isdigit() and "." in word)
    return next((int(version) for version in versions if version.isdigit()), 0)


def card_state(folder: Path) -> CardState | None:
    """Whether the support is there, or could be; None where it would be of no use."""
    support, driver = card_support(), nvidia_driver()
    if support is None or driver is None or importlib.util.find_spec("torch"):
        return None
    installed = next(iter(CardSupportFolders(folder, support).installed()), None)
    return CardState(support=support, driver=driver, installed=installed)


def card_packages(folder: Path) -> str:
    """Where a process that is to answer on a card finds torch; empty where the support is not there."""
    support = card_support() if folder.exists() else None
    installed = CardSupportFolders(folder, support).installed() if support else ()
    return installed[0].folder if installed else ""


class CardSupportFolders(ModelFolders):
    """Keeps `support` below `root`. Methods that touch the disk raise StorageError."""

    def __init__(self, root: Path, support: CardSupport) -> None:
        super().__init__(root)
        self.support = support
        self._listing = support.listing
        self._site = root / f"site-{self._listing.commit}"

    @staticmethod
    def takes(name: str) -> bool:
        """Whether a file of this name belongs here."""
        return is_wheel(name)

    def installed(self) -> tuple[InstalledModel, ...]:
        """The support, where it lies here unpacked."""
        is_whole = self.read_listing(self._site / LOCK_NAME) == self._listing
        return (InstalledModel(listing=self._listing, folder=str(self._site)),) if is_whole else ()

    def pending(self, model_id: str = CARD_SUPPORT_ID) -> tuple[int, int] | None:
        """The bytes that have come and all, where the download was begun, or has not been unpacked."""
        if self.are_wheels_there():
            return self._listing.size, self._listing.size
        return super().pending(model_id)

    def are_wheels_there(self) -> bool:
        """Whether all wheels have come, and wait to be unpacked."""
        return self.read_listing(self.place(self._listing) / LOCK_NAME) == self._listing

    def unpack(self, free_bytes: int, begin: Passed, passed: Passed) -> Path:
        """Unpack the wheels and remove them: the folder with the packages. `begin` is told of the bytes to come.

        What was there of another release is removed afterwards. Where it is stopped, the wheels are kept.
        """
        wheels, staging = self.place(self._listing), self.root / "unpacking"
        try:
            shutil.rmtree(staging, ignore_errors=True)
            with ExitStack() as stack:
                opened = [stack.enter_context(_opened(wheels / file.name)) for file in self._listing.files]
                total = sum(info.file_size for wheel in opened for info, _ in _members(wheel))
                check_room(total, free_bytes, doing=" to unpack", todo="Free some space, then press Resume.")
                begin(total)
                for wheel in opened:
                    _unpack(wheel, staging, passed)
            write_whole(staging / LOCK_NAME, msgspec.json.encode(self._listing))
            shutil.rmtree(self._site, ignore_errors=True)
            staging.rename(self._site)
            shutil.rmtree(wheels.parent)
            for other in self.root.glob("site-*"):
                if other != self._site:
                    shutil.rmtree(other, ignore_errors=True)
        except OSError as error:
            raise storage_error(error, "The support for the graphics card") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return self._site

    def discard(self, model_id: str) -> None:
        """Throw away what has come of the download."""
        super().discard(model_id)
        shutil.rmtree(self.place(self._listing).parent, ignore_errors=True)

    def delete(self, model: InstalledModel) -> None:
        """Remove the support. Its lock file goes first, so that a half deleted one is not used."""
        try:
            (Path(model.folder) / LOCK_NAME).unlink(missing_ok=True)
            shutil.rmtree(self._site)
        except OSError as error:
            raise storage_error(error, "The support for the graphics card") from error


def _opened(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except zipfile.BadZipFile as error:
        raise _odd(wheel) from error


def _unpack(wheel: zipfile.ZipFile, folder: Path, passed: Passed) -> None:
    for info, name in _members(wheel):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with wheel.open(info) as source, target.open("wb") as file:
                while piece := source.read(PIECE):
                    file.write(piece)
                    passed(len(piece))
        except zipfile.BadZipFile as error:
            raise _odd(Path(wheel.filename or "")) from error


def _members(wheel: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The files of a wheel, and where each belongs; programs and headers, which nobody needs here, are left out."""
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
    return StorageError(
        f"“{wheel.name}” is not what a package should be.", kept="Nothing of it is used.",
        todo="Delete the download and begin again.",
    )  # fmt: skip
