"""The models folder: importing, checking, removing, and what is found in it that nobody put there."""

import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.domain.errors import Cancelled, CheckpointError, StorageError
from app.domain.models.model_catalog import LOCK_NAME, is_model_id, is_wanted, model_display_name
from app.storage.models import download_folders
from app.storage.models.model_catalog import known_models
from app.storage.models.model_folders import ModelFolders


def nothing(_count: int) -> None:
    """Nobody counts."""


@pytest.fixture
def folders(tmp_path: Path) -> ModelFolders:
    return ModelFolders(tmp_path / "models")


@pytest.fixture
def files(tmp_path: Path) -> Sequence[Path]:
    source = tmp_path / "my ../model"
    source.mkdir(parents=True)
    made = []
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (source / name).write_bytes(name.encode() * 100)
        made.append(source / name)
    return made


def test_files_are_copied_and_stay(folders: ModelFolders, files: Sequence[Path]) -> None:
    counted: list[int] = []
    model = folders.import_files(files, counted.append)
    assert sum(counted) == model.listing.size == sum(path.stat().st_size for path in files)
    assert folders.installed() == (model,)
    assert Path(model.folder).is_relative_to(folders.root)
    for path in files:
        assert (Path(model.folder) / path.name).read_bytes() == path.read_bytes()
    assert folders.verify(model, nothing) == ()


def test_the_same_files_again_are_the_same_model(folders: ModelFolders, files: Sequence[Path]) -> None:
    folders.import_files(files, nothing)
    folders.import_files(files, nothing)
    assert len(folders.installed()) == 1


@pytest.mark.parametrize("left_out", ["config.json", "tokenizer.json", "model.safetensors"])
def test_files_that_are_no_whole_model(folders: ModelFolders, files: Sequence[Path], left_out: str) -> None:
    with pytest.raises(CheckpointError, match="Missing: "):
        folders.import_files([path for path in files if path.name != left_out], nothing)
    assert folders.installed() == ()


def test_a_file_that_no_model_has(folders: ModelFolders, files: Sequence[Path]) -> None:
    odd = files[0].with_name("run.py")
    odd.write_text("print()")
    with pytest.raises(CheckpointError, match=r"run\.py"):
        folders.import_files([*files, odd], nothing)


def test_an_import_that_is_stopped_leaves_nothing(folders: ModelFolders, files: Sequence[Path]) -> None:
    def stop(_count: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        folders.import_files(files, stop)
    assert folders.installed() == ()
    assert not [path for path in folders.root.rglob("*") if path.is_file()]


def test_a_changed_and_a_lost_file_are_found(folders: ModelFolders, files: Sequence[Path]) -> None:
    model = folders.import_files(files, nothing)
    weights = Path(model.folder) / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[700] ^= 1
    weights.write_bytes(content)
    (Path(model.folder) / "config.json").unlink()
    assert set(folders.verify(model, nothing)) == {"model.safetensors", "config.json"}


def test_deleting(folders: ModelFolders, files: Sequence[Path]) -> None:
    model = folders.import_files(files, nothing)
    folders.delete(model)
    assert folders.installed() == ()
    assert not Path(model.folder).parent.exists()
    with pytest.raises(StorageError):
        folders.delete(model)


class InUse(PermissionError):
    """As Windows has it."""

    winerror = 32


@pytest.mark.parametrize(("tries", "is_deleted"), [(3, True), (10_000, False)])
def test_deleting_waits_for_a_process_that_is_ending(
    tries: int, is_deleted: bool, folders: ModelFolders, files: Sequence[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = folders.import_files(files, nothing)
    true_rmtree, left = shutil.rmtree, iter(range(tries))

    def rmtree(folder: Path) -> None:
        if next(left, None) is not None:
            raise InUse
        true_rmtree(folder)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    monkeypatch.setattr(download_folders, "MAX_SECONDS_TO_END", 10.0 if is_deleted else 0.2)
    with nullcontext() if is_deleted else pytest.raises(StorageError):
        folders.delete(model)
    assert Path(model.folder).exists() != is_deleted
    assert folders.installed() == ()


def test_a_lock_file_that_lies_is_not_believed(folders: ModelFolders, files: Sequence[Path], tmp_path: Path) -> None:
    model = folders.import_files(files, nothing)
    lock = Path(model.folder) / LOCK_NAME
    evil = replace(model.listing, files=(replace(model.listing.files[0], name="../../evil.json"),))
    lock.write_bytes(msgspec.json.encode(evil))
    assert folders.installed() == ()
    lock.write_bytes(msgspec.json.encode(replace(model.listing, model_id="../../x")))
    assert folders.installed() == ()
    lock.write_bytes(b"{not json")
    assert folders.installed() == ()


@pytest.mark.parametrize("name", ["config.json", "model-00001-of-00002.safetensors", "merges.txt", "a.model"])
def test_wanted(name: str) -> None:
    assert is_wanted(name)


@pytest.mark.parametrize(
    "name",
    ["", "a.py", "a.bin", "chat_template.jinja", "../a.json", "a/b.json", "a\\b.json", ".hidden.json", "NUL.json",
     "a.json\n",
     "lorgnette-model.json", "x" * 200 + ".json", "ä.json"],
)  # fmt: skip
def test_not_wanted(name: str) -> None:
    assert not is_wanted(name)


@pytest.mark.parametrize("text", ["a", "a/b/c", "../b", "a/..", "/a/b", "a/b?x", "a b/c", "a/b\n"])
def test_no_model_ids(text: str) -> None:
    assert not is_model_id(text)


def test_what_is_offered_is_told_apart_and_named_well() -> None:
    models = known_models()
    assert len({model.model_id for model in models}) == len(models)
    assert models[0].model_id == "Vishva007/Qwen3-VL-2B-Instruct-W4A16-AutoRound-GPTQ"
    assert all(is_model_id(model.model_id) for model in models)


def test_a_downloaded_model_is_called_by_its_name() -> None:
    assert model_display_name(Path("/models/Qwen--Qwen3-VL-2B") / ("a" * 40)) == "Qwen3-VL-2B"
    hub = Path("/hub/models--Qwen--Qwen3-VL-2B/snapshots")
    assert model_display_name(hub / ("a" * 40)) == "Qwen3-VL-2B"
    assert model_display_name(Path("/models/mine")) == "mine"
    assert model_display_name(Path("/models") / ("a" * 40)) == "a" * 40
