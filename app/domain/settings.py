"""What the user has set, with bounds. Stored as one JSON file; unknown fields are kept out, bad values fall back."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.generation import GenerationOptions, LoadOptions
from app.domain.presets import Preset


class ThemeChoice(StrEnum):
    """Which colours the window uses."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings.

    `model_folder` is the folder of the model to open at start, or empty for none. `loading` is for the model that is
    opened next; an empty `cache_folder` in it stands for the user's own.
    """

    theme: ThemeChoice = ThemeChoice.SYSTEM
    model_folder: str = ""
    recent_model_folders: tuple[str, ...] = ()
    generation: GenerationOptions = GenerationOptions()
    loading: LoadOptions = LoadOptions()
    presets: tuple[Preset, ...] = ()
    sidebar_visible: bool = True
    window_geometry: str = ""

    def with_recent(self, folder: str) -> tuple[str, ...]:
        """The recent model folders with `folder` moved to the front, at most eight."""
        return (folder, *(other for other in self.recent_model_folders if other != folder))[:8]
