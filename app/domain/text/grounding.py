"""Detections in an answer: boxes and points on an image, as Qwen3-VL writes them.

Its cookbooks ask for JSON such as `[{"bbox_2d": [x1, y1, x2, y2], "label": "a dog"}]` and `{"point_2d": [x, y]}`, in
thousandths of the image's width and height (https://github.com/QwenLM/Qwen3-VL, cookbooks/2d_grounding.ipynb). Each
object is parsed by itself, so that it is shown as soon as its numbers are complete, whatever surrounds it.
"""

import json
import re
from dataclasses import dataclass

SCALE = 1000
MAX_DETECTIONS = 500
_NUMBER = r"-?\d+(?:\.\d+)?"
_BOX = re.compile(rf'"(?:bbox_2d|bbox|box_2d|point_2d|point)"\s*:\s*\[\s*({_NUMBER}(?:\s*,\s*{_NUMBER}){{1,3}})\s*\]')
_LABEL = re.compile(r'"(?:label|text_content|text|name)"\s*:\s*("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A box in thousandths of the image's sides, or a point, which has no extent.

    It is written at [start, end) of the text.
    """

    label: str
    left: float
    top: float
    right: float
    bottom: float
    start: int
    end: int

    @property
    def is_point(self) -> bool:
        """True if the detection is a point."""
        return (self.left, self.top) == (self.right, self.bottom)


def detections_in(text: str) -> tuple[Detection, ...]:
    """Return the detections in `text` in order, at most MAX_DETECTIONS; incomplete or invalid ones are skipped."""
    detections = []
    for match in _BOX.finditer(text):
        numbers = [min(max(float(number), 0.0), float(SCALE)) for number in match[1].split(",")]
        is_point = len(numbers) == 2
        if is_point:
            numbers *= 2
        if len(numbers) != 4:
            continue
        (left, right), (top, bottom) = sorted(numbers[::2]), sorted(numbers[1::2])
        if not is_point and (left == right or top == bottom):
            continue
        start, end = _object_around(text, match.start(), match.end())
        label = _LABEL.search(text, start, end)
        detections.append(
            Detection(
                label=_decoded(label[1]) if label else "",
                left=left,
                top=top,
                right=right,
                bottom=bottom,
                start=start,
                end=end,
            )
        )
        if len(detections) == MAX_DETECTIONS:
            break
    return tuple(detections)


def _object_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the [start, end) of the JSON object around a detection, as far as its braces are there."""
    opening = max(text.rfind("{", 0, start), text.rfind("}", 0, start) + 1)
    closing = text.find("}", end)
    following = text.find("{", end)
    if closing < 0 or 0 <= following < closing:
        return max(opening, 0), following if following >= 0 else len(text)
    return max(opening, 0), closing + 1


def _decoded(literal: str) -> str:
    try:
        return str(json.loads(literal))
    except ValueError:
        return literal[1:-1]
