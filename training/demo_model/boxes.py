"""Boxes in answers, and how well two of them agree."""

import json

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def box_of(answer: str) -> Box | None:
    """The box in an answer of Qwen3-VL's form, in thousandths of the image's sides; None where there is not one."""
    try:
        (item,) = json.loads(answer.removeprefix("```json\n").removesuffix("\n```"))
        left, top, right, bottom = map(float, item["bbox_2d"])
    except (ValueError, KeyError, TypeError):
        return None
    return left, top, right, bottom


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return wide * high / (sum(areas) - wide * high)
