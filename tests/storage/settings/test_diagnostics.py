"""What a report of a problem holds: all that helps, nothing that is private."""

from dataclasses import replace
from pathlib import Path

import pytest

from app import __version__
from app.cli import main
from app.domain.chat.presets import Preset
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.settings import Settings, ThemeChoice
from app.engine.process.backend_kinds import BackendKind
from app.paths import Paths
from app.storage.settings.diagnostics import LOG_LINES, diagnostics
from app.storage.settings.settings_file import SettingsFile

CANARY = "Fulvetta"
PRIVATE = Settings(
    theme=ThemeChoice.DARK,
    offline=True,
    model_folder=f"/home/{CANARY}/model",
    recent_model_folders=(f"/home/{CANARY}/model",),
    generation=replace(GenerationOptions(), max_new_tokens=99),
    presets=(Preset(CANARY, CANARY),),
    server_address=f"https://{CANARY}.example/v1",
)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.under(tmp_path / CANARY)


def test_changed_settings_are_told_and_texts_are_not(paths: Paths) -> None:
    text = diagnostics(paths, PRIVATE, {"Window": "Qt"})
    assert CANARY not in text
    assert f"Lorgnette: {__version__}" in text
    assert "Window: Qt" in text
    (told,) = [line for line in text.splitlines() if line.startswith("Settings: ")]
    assert told == (
        "Settings: theme = dark, offline = True, model_folder = set, recent_model_folders = 1 set, "
        "generation.max_new_tokens = 99, presets = 1 set, server_address = set"
    )


def test_the_end_of_the_log_is_there(paths: Paths) -> None:
    assert diagnostics(paths, Settings(), {}).endswith("The log is empty.")
    paths.data.mkdir()
    paths.log.write_text("\n".join(f"line {number}" for number in range(1, 101)), encoding="utf-8")
    text = diagnostics(paths, Settings(), {})
    assert text.endswith("line 99\nline 100")
    assert text.count("\nline ") == LOG_LINES
    assert "Settings: all at their defaults" in text


def test_the_command_prints_them(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    paths.data.mkdir()
    SettingsFile(paths.settings).save(replace(PRIVATE, zoom=150))
    assert main(["diagnostics", "--data", str(paths.data)]) == 0
    said = capsys.readouterr().out
    assert "zoom = 150" in said
    assert said.count("\nSandbox of the ") == len(BackendKind)
    assert "\nRuntimes: torch on a GPU: " in said
    assert CANARY not in said
