"""Where no window can be shown, one sentence says so, and the exit status is that of an error, not of a crash."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="there is a window system without DISPLAY")


@pytest.mark.parametrize("platform", ["nonsense", pytest.param("xcb", marks=LINUX_ONLY)])
def test_one_sentence_says_so(tmp_path: Path, platform: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    command = [sys.executable, "-m", "app", "--data", str(tmp_path / "data")]
    ended = subprocess.run(
        command, env={**environment, "QT_QPA_PLATFORM": platform}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("lorgnette: No window can be opened here: ")
    assert "lorgnette ocr" in line
    assert not (tmp_path / "data").exists()
