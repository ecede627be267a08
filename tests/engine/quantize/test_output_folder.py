"""A folder that appears whole or not at all, also after kill -9."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from safetensors import SafetensorError

from app.domain.errors import QuantizeError
from app.engine.quantize.output_folder import check_free, check_space, writing


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    folder.mkdir()
    return folder


def finished_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def write_half(out: Path, error: Exception) -> None:
    with writing(out) as folder:
        (folder / "half").write_bytes(bytes(1000))
        raise error


def test_the_folder_appears_at_the_end(tmp_path: Path) -> None:
    out = tmp_path / "new"
    out.mkdir()
    with writing(out) as folder:
        (folder / "config.json").write_text("{}", encoding="utf-8")
        assert list(out.iterdir()) == []
    assert [path.name for path in out.iterdir()] == ["config.json"]
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        SafetensorError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(QuantizeError, match="disk is full"):
        write_half(tmp_path / "new", error)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_has_left_is_removed(tmp_path: Path, base: Path) -> None:
    leftover = tmp_path / f".new.{finished_process()}.unfinished"
    leftover.mkdir()
    (leftover / "half").write_bytes(bytes(1000))
    others = tmp_path / f".newer.{finished_process()}.unfinished"
    others.mkdir()
    check_free(tmp_path / "new", base)
    assert sorted(tmp_path.iterdir()) == [others, base]


def test_what_a_running_one_is_writing_is_left_alone(tmp_path: Path, base: Path) -> None:
    theirs = tmp_path / f".new.{os.getppid()}.unfinished"
    theirs.mkdir()
    with pytest.raises(QuantizeError, match=f"Another run \\(process {os.getppid()}\\)"):
        check_free(tmp_path / "new", base)
    assert theirs.is_dir()


def test_too_little_space_never_looks_like_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4_190_000_000))
    check_space(tmp_path / "new", 4_190_000_000)
    with pytest.raises(QuantizeError, match=r"needs about 4\.2 GB .* which has 4\.1 GB free"):
        check_space(tmp_path / "new", 4_190_000_001)
