"""The user's settings, with bounds. Stored as one JSON file; unknown fields are dropped, bad values fall back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict

from app.domain.batch.batch import DEFAULT_PARALLEL, MAX_PARALLEL
from app.domain.chat.assistants import Assistant
from app.domain.chat.presets import Preset
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.domain.shown_setting import SettingKind, ShownSetting, shown, within

_ZOOM = ShownSetting(
    "Interface size",
    "Scales the whole window. Shortcuts: Ctrl++, Ctrl+- and Ctrl+0.",
    bounds=(70, 200),
    step=10,
    unit=" %",
)


HUB = "https://huggingface.co"
PACKAGES = "https://files.pythonhosted.org"
_OFFLINE = ShownSetting("Offline", "Blocks every network connection.")
_DEFAULT_QUESTION = ShownSetting(
    "Default question", "Sent when you press Enter with an image and no text. Empty for “What is in this image?”."
)
_CAPTURE_KEY = ShownSetting(
    "Key for capturing text",
    "Works in every program. Click the field and press the keys, for example Ctrl+Alt+T.",
    kind=SettingKind.KEYS,
)
_TELLS_OF_VERSIONS = ShownSetting(
    "Check for updates",
    "Asks the project's page for the latest version at startup, at most once a day. Nothing is installed.",
)
_KEEP_LOADED = ShownSetting(
    "Unload the model after",
    "Frees memory after this many idle minutes. The model reloads with the next question. 0 = never.",
    bounds=(0, 1440),
    step=5,
    unit=" min",
)
_DISK_CACHE = ShownSetting(
    "Disk space for quick follow-up questions",
    "A cache of what the model has computed for images and chats: answers start sooner after a restart. "
    "0 = no cache; what is in it is deleted. Your chats are never deleted by this.",
    bounds=(0, 1000),
    unit=" GB",
)
_ENDPOINT = ShownSetting("Model hub", "Hugging Face or a compatible mirror.")
_PACKAGES = ShownSetting(
    "Package index", "File server of the Python Package Index, or a mirror. GPU support is downloaded from here."
)
_MODELS_FOLDER = ShownSetting(
    "Models folder",
    "Where downloaded models are stored. Leave empty for the default. Models already downloaded are not moved.",
    kind=SettingKind.FOLDER,
)


class ThemeChoice(StrEnum):
    """The colour scheme of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class UiLanguage(StrEnum):
    """The language of the window; the values name the translation files."""

    SYSTEM = "system"
    ENGLISH = "en"
    GERMAN = "de"
    CHINESE = "zh_CN"
    JAPANESE = "ja"
    SPANISH = "es"
    ARABIC = "ar"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOptions:
    """The sources and the destination of downloads; an empty `folder` stands for the default one.

    GPU support is downloaded from the package index `packages`.
    """

    endpoint: str = shown(HUB, _ENDPOINT)
    packages: str = shown(PACKAGES, _PACKAGES)
    folder: str = shown("", _MODELS_FOLDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings.

    `model_folder` is the folder of the model to open at start, or empty for none. `loading` applies to the model that
    is opened next; an empty `cache_folder` in it stands for the default one. `keep_loaded` is in minutes, `disk_cache`
    in gigabytes. `keys` maps the names of the window's actions to their shortcuts, for those that differ from the
    defaults. `batch_folder` is the folder of an unfinished batch, `batch_watches` whether it goes on with files that
    arrive, `batch_at_once` the number of parallel requests of a batch to a server. `server_address` and `server_model`
    name the server's model that answers in place of `model_folder`. `open_folder` and `save_folder` are those that file
    dialogs used last, or empty. `offline_settled` is True once `offline` has been used, or switched on when the first
    full model was ready.
    `releases_feed` replaces the project's own feed of releases; `versions_asked` is the day of the last check, in
    ISO 8601.
    """

    theme: ThemeChoice = shown(ThemeChoice.SYSTEM, ShownSetting("Appearance"))
    language: UiLanguage = shown(UiLanguage.SYSTEM, ShownSetting("Language", "Takes effect after a restart."))
    zoom: int = shown(100, _ZOOM)
    default_question: str = shown("", _DEFAULT_QUESTION)
    capture_key: str = shown("", _CAPTURE_KEY)
    offline: bool = shown(default=False, setting=_OFFLINE)
    offline_settled: bool = False
    tells_of_versions: bool = shown(default=False, setting=_TELLS_OF_VERSIONS)
    releases_feed: str = ""
    versions_asked: str = ""
    keep_loaded: int = shown(0, _KEEP_LOADED)
    disk_cache: int = shown(2, _DISK_CACHE)
    model_folder: str = ""
    recent_model_folders: tuple[str, ...] = ()
    generation: GenerationOptions = shown(GenerationOptions(), ShownSetting("Answers"))
    loading: LoadOptions = shown(LoadOptions(), ShownSetting("Model"))
    downloads: DownloadOptions = shown(DownloadOptions(), ShownSetting("Downloads"))
    keys: Mapping[str, str] = field(default_factory=dict)
    presets: tuple[Preset, ...] = ()
    assistants: tuple[Assistant, ...] = ()
    batch_folder: str = ""
    batch_watches: bool = False
    batch_at_once: int = within(DEFAULT_PARALLEL, bounds=(1, MAX_PARALLEL))
    server_address: str = ""
    server_model: str = ""
    open_folder: str = ""
    save_folder: str = ""
    sidebar_visible: bool = True
    window_geometry: str = ""

    def with_recent(self, folder: str) -> tuple[str, ...]:
        """Return the recent model folders with `folder` moved to the front, at most eight."""
        return (folder, *(other for other in self.recent_model_folders if other != folder))[:8]


class SettingsChanges(TypedDict, total=False):
    """New values of some of the settings, by name."""

    theme: ThemeChoice
    language: UiLanguage
    zoom: int
    default_question: str
    capture_key: str
    offline: bool
    offline_settled: bool
    tells_of_versions: bool
    releases_feed: str
    versions_asked: str
    keep_loaded: int
    disk_cache: int
    model_folder: str
    recent_model_folders: tuple[str, ...]
    generation: GenerationOptions
    loading: LoadOptions
    downloads: DownloadOptions
    keys: Mapping[str, str]
    presets: tuple[Preset, ...]
    assistants: tuple[Assistant, ...]
    batch_folder: str
    batch_watches: bool
    batch_at_once: int
    server_address: str
    server_model: str
    open_folder: str
    save_folder: str
    sidebar_visible: bool
    window_geometry: str
