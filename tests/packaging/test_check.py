"""What `check.sh` runs: everything, with coverage and its floor, or pytest alone with arguments."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("ruff", "mypy", "lint-imports", "python", "coverage", "pytest", "xvfb-run")
SETUP = """
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/venv qt_packages= test_packages=
prepare_system() { :; }
prepare_python() { :; }
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="bash")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose programs say what they are asked, and succeed."""
    (tmp_path / "packaging").mkdir()
    shutil.copy(ROOT / "packaging/check.sh", tmp_path / "packaging")
    (tmp_path / "packaging/setup.sh").write_text(SETUP, encoding="utf-8")
    programs = tmp_path / "venv/bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS:
        program = programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*"\n', encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def run(checkout: Path, *arguments: str) -> tuple[int, list[str]]:
    """The exit code, and what was asked of the programs."""
    command = ["bash", str(checkout / "packaging/check.sh"), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, check=False, timeout=60
    )
    return done.returncode, [line for line in done.stdout.splitlines() if line and not line.startswith("==")]


def test_the_whole_run_has_coverage_with_its_floor_and_the_slowest_tests(checkout: Path) -> None:
    code, asked = run(checkout)
    assert code == 0
    first = (
        "pytest tests/domain tests/engine --numprocesses auto --maxprocesses 4 --dist loadfile "
        "--cov --cov-report= --cov-fail-under=0 --durations=15 -m not window"
    )
    others = (
        "pytest --ignore tests/domain --ignore tests/engine --ignore tests/end_to_end --ignore tests/faults "
        "--cov --cov-append --cov-report= --cov-fail-under=0 --durations=15 -m not window"
    )
    measured = "tests/faults/test_disk.py", "tests/faults/test_endurance.py"
    assert asked[asked.index(first) + 1 :][:4] == [
        others,
        "coverage report",
        "pytest tests/faults " + " ".join(f"--ignore={file}" for file in measured) + " --durations=15 -m not window",
        f"pytest tests/end_to_end {' '.join(measured)} --durations=15 -m not window",
    ]
    assert asked[-1].startswith("xvfb-run")
    assert all((ROOT / file).exists() for file in measured)


def test_faults_that_fail_beside_the_other_tests_are_shown_and_fail_the_whole_run(checkout: Path) -> None:
    program = checkout / "venv/bin/pytest"
    program.write_text('#!/bin/sh\necho "pytest $*"\n[ "$1" != tests/faults ] || exit 3\n', encoding="utf-8")
    code, asked = run(checkout)
    assert code == 3
    assert asked[-1].startswith("pytest tests/faults --ignore")


def test_too_little_coverage_fails_the_whole_run(checkout: Path) -> None:
    (checkout / "venv/bin/coverage").write_text('#!/bin/sh\n[ "$1" != report ]\n', encoding="utf-8")
    code, asked = run(checkout)
    assert code == 1
    assert not any(line.startswith("xvfb-run") for line in asked)


def test_with_arguments_pytest_runs_alone(checkout: Path) -> None:
    assert run(checkout, "tests/storage", "-k", "full") == (0, ["pytest tests/storage -k full"])
