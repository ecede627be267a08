"""What preprocessor_config.json says about the images that a model was trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import CheckpointError


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessor:
    """Pixels of one image, least and most, and the mean and deviation of its three channels (0..1).

    The defaults are those of Qwen3-VL-2B-Instruct.
    """

    min_pixels: int = 256 * 256
    max_pixels: int = 4096 * 4096
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)


def parse_preprocessor(raw: Mapping[str, Any]) -> Preprocessor:
    """Read the file's fields; those that are missing keep their defaults. Raises CheckpointError."""
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
    except (TypeError, ValueError) as error:
        raise _unusable() from error
    if not 0 < result.min_pixels <= result.max_pixels or min(result.std) <= 0:
        raise _unusable()
    return result


def _three(values: Any) -> tuple[float, float, float]:  # noqa: ANN401 - JSON
    first, second, third = (float(value) for value in values)
    return first, second, third


def _unusable() -> CheckpointError:
    return CheckpointError("The model's preprocessor_config.json is not usable.", todo="Download that file again.")
