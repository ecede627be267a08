"""Images as patches: grids and pixels of transformers' image processor, for images and settings of every kind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize as published_resize

from app.domain.images.visual_tokens import smart_resize
from app.engine.checkpoints.preprocessor import Preprocessor, parse_preprocessor
from app.engine.generation.image_patches import MAX_ASPECT_RATIO, load_patches
from tests.engine.generation.test_image_patches import SIZES, VISION, noise

OPENAI_SCALING = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
PUBLISHED = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def published(settings: dict[str, Any]) -> Any:  # noqa: ANN401 - transformers is not typed
    create: Any = Qwen2VLImageProcessorPil
    return create(patch_size=16, temporal_patch_size=2, merge_size=2, **settings)


def check(image: Image.Image, settings: dict[str, Any], tmp_path: Path) -> None:
    """Compare our patches of an image with transformers', both with the settings that transformers writes down."""
    theirs = published(settings)
    image.save(tmp_path / "image.png", compress_level=1)
    ours = load_patches(tmp_path / "image.png", VISION, read_back(theirs), pixel_budget=2**24)

    made = theirs(images=[image], return_tensors="np")

    assert [list(ours.grid_thw)] == made["image_grid_thw"].tolist()
    pixels: npt.NDArray[np.float32] = made["pixel_values"]
    assert ours.pixels.dtype == pixels.dtype == np.float32
    # A thousandth of a level of 8 bits: the order of the arithmetic is not theirs.
    assert np.abs(ours.pixels - pixels).max() < 1e-3 / 255 / min(settings["image_std"])


def read_back(processor: Any) -> Preprocessor:  # noqa: ANN401
    return parse_preprocessor(json.loads(processor.to_json_string()), "preprocessor_config.json")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_images_of_every_kind(size: tuple[int, int], tmp_path: Path) -> None:
    check(noise(size), {"size": {"shortest_edge": 65536, "longest_edge": 1024 * 1024}, **PUBLISHED}, tmp_path)


@given(st.integers(17, 20_000), st.integers(17, 20_000), st.sampled_from([70_000, 1024 * 1024, 4096 * 4096]))
def test_images_of_any_size_have_the_published_grid(width: int, height: int, limit: int) -> None:
    """For sides that round to one window at least: of thinner ones transformers and qwen-vl-utils think differently."""
    assume(max(width, height) <= MAX_ASPECT_RATIO * min(width, height))
    high, wide = published_resize(height, width, 32, min_pixels=65536, max_pixels=limit)
    assert smart_resize(width, height, 65536, limit) == (wide, high)


@pytest.mark.parametrize(
    "settings",
    [
        {"size": {"shortest_edge": 4096, "longest_edge": 100_000}, **PUBLISHED},
        {"size": {"shortest_edge": 200_000, "longest_edge": 802_816}, **PUBLISHED},
        {"min_pixels": 3136, "max_pixels": 50_176, **PUBLISHED},
        {"size": {"shortest_edge": 65536, "longest_edge": 1024 * 1024}, **OPENAI_SCALING},
    ],
    ids=["small", "large minimum", "the fields of Qwen2-VL", "another mean and deviation"],
)
@pytest.mark.parametrize("size", [(50, 33), (640, 480), (1013, 463)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_settings_of_the_folder_hold(size: tuple[int, int], settings: dict[str, Any], tmp_path: Path) -> None:
    check(noise(size), settings, tmp_path)


def test_colours_are_not_exchanged(tmp_path: Path) -> None:
    image = Image.new("RGB", (320, 256), (255, 128, 0))
    check(image, {"size": {"shortest_edge": 65536, "longest_edge": 1024 * 1024}, **OPENAI_SCALING}, tmp_path)
