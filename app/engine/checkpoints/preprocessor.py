"""What a model's files say of images and videos: number, size and normalisation, as it was trained on them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeAlias

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.domain.images.video_frames import PUBLISHED, VideoLimits

MAX_MIN_PIXELS = 4096 * 4096
"""Upper limit in pixels of a folder's `min_pixels`, so that it cannot enlarge every image to gigabytes."""


MAX_FRAMES_PER_SECOND, MAX_FRAMES = 240, 100_000
Three: TypeAlias = tuple[float, float, float]
_MIDDLE = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoPreprocessor:
    """How many frames of a video are seen and how large, and their mean and standard deviation."""

    limits: VideoLimits = PUBLISHED
    mean: Three = _MIDDLE
    std: Three = _MIDDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessor:
    """Minimum and maximum number of pixels of an image, and mean and standard deviation of its three channels (0..1).

    The defaults are those of Qwen3-VL-2B-Instruct.
    """

    min_pixels: int = 256 * 256
    max_pixels: int = 4096 * 4096
    mean: Three = _MIDDLE
    std: Three = _MIDDLE
    videos: VideoPreprocessor = field(default_factory=VideoPreprocessor)


def parse_preprocessor(raw: Mapping[str, Any], file: str) -> Preprocessor:
    """Read the settings of images that `file` has; missing ones keep their defaults. Raises CheckpointError.

    Videos have the mean and the standard deviation of images.
    """
    default = Preprocessor()
    with _checked(file):
        low, high = _pixels(raw, default.min_pixels, default.max_pixels)
        mean, std = _scaling(raw, default.mean, default.std)
        videos = VideoPreprocessor(mean=mean, std=std)
        return Preprocessor(min_pixels=low, max_pixels=high, mean=mean, std=std, videos=videos)


def parse_video_preprocessor(raw: Mapping[str, Any], file: str, default: VideoPreprocessor) -> VideoPreprocessor:
    """Read the settings of videos that `file` has; missing ones are as in `default`. Raises CheckpointError."""
    published = default.limits
    with _checked(file):
        low, high = _pixels(raw, published.min_pixels, published.max_pixels)
        limits = VideoLimits(
            frames_per_second=float(raw.get("fps") or published.frames_per_second),
            min_frames=int(raw.get("min_frames") or published.min_frames),
            max_frames=int(raw.get("max_frames") or published.max_frames),
            min_pixels=low,
            max_pixels=high,
        )
        if not 0 < limits.frames_per_second <= MAX_FRAMES_PER_SECOND:
            raise ValueError
        if not 0 < limits.min_frames <= limits.max_frames <= MAX_FRAMES:
            raise ValueError
        mean, std = _scaling(raw, default.mean, default.std)
        return VideoPreprocessor(limits=limits, mean=mean, std=std)


@contextmanager
def _checked(file: str) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(checkpoint_texts.PREPROCESSOR_INVALID, file=file) from error


def _pixels(raw: Mapping[str, Any], minimum: int, maximum: int) -> tuple[int, int]:
    size = raw.get("size")
    named = size if isinstance(size, dict) else {}
    low = int(named.get("shortest_edge") or raw.get("min_pixels") or minimum)
    high = int(named.get("longest_edge") or raw.get("max_pixels") or maximum)
    if not 0 < low <= min(high, MAX_MIN_PIXELS):
        raise ValueError
    return low, high


def _scaling(raw: Mapping[str, Any], mean: Three, std: Three) -> tuple[Three, Three]:
    mean, std = _three(raw.get("image_mean") or mean), _three(raw.get("image_std") or std)
    if not all(map(isfinite, (*mean, *std))) or min(std) <= 0:
        raise ValueError
    return mean, std


def _three(values: Any) -> Three:  # noqa: ANN401 - JSON
    first, second, third = (float(value) for value in values)
    return first, second, third
