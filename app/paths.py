"""Where Lorgnette keeps things on this machine."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
"""Files that ship with the application."""

DEMO_MODEL = RESOURCES / "demo_model"
"""The checkpoint that opens where the user has none; its card says what it can do."""

LICENCES = RESOURCES / "licences.txt"
"""Of what an installed Lorgnette brings along; packaging/write_licences.py writes them. Not there in a checkout."""


@dataclass(frozen=True, slots=True)
class Paths:
    """All folders and files: what is kept in `data`, and what could be made again in `cache`."""

    data: Path
    cache: Path

    @classmethod
    def under(cls, folder: Path) -> "Paths":
        """Everything in one folder, so that a test or a portable copy can have its own."""
        return cls(folder, folder / "cache")

    @property
    def database(self) -> Path:
        """The conversations."""
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
    def models(self) -> Path:
        """Downloaded models, where the settings name no other folder."""
        return self.data / "models"

    @property
    def card_support(self) -> Path:
        """What lets models answer on an NVIDIA card, where it was downloaded."""
        return self.data / "graphics_card"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.data / "settings.json"

    @property
    def converted_weights(self) -> Path:
        """Models' weights in the order that this machine's runtime wants."""
        return self.cache / "converted_weights"

    @property
    def log(self) -> Path:
        """The log file: warnings, and where our own errors came from; see `app.domain.discreet_log`."""
        return self.data / "lorgnette.log"


def default_paths() -> Paths:
    """The current user's own folders, by the platform's conventions."""
    return Paths(
        Path(platformdirs.user_data_dir("lorgnette", appauthor=False)),
        Path(platformdirs.user_cache_dir("lorgnette", appauthor=False)),
    )
