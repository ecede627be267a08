"""Scaling with Pillow, and with qwen-vl-utils where torchvision is there: the same grids, the same pixels."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.errors import ImageError
from app.domain.images.visual_tokens import smart_resize
from app.engine.checkpoints.config import VisionConfig
from app.engine.checkpoints.preprocessor import Preprocessor
from app.engine.generation import image_patches
from app.engine.generation.image_patches import cut_patches, load_patches, scale_with_pillow

TORCHVISION = Path(sys.prefix) / "torchvision"
"""Where packaging/check.sh puts it, so that nothing but this comparison sees it."""

VISION = VisionConfig(
    depth=1, hidden_size=64, intermediate_size=64, heads=2, out_hidden_size=64, channels=3, patch_size=16,
    temporal_patch_size=2, merge_size=2, position_embeddings=144, deepstack_layers=(),
)  # fmt: skip
SIZES = (
    (1, 1), (2, 3), (16, 16), (17, 15), (31, 33), (32, 32), (33, 31), (48, 48), (50, 33), (80, 240), (255, 257),
    (256, 256), (640, 480), (480, 640), (1013, 463), (199, 1), (1, 199), (100, 1500), (1500, 100), (1600, 10),
    (31, 700), (80, 4000), (1920, 1080), (2481, 3508), (3000, 2000), (8192, 2048), (5000, 4000),
)  # fmt: skip
"""Every aspect ratio up to the limit, below, within and beyond the bounds, sides between two multiples of 32."""
MAX_PIXELS = 512 * 1024


def noise(size: tuple[int, int], seed: int = 0) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (size[1] // 5 + 1, size[0] // 5 + 1, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def test_qwen_vl_utils_and_pillow_agree(tmp_path: Path) -> None:
    paths = [tmp_path / f"{index}.png" for index in range(len(SIZES))]
    for index, (path, size) in enumerate(zip(paths, SIZES, strict=True)):
        noise(size, index).save(path)
    script = Path(__file__).parents[2] / "support" / "scale_with_qwen_vl_utils.py"
    out = tmp_path / "scaled.npz"

    done = subprocess.run(
        [sys.executable, str(script), str(TORCHVISION), str(MAX_PIXELS), str(out), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"},
    )

    assert done.returncode == 0, done.stderr
    with np.load(out) as theirs:
        for index, path in enumerate(paths):
            ours = np.asarray(scale_with_pillow(Image.open(path), 65536, MAX_PIXELS, 16))
            other = theirs[f"arr_{index}"]
            assert ours.shape == other.shape
            assert np.abs(ours.astype(int) - other.astype(int)).max() <= 2


def test_without_torchvision_pillow_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    image_patches.has_qwen_vl_utils.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    image = noise((640, 480))
    scaled = image_patches.scale_image(image, 65536, MAX_PIXELS, 16)
    image_patches.has_qwen_vl_utils.cache_clear()
    assert np.array_equal(np.asarray(scaled), np.asarray(scale_with_pillow(image, 65536, MAX_PIXELS, 16)))


@pytest.mark.parametrize("size", [*SIZES, (1, 1), (20_000, 150), (150, 20_000), (9999, 9999)])
@pytest.mark.parametrize("most", [100_000, 1024 * 1024, 4096 * 4096])
def test_sizes_are_whole_windows_within_the_bounds(size: tuple[int, int], most: int) -> None:
    width, height = smart_resize(*size, 65536, most, 32)
    assert width % 32 == height % 32 == 0
    assert width >= 32 <= height
    assert width * height <= most or min(width, height) == 32
    if max(size) < 20 * min(size):
        assert width * height >= 65536 * 0.6
        assert width / height == pytest.approx(size[0] / size[1], rel=0.35)


def test_patches_run_window_by_window() -> None:
    """Each pixel says where it is, and must be found where Qwen2VLImageProcessor puts it."""
    rows, columns = np.mgrid[0:64, 0:96]
    image = Image.fromarray(np.stack([rows, columns, rows * 0], axis=-1).astype(np.uint8))
    plain = Preprocessor(mean=(0.0, 0.0, 0.0), std=(1 / 255,) * 3)

    patches = cut_patches([image], VISION, plain)

    assert patches.grid_thw == (1, 4, 6)
    assert patches.pixels.shape == (24, 3 * 2 * 16 * 16)
    assert patches.pixels.dtype == np.float32
    cubes = patches.pixels.reshape(24, 3, 2, 16, 16)
    corners = [(int(cube[0, 0, 0, 0]) // 16, int(cube[1, 0, 0, 0]) // 16) for cube in cubes.round()]
    assert corners[:8] == [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
    assert corners[12] == (2, 0)
    assert np.array_equal(cubes[:, :, 0], cubes[:, :, 1])


def test_the_pixel_budget_is_kept_and_the_models_own_limit_too(tmp_path: Path) -> None:
    noise((2000, 1500)).save(tmp_path / "large.png")
    for budget, most in ((300_000, 4096 * 4096), (4096 * 4096, 200_000)):
        patches = load_patches(tmp_path / "large.png", VISION, Preprocessor(max_pixels=most), budget)
        assert 0.8 * min(budget, most) < len(patches.pixels) * 256 <= min(budget, most)


def test_threads_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (3, 900)).save(tmp_path / "thread.png")
    with pytest.raises(ImageError, match="300 times longer than wide"):
        load_patches(tmp_path / "thread.png", VISION, Preprocessor(), MAX_PIXELS)
