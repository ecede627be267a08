"""The preprocessor_config.json of a model: size and normalisation of the images that it was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError

MAX_MIN_PIXELS = 4096 * 4096
"""Upper limit in pixels of a folder's `min_pixels`, so that it cannot enlarge every image to gigabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessor:
    """Minimum and maximum number of pixels of an image, and mean and standard deviation of its three channels (0..1).

    The defaults are those of Qwen3-VL-2B-Instruct.
    """

    min_pixels: int = 256 * 256
    max_pixels: int = 4096 * 4096
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)


def parse_preprocessor(raw: Mapping[str, Any]) -> Preprocessor:
    """Read the file's fields; missing ones keep their defaults. Raises CheckpointError."""
    default = Preprocessor()
    size = raw.get("size")
    named = size if isinstance(size, dict) else {}
    try:
        result = Preprocessor(
            min_pixels=int(named.get("shortest_edge") or raw.get("min_pixels") or default.min_pixels),
            max_pixels=int(named.get("longest_edge") or raw.get("max_pixels") or default.max_pixels),
            mean=_three(raw.get("image_mean", [0.5, 0.5, 0.5])),
            std=_three(raw.get("image_std", [0.5, 0.5, 0.5])),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(checkpoint_texts.PREPROCESSOR_INVALID) from error
    if not 0 < result.min_pixels <= min(result.max_pixels, MAX_MIN_PIXELS):
        raise CheckpointError(checkpoint_texts.PREPROCESSOR_INVALID)
    if not all(map(isfinite, (*result.mean, *result.std))) or min(result.std) <= 0:
        raise CheckpointError(checkpoint_texts.PREPROCESSOR_INVALID)
    return result


def _three(values: Any) -> tuple[float, float, float]:  # noqa: ANN401 - JSON
    first, second, third = (float(value) for value in values)
    return first, second, third
