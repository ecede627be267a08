"""Settings survive, and a mistake in the file costs one field, not all."""

import json
from pathlib import Path

import pytest

from app.domain.errors import StorageError
from app.domain.generation import GenerationOptions, LoadOptions, Sampling
from app.domain.presets import Preset
from app.domain.settings import Settings, ThemeChoice
from app.storage.settings_file import SettingsFile

CHANGED = Settings(
    theme=ThemeChoice.DARK,
    model_folder="/models/qwen",
    recent_model_folders=("/models/qwen", "/models/tiny"),
    generation=GenerationOptions(sampling=Sampling(temperature=0.2, seed=7), pixel_budget=2048 * 1024),
    loading=LoadOptions(exact_activations=True, cache_tokens=16_384, cache_folder="/weights"),
    presets=(Preset("Plants", "Which plants?"),),
    sidebar_visible=False,
    window_geometry="AdnQ",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "settings.json"


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_without_a_file_the_defaults_are_in_force(path: Path) -> None:
    assert SettingsFile(path).load() == (Settings(), None)


def test_settings_come_back(path: Path) -> None:
    SettingsFile(path).save(CHANGED)
    assert SettingsFile(path).load() == (CHANGED, None)
    assert [item.name for item in path.parent.iterdir()] == ["settings.json"]


def test_unknown_and_wrong_fields_fall_back_alone(path: Path) -> None:
    write(
        path,
        {
            "theme": "purple",
            "sidebar_visible": "maybe",
            "colour": "red",
            "model_folder": "/models/qwen",
            "presets": [{"name": "half"}],
            "loading": {"cache_tokens": 1, "exact_activations": "yes", "remembered_visual_tokens": 0},
            "generation": {
                "pixel_budget": 10**12,
                "max_new_tokens": 100,
                "sampling": {"temperature": -1, "top_p": 0.5, "top_k": 1.5, "seed": None},
            },
        },
    )
    settings, problem = SettingsFile(path).load()
    assert problem is None
    assert settings == Settings(
        model_folder="/models/qwen",
        loading=LoadOptions(remembered_visual_tokens=0),
        generation=GenerationOptions(max_new_tokens=100, sampling=Sampling(top_p=0.5)),
    )


@pytest.mark.parametrize("content", ["{ not json", "[1, 2]", "", '"\\ud800"'])
def test_a_broken_file_is_kept_aside_and_said(path: Path, content: str) -> None:
    write(path, content)
    settings, problem = SettingsFile(path).load()
    assert settings == Settings()
    assert problem is not None
    assert "settings.damaged.json" in problem.kept
    assert path.with_name("settings.damaged.json").read_text(encoding="utf-8") == content


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="settings could not be saved"):
        SettingsFile(tmp_path / "file" / "settings.json").save(CHANGED)
