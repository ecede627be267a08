"""What `run.sh` and `check.sh` install, and that it is announced: PyTorch for those alone who can use it."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="bash")


def checkout(folder: Path) -> Path:
    """A checkout with an environment whose Python does nothing but succeed."""
    (folder / "packaging/locks").mkdir(parents=True)
    for name in ("packaging/setup.sh", "packaging/run.sh", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "packaging/locks/run.txt").write_text("", encoding="utf-8")
    programs = folder / "venv/bin"
    programs.mkdir(parents=True)
    for name, text in (("python", "exit 0"), ("lorgnette", 'echo "started $*"')):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    return folder


def run(folder: Path, commands: str, *, driver: Path) -> list[str]:
    """What is told when `commands` follow the set-up's functions, locks being told by their names."""
    fakes = 'locked() { echo "locked $*"; }; uname() { echo Linux; }; prepare_system() { :; }'
    script = f'. "{folder}/packaging/setup.sh"; nvidia_drivers="{driver}"; {fakes}; {commands}'
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LORGNETTE_VENV": str(folder / "venv")}
    done = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    return done.stdout.splitlines()


def locks(told: list[str]) -> list[str]:
    return [line.removeprefix("locked ") for line in told if line.startswith("locked ")]


def test_a_machine_without_a_gpu_gets_no_torch(tmp_path: Path) -> None:
    told = run(checkout(tmp_path), 'prepare_python ""', driver=tmp_path / "none")
    assert locks(told) == ["run"]
    assert not {"torch", "triton"} & {Requirement(one).name for one in PROJECT["dependencies"]}


@pytest.mark.parametrize(("extra", "has_driver"), [("", True), ("gpu", False)])
def test_torch_comes_where_a_driver_is_found_or_on_request(tmp_path: Path, extra: str, has_driver: bool) -> None:
    told = run(checkout(tmp_path), f'prepare_python "{extra}"', driver=tmp_path if has_driver else tmp_path / "none")
    assert locks(told) == ["run", "torch"]


def test_development_takes_the_small_torch_first(tmp_path: Path) -> None:
    told = run(checkout(tmp_path), "prepare_python dev", driver=tmp_path / "none")
    assert locks(told) == ["dev", "torch-cpu", "torchvision", "trained"]


def test_each_download_is_announced_with_its_size_before_it_starts(tmp_path: Path) -> None:
    told = run(checkout(tmp_path), "prepare_python gpu", driver=tmp_path / "none")
    for name, size in (("run", "MB"), ("torch", "GB")):
        before = told[told.index(f"locked {name}") - 1]
        assert before.startswith("Installing ")
        assert f" {size}" in before


def test_a_second_start_installs_and_says_nothing(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    assert run(folder, 'prepare_python ""', driver=tmp_path / "none")
    assert run(folder, 'prepare_python ""', driver=tmp_path / "none") == []
    # WHEN a driver has been installed since, THEN torch comes
    assert "torch" in locks(run(folder, 'prepare_python ""', driver=tmp_path))


def test_the_request_for_torch_is_not_handed_to_the_application(tmp_path: Path) -> None:
    folder = checkout(tmp_path)
    started = (folder / "packaging/run.sh").read_text(encoding="utf-8")
    body = started[started.index("extra=") :]
    told = run(folder, f"set -- --gpu --help; {body}", driver=tmp_path / "none")
    assert locks(told) == ["run", "torch"]
    assert told[-1] == "started --help"
