"""Folders for a moment: gone behind their block, and behind a kill as well."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.storage.files.scratch import remove_abandoned, scratch_folder

HOLDS = """
import sys, time
from app.storage.files.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "page.png").write_bytes(b"...")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_is_gone_behind_its_block(temporary: Path) -> None:
    with scratch_folder() as folder:
        (folder / "page.png").write_bytes(b"...")
    assert list(temporary.iterdir()) == []


def test_what_a_kill_has_left_is_removed_and_what_is_in_use_is_not(temporary: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        folder = Path(process.stdout.readline().strip())
        remove_abandoned()
        assert (folder / "page.png").exists()
        process.send_signal(signal.SIGKILL)
    assert folder.exists()
    with scratch_folder() as other:
        assert sorted(temporary.iterdir()) == [other, other.with_name(f"{other.name}.lock")]
