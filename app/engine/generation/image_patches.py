"""Turns images and video frames into patches for the vision tower.

The size is chosen as Qwen3-VL's processor chooses it: sides are multiples of 32 pixels (one visual token each way), the
area stays between two bounds, and the aspect ratio is preserved as well as that allows.
"""

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError
from app.domain.images.visual_tokens import smart_resize
from app.engine.checkpoints.config import VisionConfig
from app.engine.checkpoints.preprocessor import Preprocessor, VideoPreprocessor
from app.engine.imaging.open_image import open_image
from app.engine.runtimes.port import FloatArray, ImagePatches

MAX_ASPECT_RATIO = 200


def load_patches(path: Path, vision: VisionConfig, preprocessor: Preprocessor, pixel_budget: int) -> ImagePatches:
    """Load the image at `path`, scaled to at most `pixel_budget` pixels, and cut it into patches. Raises ImageError."""
    image = open_image(path)
    width, height = image.size
    check_aspect_ratio(path, width, height)
    max_pixels = min(pixel_budget, preprocessor.max_pixels)
    scaled = scale_image(image, min(preprocessor.min_pixels, max_pixels), max_pixels, vision.patch_size)
    return cut_patches([scaled], vision, preprocessor)


def video_patches(
    frames: Sequence[Image.Image], size: tuple[int, int], vision: VisionConfig, preprocessor: VideoPreprocessor
) -> ImagePatches:
    """Scale one temporal group of a video's frames to `size` (width, height), and cut them into patches."""
    return cut_patches([frame.resize(size, Image.Resampling.BICUBIC) for frame in frames], vision, preprocessor)


def check_aspect_ratio(path: Path, width: int, height: int) -> None:
    """Raise ImageError for an image or a video that is too thin for the model."""
    if max(width, height) > MAX_ASPECT_RATIO * min(width, height):
        raise ImageError(image_texts.TOO_THIN, file=path.name, ratio=max(width, height) // min(width, height))


def scale_image(image: Image.Image, min_pixels: int, max_pixels: int, patch_size: int) -> Image.Image:
    """Scale an RGB image with qwen-vl-utils if its torchvision is installed, else with Pillow to the same pixels."""
    if has_qwen_vl_utils():
        return _scale_with_qwen_vl_utils(image, min_pixels, max_pixels, patch_size)
    return scale_with_pillow(image, min_pixels, max_pixels, patch_size)


def scale_with_pillow(image: Image.Image, min_pixels: int, max_pixels: int, patch_size: int) -> Image.Image:
    """Scale with Pillow's bicubic filter, which the model was trained with."""
    size = smart_resize(*image.size, min_pixels, max_pixels, patch_size * 2)
    return image.resize(size, Image.Resampling.BICUBIC)


def cut_patches(
    images: Sequence[Image.Image], vision: VisionConfig, preprocessor: Preprocessor | VideoPreprocessor
) -> ImagePatches:
    """Normalise RGB images whose sides are multiples of the window, and cut them, after Qwen2VLImageProcessor.

    A patch is [channels, temporal, patch, patch], with one image per temporal index, or one image repeated. Patches are
    ordered window by window, so that the merger finds its merge_size² neighbours side by side.
    """
    cut = [_cut(image, vision, preprocessor) for image in images]
    grid = (1, images[0].height // vision.patch_size, images[0].width // vision.patch_size)
    whole = np.concatenate(cut, axis=2) if len(cut) > 1 else np.repeat(cut[0], vision.temporal_patch_size, axis=2)
    return ImagePatches(np.ascontiguousarray(whole.reshape(len(whole), vision.patch_values)), grid)


def _cut(image: Image.Image, vision: VisionConfig, preprocessor: Preprocessor | VideoPreprocessor) -> FloatArray:
    """Cut one image into patches [patches, channels, 1, patch, patch]."""
    patch, merge = vision.patch_size, vision.merge_size
    mean, std = np.array(preprocessor.mean, np.float32), np.array(preprocessor.std, np.float32)
    values = (np.asarray(image, dtype=np.float32) / np.float32(255.0) - mean) / std
    height, width = values.shape[0] // patch, values.shape[1] // patch
    cells = values.reshape(height // merge, merge, patch, width // merge, merge, patch, vision.channels)
    # -> [window row, window column, row in window, column in window, channel, y, x]
    ordered = cells.transpose(0, 3, 1, 4, 6, 2, 5).reshape(height * width, vision.channels, 1, patch, patch)
    return cast(FloatArray, ordered)


@cache
def has_qwen_vl_utils() -> bool:
    """Return whether qwen-vl-utils can scale images: it needs torchvision."""
    return all(importlib.util.find_spec(name) for name in ("torchvision", "qwen_vl_utils"))


def _scale_with_qwen_vl_utils(image: Image.Image, min_pixels: int, max_pixels: int, patch_size: int) -> Image.Image:
    from qwen_vl_utils import process_vision_info  # noqa: PLC0415 - needs torchvision

    content = {"type": "image", "image": image, "min_pixels": min_pixels, "max_pixels": max_pixels}
    messages: list[dict[str, Any]] = [{"role": "user", "content": [content]}]
    # The default patch size is Qwen2-VL's 14, which would scale the image twice.
    images, _ = process_vision_info(messages, image_patch_size=patch_size)
    return cast(Image.Image, images[0])
