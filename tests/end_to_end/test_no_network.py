"""Reading and answering need no network; test_nothing_leaves.py shows that they ask for none."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.paths import DEMO_MODEL, RESOURCES

NOTE = str(RESOURCES / "samples" / "note.png")
LINES = ["Gate B14", "Boarding 09:35", "Luggage: 23 kg"]
WITHOUT = ["unshare", "--user", "--map-root-user", "--net"]
"""Runs a command where there is no network interface but a loopback that is down."""
JOBS = {"ocr": ["ocr", NOTE], "ask": ["ask", "--model", str(DEMO_MODEL), NOTE, "Read the text."]}


def can_be_without() -> bool:
    """Whether this system lets a user make a namespace."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*WITHOUT, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("job", JOBS)
def test_without_any_interface_everything_works(job: str, tmp_path: Path) -> None:
    if not can_be_without():
        pytest.skip("this system lets users make no network namespaces")
    done = subprocess.run(
        [*WITHOUT, sys.executable, "-m", "app", *JOBS[job]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == " ".join(LINES).split()
