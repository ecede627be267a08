"""Folders of 16-bit models: found in the hub's cache, with settings of videos, and with more than the config says."""

import json
import shutil
from pathlib import Path

import pytest

from app.domain.errors import CheckpointError
from app.domain.images.video_frames import frame_count, seen_frame_size
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.checkpoints.preprocessor import VideoPreprocessor
from tests.support.tiny_checkpoint import make_untaught_checkpoint

VIDEOS = {"size": {"shortest_edge": 8192, "longest_edge": 262_144}, "fps": 1, "min_frames": 2, "max_frames": 8}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_untaught_checkpoint(tmp_path_factory.mktemp("plain") / "model")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A model that opens, to be changed."""
    return shutil.copytree(made, tmp_path / "model")


def refused(folder: Path) -> str:
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(folder)
    return error.value.problem.what


def test_a_cache_of_the_hub_with_one_model_is_that_model(made: Path, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    (hub / ".locks" / "models--someone--Qwen3-VL").mkdir(parents=True)
    cached = hub / "models--someone--Qwen3-VL"
    shutil.copytree(made, cached / "snapshots" / "old")
    assert open_checkpoint(hub).folder == cached / "snapshots" / "old"
    shutil.copytree(made, cached / "snapshots" / "new")
    assert "“hub” has no config.json" in refused(hub)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("new")
    assert open_checkpoint(hub).folder == cached / "snapshots" / "new"


def test_a_folder_within_itself_is_looked_at_once(tmp_path: Path) -> None:
    for name in ("snapshots", "a", "b"):
        (tmp_path / name).symlink_to(tmp_path, target_is_directory=True)
    assert "has no config.json" in refused(tmp_path)


@pytest.mark.parametrize(("part", "count"), [("text_config", "num_hidden_layers"), ("vision_config", "depth")])
def test_layers_that_would_be_left_out_are_told(folder: Path, part: str, count: str) -> None:
    raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    raw[part][count] -= 1
    raw["vision_config"]["deepstack_visual_indexes"] = [0]
    (folder / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    assert "hold more layers than its configuration says" in refused(folder)


@pytest.mark.parametrize(
    ("file", "content"),
    [("video_preprocessor_config.json", VIDEOS), ("processor_config.json", {"video_processor": VIDEOS})],
)
def test_the_settings_of_videos(folder: Path, file: str, content: dict[str, object]) -> None:
    settings = {"image_mean": [0.1] * 3, "image_std": [0.2] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    plain = open_checkpoint(folder).preprocessor.videos
    assert plain == VideoPreprocessor(mean=(0.1, 0.1, 0.1), std=(0.2, 0.2, 0.2))
    (folder / file).write_text(json.dumps(content))
    videos = open_checkpoint(folder).preprocessor.videos
    assert (videos.mean, videos.std) == (plain.mean, plain.std)
    assert frame_count(4.5, 16, videos.limits) == 4
    assert frame_count(100, 16, videos.limits) == 8
    assert seen_frame_size(1920, 1080, 4, 2**20, videos.limits) == seen_frame_size(1920, 1080, 4, 2**17)


@pytest.mark.parametrize(
    "settings", [{"fps": -1}, {"fps": "fast"}, {"min_frames": 9, "max_frames": 8}, {"size": {"shortest_edge": 2**40}}]
)
def test_settings_of_videos_that_cannot_be_are_refused(folder: Path, settings: dict[str, object]) -> None:
    (folder / "video_preprocessor_config.json").write_text(json.dumps(settings))
    assert "video_preprocessor_config.json are not valid" in refused(folder)
