"""The locations of Lorgnette's files on this machine, which only their user may read."""

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
"""Files that ship with the application."""

DEMO_MODEL = RESOURCES / "demo_model"
"""The checkpoint that opens if the user has none; its model card says what it can do."""

LICENCES = RESOURCES / "licences.txt"
"""Licences of the software that an installed Lorgnette includes.

packaging/write_licences.py writes the file; it does not exist in a checkout.
"""


LOCK_NAME = "lock"
"""Name of the file in the data folder that its window locks."""

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
"""Modes of the folders and files that Lorgnette stores. Files that the user saves elsewhere follow the umask."""


@dataclass(frozen=True, slots=True)
class Paths:
    """All folders and files: permanent ones in `data`, and those that can be recreated in `cache`."""

    data: Path
    cache: Path

    @classmethod
    def under(cls, folder: Path) -> "Paths":
        """Return paths that are all in one folder, so that a test or a portable copy can have its own."""
        return cls(folder, folder / "cache")

    @property
    def database(self) -> Path:
        """The database of the conversations."""
        return self.data / "lorgnette.sqlite"

    @property
    def attachments(self) -> Path:
        """Original images, named by digest, with their thumbnails."""
        return self.data / "attachments"

    @property
    def incoming(self) -> Path:
        """Pasted image data on its way into the attachment store."""
        return self.data / "incoming"

    @property
    def open_imports(self) -> Path:
        """The list of images that are being opened."""
        return self.data / "open_imports.json"

    @property
    def unused(self) -> Path:
        """Images that nothing refers to any more, by the day on which this was found."""
        return self.data / "unused"

    @property
    def models(self) -> Path:
        """Downloaded models, unless the settings name another folder."""
        return self.data / "models"

    @property
    def gpu_support(self) -> Path:
        """The packages for running models on an NVIDIA GPU, if they were downloaded."""
        return self.data / "graphics_card"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.data / "settings.json"

    @property
    def converted_weights(self) -> Path:
        """Models' weights in the layout that this machine's runtime needs."""
        return self.cache / "converted_weights"

    @property
    def disk_cache(self) -> Path:
        """Vision features and KV caches of chats; see `app.disk_cache_files`."""
        return self.cache / "chats"

    @property
    def log(self) -> Path:
        """The log file: warnings, and the origin of our own errors; see `app.domain.redacting_log`."""
        return self.data / "lorgnette.log"


def default_paths() -> Paths:
    """Return the current user's own folders, by the platform's conventions."""
    return Paths(
        Path(platformdirs.user_data_dir("lorgnette", appauthor=False)),
        Path(platformdirs.user_cache_dir("lorgnette", appauthor=False)),
    )


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents for this user alone. Raises OSError.

    On Windows they inherit the rights of the parent folder, which in a user's profile are limited to that user.
    """
    for missing in reversed([above for above in (folder, *folder.parents) if not above.exists()]):
        with contextlib.suppress(FileExistsError):  # Another process was faster.
            missing.mkdir() if os.name == "nt" else missing.mkdir(PRIVATE_FOLDER)
    if not folder.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))


def make_private_file(path: Path) -> None:
    """Create an empty file for this user alone if there is none; later writers preserve its mode. Raises OSError."""
    path.touch(PRIVATE_FILE)
