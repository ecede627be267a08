"""Converted weights: made once, mapped afterwards, made again when damaged, and done without when there is no room."""

import errno
import mmap
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.domain.settings.load_options import LoadOptions
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.mrope_positions import text_positions
from app.engine.runtimes.openvino.devices import CPU
from app.engine.runtimes.openvino.runtime import OpenVinoRuntime
from app.engine.runtimes.port import FloatArray
from app.engine.runtimes.weight_cache import LAYOUT, MAX_MODELS, Bytes, WeightCache
from tests.engine.conftest import TinyCheckpoint
from tests.support.tiny_checkpoint import Layout

SHAPE = (40, 100)


class Maker:
    """Makes the same array, and counts."""

    def __init__(self) -> None:
        self.count = 0
        self.array = np.random.default_rng(1).integers(0, 256, SHAPE, np.uint8)

    def __call__(self) -> Bytes:
        self.count += 1
        return self.array


@pytest.fixture
def maker() -> Maker:
    return Maker()


def array_file(folder: Path) -> Path:
    (path,) = folder.rglob("*.npy")
    return path


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path) -> None:
    path.write_bytes(b"PK\3\4" + bytes(5000))


def reshape(path: Path) -> None:
    np.save(path, np.zeros((SHAPE[0], SHAPE[1] + 1), np.uint8))


def test_a_mapping_that_takes_its_file_back_to_the_start_changes_nothing(
    tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python's does on Windows."""
    true_mmap = mmap.mmap

    def rewinding(number: int, length: int, access: int) -> mmap.mmap:
        os.lseek(number, 0, os.SEEK_SET)
        return true_mmap(number, length, access=access)

    monkeypatch.setattr(mmap, "mmap", rewinding)
    for _ in range(2):
        assert np.array_equal(WeightCache(str(tmp_path), "digest").array("weight", SHAPE, maker), maker.array)
    assert maker.count == 1


def retype(path: Path) -> None:
    np.save(path, np.zeros(SHAPE, np.int8))


def test_an_array_is_made_once_and_mapped_afterwards(tmp_path: Path, maker: Maker) -> None:
    for _ in range(3):
        cache = WeightCache(str(tmp_path), "one")
        array = cache.array("weight", SHAPE, maker)
        assert np.array_equal(array, maker.array)
        cache.release()
        assert np.array_equal(array, maker.array)
    assert maker.count == 1
    WeightCache(str(tmp_path), "other").array("weight", SHAPE, maker)
    assert maker.count == 2


@pytest.mark.parametrize("damage", [cut, empty, overwrite, reshape, retype])
def test_a_damaged_array_is_made_again(tmp_path: Path, maker: Maker, damage: Callable[[Path], None]) -> None:
    WeightCache(str(tmp_path), "one").array("weight", SHAPE, maker)
    damage(array_file(tmp_path))
    for _ in range(2):
        assert np.array_equal(WeightCache(str(tmp_path), "one").array("weight", SHAPE, maker), maker.array)
    assert maker.count == 2


@pytest.mark.expects_log_warnings
def test_a_full_disk_only_means_that_nothing_is_kept(
    tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    cache = WeightCache(str(tmp_path), "one")
    for name in ("weight", "other"):
        assert np.array_equal(cache.array(name, SHAPE, maker), maker.array)
    assert list(tmp_path.rglob("*.*")) == []
    assert len(caplog.records) == 1


@pytest.mark.expects_log_warnings
def test_a_folder_that_cannot_be_made_only_means_that_nothing_is_kept(tmp_path: Path, maker: Maker) -> None:
    (tmp_path / "file").touch()
    cache = WeightCache(str(tmp_path / "file"), "one")
    assert np.array_equal(cache.array("weight", SHAPE, maker), maker.array)


def test_only_the_models_opened_last_keep_their_files(tmp_path: Path, maker: Maker) -> None:
    for age, name in enumerate("abcd"):
        WeightCache(str(tmp_path), name).array("weight", SHAPE, maker)
        (folder,) = tmp_path.glob(f"{name}-*")
        os.utime(folder, (1000 + age, 1000 + age))
    WeightCache(str(tmp_path), "a").array("weight", SHAPE, maker)
    assert len(list(tmp_path.iterdir())) == MAX_MODELS
    assert {path.name[0] for path in tmp_path.iterdir()} == {"d", "c", "a"}


def test_a_model_that_is_written_again_has_another_digest(tiny_checkpoint: TinyCheckpoint) -> None:
    folder = tiny_checkpoint(Layout.AUTO_GPTQ)
    before = open_checkpoint(folder).tensors.digest
    assert open_checkpoint(folder).tensors.digest == before
    os.utime(folder / "model.safetensors", (1, 1))
    assert open_checkpoint(folder).tensors.digest != before


@pytest.mark.parametrize("exact", [False, True])
def test_a_model_says_the_same_from_kept_weights(tiny_checkpoint: TinyCheckpoint, tmp_path: Path, exact: bool) -> None:
    checkpoint = open_checkpoint(tiny_checkpoint(Layout.AUTO_GPTQ))

    def logits(cache_folder: Path | str) -> FloatArray:
        options = LoadOptions(exact_activations=exact, cache_folder=str(cache_folder))
        sequence = OpenVinoRuntime(CPU, checkpoint, options, lambda _: None, lambda: None).open_sequence()
        return sequence.step(np.arange(20, 40), text_positions(0, 20))

    expected = logits("")
    for _ in range(2):
        assert np.array_equal(logits(tmp_path), expected)
    assert list(tmp_path.rglob("screening*.npy"))


def test_what_a_kill_has_left_half_written_goes_after_a_while(tmp_path: Path, maker: Maker) -> None:
    folder = tmp_path / f"digest-{LAYOUT}"
    folder.mkdir()
    abandoned, fresh = folder / f"{'a' * 32}.part", folder / f"{'b' * 32}.part"
    for partial in (abandoned, fresh):
        partial.write_bytes(b"...")
    os.utime(abandoned, (1, 1))
    WeightCache(str(tmp_path), "digest")
    assert list(folder.iterdir()) == [fresh]


def test_arrays_of_another_layout_are_removed(tmp_path: Path, maker: Maker) -> None:
    for name in ("digest-1", "other-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.npy").touch()
    WeightCache(str(tmp_path), "digest").array("a", SHAPE, maker)
    assert not (tmp_path / "digest-1").exists()
    assert (tmp_path / "other-1").exists()
