"""What the user has set, with bounds. Stored as one JSON file; unknown fields are kept out, bad values fall back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.batch import AT_ONCE
from app.domain.generation import GenerationOptions, LoadOptions
from app.domain.presets import Preset
from app.domain.shown_setting import ShownSetting, shown

_ZOOM = ShownSetting(
    "Size", "Of everything in the window: Ctrl++, Ctrl+- and Ctrl+0.", bounds=(70, 200), step=10, unit=" %"
)


HUB = "https://huggingface.co"
PACKAGES = "https://files.pythonhosted.org"
_OFFLINE = ShownSetting("Offline", "No connection is opened, whatever is clicked.")
_TELLS_OF_VERSIONS = ShownSetting(
    "Tell me about newer versions",
    "The project's page is asked for the latest one at start, once a day at most. Nothing is installed.",
)
_KEEP_LOADED = ShownSetting(
    "Unload the model after",
    "So long without a question, so that its memory is free; it opens again with the next one. 0 keeps it.",
    bounds=(0, 1440),
    step=5,
    unit=" min",
)
_ENDPOINT = ShownSetting("Server of models", "A hub that speaks Hugging Face's language, or a mirror of it.")
_PACKAGES = ShownSetting(
    "Server of packages", "The Python Package Index's files, or a mirror of them: for the support of a graphics card."
)
_MODELS_FOLDER = ShownSetting(
    "Models folder", "Where downloaded models are kept; empty for Lorgnette's own. Models in another one stay there."
)


class ThemeChoice(StrEnum):
    """Which colours the window uses."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Language(StrEnum):
    """Which language the window speaks; the values name the files of translations."""

    SYSTEM = "system"
    ENGLISH = "en"
    GERMAN = "de"
    CHINESE = "zh_CN"
    JAPANESE = "ja"
    SPANISH = "es"
    ARABIC = "ar"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOptions:
    """Where models come from, and where they go: an empty `folder` stands for the user's own.

    From `packages` comes the support for graphics cards.
    """

    endpoint: str = shown(HUB, _ENDPOINT)
    packages: str = shown(PACKAGES, _PACKAGES)
    folder: str = shown("", _MODELS_FOLDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings.

    `model_folder` is the folder of the model to open at start, or empty for none. `loading` is for the model that is
    opened next; an empty `cache_folder` in it stands for the user's own. `keep_loaded` is in minutes. `keys` has the
    keys of those actions of the window, by name, that have other keys than at first. `batch_folder` is where a batch is
    that has not been finished, `batch_at_once` how many questions batches ask a server at the same time.
    `server_address` and `server_model` name what answers in place of `model_folder`. `offline_settled` says that
    `offline` has been used, or switched on when the first full model was ready. `releases_feed` is asked for the latest
    version in place of the project's own feed; `versions_asked` is the day on which it was, as in ISO 8601.
    """

    theme: ThemeChoice = shown(ThemeChoice.SYSTEM, ShownSetting("Appearance"))
    language: Language = shown(Language.SYSTEM, ShownSetting("Language", "From the next start on."))
    zoom: int = shown(100, _ZOOM)
    offline: bool = shown(default=False, setting=_OFFLINE)
    offline_settled: bool = False
    tells_of_versions: bool = shown(default=False, setting=_TELLS_OF_VERSIONS)
    releases_feed: str = ""
    versions_asked: str = ""
    keep_loaded: int = shown(0, _KEEP_LOADED)
    model_folder: str = ""
    recent_model_folders: tuple[str, ...] = ()
    generation: GenerationOptions = shown(GenerationOptions(), ShownSetting("Answers"))
    loading: LoadOptions = shown(LoadOptions(), ShownSetting("Model"))
    downloads: DownloadOptions = shown(DownloadOptions(), ShownSetting("Downloads"))
    keys: Mapping[str, str] = field(default_factory=dict)
    presets: tuple[Preset, ...] = ()
    batch_folder: str = ""
    batch_at_once: int = AT_ONCE
    server_address: str = ""
    server_model: str = ""
    sidebar_visible: bool = True
    window_geometry: str = ""

    def with_recent(self, folder: str) -> tuple[str, ...]:
        """The recent model folders with `folder` moved to the front, at most eight."""
        return (folder, *(other for other in self.recent_model_folders if other != folder))[:8]
