"""Settings survive, and a mistake in the file costs one field, not all."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.chat.presets import Preset
from app.domain.errors import StorageError
from app.domain.settings.generation_options import GenerationOptions, Sampling
from app.domain.settings.load_options import LoadOptions
from app.domain.settings.settings import Settings, ThemeChoice
from app.storage.settings.settings_file import MAX_BYTES, SettingsFile

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
    with pytest.raises(StorageError, match="is not writable"):
        SettingsFile(tmp_path / "file" / "settings.json").save(CHANGED)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path)


def nested(path: Path) -> None:
    path.write_text('{"generation": ' * 100_000)


def nested_lists(path: Path) -> None:
    path.write_text('{"presets": ' + "[" * 200_000 + "]" * 200_000 + "}")


def not_utf_8(path: Path) -> None:
    path.write_bytes(b'{"model_folder": "\xff\xfe"}')


def locked(path: Path) -> None:
    path.write_text("{}")
    path.chmod(0)


@pytest.mark.parametrize("make", [fifo, folder, huge, device, loop, nested, nested_lists, not_utf_8, locked])
@pytest.mark.timeout(20)
def test_whatever_lies_there_is_set_aside_at_once_and_said(path: Path, make: Callable[[Path], None]) -> None:
    """One of these hung, one ended the start with a traceback."""
    if make is locked and os.geteuid() == 0:
        pytest.skip("root reads everything")
    path.parent.mkdir()
    make(path)
    settings, problem = SettingsFile(path).load()
    assert settings == Settings()
    assert problem is not None
    assert "defaults are used" in problem.what
    SettingsFile(path).save(CHANGED)
    assert SettingsFile(path).load() == (CHANGED, None)
    assert os.path.lexists(path.with_name("settings.damaged.json"))


def test_one_damaged_file_does_not_take_the_place_of_another(path: Path) -> None:
    path.parent.mkdir()
    for content in ("first", "second", "third"):
        path.write_text(content)
        SettingsFile(path).load()
    assert sorted(file.read_text() for file in path.parent.iterdir()) == ["first", "second", "third"]


def test_random_files_cost_their_settings_and_nothing_else(path: Path) -> None:
    """Seeded: the same every time."""
    path.parent.mkdir()
    chance = random.Random(20)
    whole = json.dumps({"zoom": 150, "presets": [{"name": "a", "text": "b"}], "keys": {"a": "b"}}).encode()
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        settings, _ = SettingsFile(path).load()
        SettingsFile(path).save(settings)


def test_a_text_that_no_path_can_have_costs_its_field(path: Path) -> None:
    write(path, {"model_folder": "/models/\0", "batch_folder": "/batch", "recent_model_folders": ["/a", "/\0"]})
    settings, problem = SettingsFile(path).load()
    assert problem is None
    assert (settings.model_folder, settings.batch_folder, settings.recent_model_folders) == ("", "/batch", ())
