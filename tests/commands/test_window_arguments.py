"""What is asked of the window on the command line."""

import os
from pathlib import Path

import pytest

from app import bootstrap
from app.cli import main
from app.domain.launch_request import LaunchRequest
from app.paths import Paths


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Paths, LaunchRequest, str]]:
    """What the window was started with."""
    starts: list[tuple[Paths, LaunchRequest, str]] = []

    def start(paths: Paths, launch_request: LaunchRequest, model_folder: str) -> int:
        starts.append((paths, launch_request, model_folder))
        return 0

    monkeypatch.setattr(bootstrap, "run_application", start)
    return starts


def test_names_are_made_absolute_and_nothing_else(
    asked: list[tuple[Paths, LaunchRequest, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "link.png").symlink_to("elsewhere.png")
    names = ["loop.png", "link.png", "none.png", "folder/../a.png", os.fsdecode(b"latin1-\xe9.png"), "/abs.png"]
    assert main([*names, "--data", "loop.png", "--model", "loop.png"]) == 0
    ((paths, launch_request, model),) = asked
    assert launch_request.images == (*(str(tmp_path / name) for name in names[:5]), "/abs.png")
    assert paths == Paths.under(tmp_path / "loop.png")
    assert model == str(tmp_path / "loop.png")
