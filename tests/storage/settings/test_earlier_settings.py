"""Settings of any time are read. `written` has files as the application wrote them, by the day of its code."""

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

from app.domain.batch.batch import DEFAULT_PARALLEL
from app.domain.chat.assistants import Assistant
from app.domain.chat.presets import Preset
from app.domain.settings.generation_options import GenerationOptions, Sampling
from app.domain.settings.load_options import LoadOptions
from app.domain.settings.settings import DownloadOptions, Settings, ThemeChoice, UiLanguage
from app.storage.settings.settings_file import SettingsFile

WRITTEN = sorted(Path(__file__).with_name("written").iterdir())
FIRST = Settings(
    theme=ThemeChoice.DARK,
    model_folder="/models/qwen",
    recent_model_folders=("/models/qwen", "/models/tiny"),
    generation=GenerationOptions(sampling=Sampling(temperature=0.25, seed=7), max_new_tokens=99, pixel_budget=65_536),
    loading=LoadOptions(
        exact_activations=True, cache_tokens=16_384, remembered_visual_tokens=0, cache_folder="/weights"
    ),
    sidebar_visible=False,
    window_geometry="AdnQ",
)
SECOND = replace(
    FIRST,
    language=UiLanguage.GERMAN,
    zoom=120,
    generation=replace(FIRST.generation, doubts=True, clip_frames=8),
    loading=replace(FIRST.loading, graphics_card=False),
    keys={"New chat": "Ctrl+J"},
    presets=(Preset("Plants", "Which «plants»?"),),
)
THIRD = replace(
    SECOND,
    offline=True,
    offline_settled=True,
    tells_of_versions=True,
    keep_loaded=15,
    downloads=DownloadOptions(endpoint="https://mirror.example", folder="/models"),
    batch_folder="/scans/out",
    batch_at_once=2 * DEFAULT_PARALLEL,
    server_address="http://gpu-box:8000/v1",
    server_model="qwen",
)
FOURTH = replace(
    THIRD,
    generation=replace(THIRD.generation, sampling=Sampling(temperature=0.25, seed=7, repetition_penalty=1.05)),
)
FIFTH = replace(FOURTH, default_question="What does it cost?")
SIXTH = replace(FIFTH, capture_key="Ctrl+Alt+T")
SEVENTH = replace(SIXTH, batch_watches=True)
EIGHTH = replace(SEVENTH, assistants=(Assistant("Brief", "Be brief."),))
NINTH = replace(EIGHTH, open_folder="/scans", save_folder="/texts")
TENTH = replace(NINTH, generation=replace(NINTH.generation, automatic_resolution=False))
ELEVENTH = replace(TENTH, disk_cache=5)
EXPECTED = {
    "2026-11-23": FIRST,
    "2026-11-25": SECOND,
    "2026-11-27": THIRD,
    "2026-11-29": THIRD,
    "2026-11-29b": FOURTH,
    "2026-11-29c": FOURTH,
    "2026-11-30": FIFTH,
    "2026-11-30b": SIXTH,
    "2026-11-30c": SEVENTH,
    "2026-11-30d": EIGHTH,
    "2026-11-30e": NINTH,
    "2026-11-30f": TENTH,
    "2026-11-30g": ELEVENTH,
}
DROPPED = {"loading.card_folder"}
"""What is read no more: the application found that folder itself."""


def known(values: object, path: str = "") -> set[str]:
    """The names of settings, with those of the groups that they are in."""
    names: set[str] = set()
    for field in fields(values):  # type: ignore[arg-type]
        value = getattr(values, field.name)
        names |= known(value, f"{path}{field.name}.") if is_dataclass(value) else {f"{path}{field.name}"}
    return names


def written(content: dict[str, object], path: str = "") -> set[str]:
    """The names in a file, in the same form."""
    names: set[str] = set()
    for name, value in content.items():
        is_group = isinstance(value, dict) and name != "keys"
        names |= written(value, f"{path}{name}.") if is_group else {f"{path}{name}"}  # type: ignore[arg-type]
    return names


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_settings_of_any_time_are_read(path: Path) -> None:
    assert SettingsFile(path).load() == (EXPECTED[path.stem], None)


def test_no_setting_is_forgotten() -> None:
    """A new one needs a file with it in `written`; an old one stays, or is among those dropped on purpose."""
    in_files = set.union(*(written(json.loads(path.read_text(encoding="utf-8"))) for path in WRITTEN))
    assert known(ELEVENTH) == in_files - DROPPED
    assert in_files >= DROPPED
