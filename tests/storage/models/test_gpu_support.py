"""The support for NVIDIA cards on the disk: which wheels, and what becomes of them."""

import importlib.util
import shutil
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from app.domain.errors import Cancelled, StorageError
from app.storage.models import gpu_support as module
from app.storage.models.gpu_support import (
    GpuSupportFolders,
    gpu_packages,
    gpu_support,
    gpu_support_state,
    nvidia_driver,
)
from tests.support.wheels import CUDA, TORCH, support_of, wheel, wheels

PLENTY = 10**12


def nothing(_count: int) -> None:
    """Not listened to."""


def downloaded(root: Path, contents: dict[str, bytes]) -> GpuSupportFolders:
    """Folders into which these wheels have come."""
    folders = GpuSupportFolders(root, support_of(contents))
    listing = folders.support.listing
    folders.pin(listing)
    for file in listing.files:
        folders.partial_file(file).write_bytes(contents[file.name])
        folders.complete(listing, file)
    folders.finish(listing)
    return folders


def test_the_wheels_of_this_python_are_known_and_pinned() -> None:
    support = gpu_support()
    if support is None:
        pytest.skip("there are no wheels for this system")
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    (torch,) = [found for found in support.wheels if found.name.startswith("torch-")]
    assert f"torch-{support.torch}-{python}-" in torch.name
    assert any(found.name.startswith("nvidia_cublas") for found in support.wheels)
    for found in support.wheels:
        assert GpuSupportFolders.takes(found.name)
        assert found.url.startswith("https://")
        assert len(found.sha256) == 64


def test_there_are_none_for_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert gpu_support() is None


@pytest.mark.parametrize(
    ("said", "release"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12\nGCC version:  12.2.0", 535),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build\n", 580),
        ("nothing of use", 0),
        (None, 0),
    ],
)
def test_the_driver(said: str | None, release: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NVIDIA_DRIVERS", (str(tmp_path / "nvidiactl"),))
    monkeypatch.setattr(module, "DRIVER_VERSION", tmp_path / "version")
    assert nvidia_driver() is None
    (tmp_path / "nvidiactl").touch()
    if said is not None:
        (tmp_path / "version").write_text(said)
    assert nvidia_driver() == release


def test_it_is_offered_where_there_is_a_driver_and_no_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    support = support_of(wheels())
    monkeypatch.setattr(module, "gpu_support", lambda: support)
    monkeypatch.setattr(module, "nvidia_driver", lambda: 535)
    assert gpu_support_state(tmp_path) is None  # torch is there: these tests need it.
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    state = gpu_support_state(tmp_path)
    assert state is not None
    assert (state.installed, state.is_driver_too_old) == (None, True)
    monkeypatch.setattr(module, "nvidia_driver", lambda: None)
    assert gpu_support_state(tmp_path) is None


def test_unpacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = downloaded(tmp_path / "card", wheels())
    old = tmp_path / "card" / f"site-{'0' * 40}"
    old.mkdir()
    monkeypatch.setattr(module, "gpu_support", lambda: folders.support)
    assert folders.are_wheels_there()
    assert folders.pending() == (folders.support.listing.size,) * 2
    assert folders.installed() is None
    assert gpu_packages(tmp_path / "card") == ""
    told: list[int] = []
    totals: list[int] = []

    site = folders.unpack(PLENTY, totals.append, told.append)

    assert (site / "torch" / "__init__.py").read_text().startswith("__version__")
    assert (site / "nvidia" / "cu13" / "lib" / "libcuda_things.so.13").is_file()
    assert (site / "torchgen" / "__init__.py").is_file()
    assert not list(site.rglob("torchrun"))
    assert sum(told) == totals[0]
    assert sorted(path.name for path in (tmp_path / "card").iterdir()) == ["incoming", site.name]
    installed = folders.installed()
    assert installed
    assert installed.folder == str(site) == gpu_packages(tmp_path / "card")
    assert folders.pending() is None

    folders.delete(installed)
    assert folders.installed() is None
    assert not site.exists()


def test_unpacking_that_is_stopped_keeps_the_wheels_and_nothing_else(tmp_path: Path) -> None:
    folders = downloaded(tmp_path, wheels())

    def stop(_count: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        folders.unpack(PLENTY, nothing, stop)
    with pytest.raises(StorageError, match="too little room"):
        folders.unpack(1000, nothing, nothing)
    assert folders.are_wheels_there()
    assert not list(tmp_path.glob("site-*"))
    assert not (tmp_path / "unpacking").exists()
    assert folders.unpack(PLENTY, nothing, nothing).is_dir()


def test_other_wheels_are_not_taken_for_these(tmp_path: Path) -> None:
    folders = downloaded(tmp_path, wheels())
    folders.unpack(PLENTY, nothing, nothing)
    newer = GpuSupportFolders(tmp_path, support_of({**wheels(), CUDA: wheel({"nvidia/newer.so": "1"})}))
    assert newer.installed() is None
    shutil.rmtree(tmp_path)
    assert folders.installed() is None


@pytest.mark.parametrize("name", ["../outside.py", "/outside.py", "torch/../../outside.py", "torch\\outside.py"])
def test_a_wheel_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    folders = downloaded(tmp_path / "a" / "b", {**wheels(), TORCH: wheel({"torch/__init__.py": "", name: "x"})})
    with pytest.raises(StorageError, match="not a valid package"):
        folders.unpack(PLENTY, nothing, nothing)
    assert not list(tmp_path.rglob("outside.py"))


def test_links_and_broken_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.whl"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("torch/link.so")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    for number, content in enumerate((path.read_bytes(), b"no archive at all")):
        folders = downloaded(tmp_path / str(number), {TORCH: content})
        with pytest.raises(StorageError, match="not a valid package"):
            folders.unpack(PLENTY, nothing, nothing)
        assert folders.installed() is None
        folders.discard(folders.support.listing.model_id)
        assert not folders.are_wheels_there()
