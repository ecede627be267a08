"""Answers that are nothing but a list of places in JSON, as Qwen3-VL gives them when it is asked where things are.

People want to see what was found there, not how it is written.
"""

import json
import re

from app.domain.text.grounding import MAX_DETECTIONS, SCALE, detections_in

MAX_LENGTH = 50_000
"""Maximum length of such an answer in characters; a longer one is shown as it is."""
_FENCED = re.compile(r"\A\s*```(?:json)?[ \t]*\n(?P<content>.*?)(?:\n```\s*)?\Z", re.DOTALL)
_MORE_TO_COME = re.compile(r"\s*(?:,\s*(?:\{.*)?)?", re.DOTALL)
"""What may follow the last whole object of a list that is not finished."""
_PLACES = {"bbox_2d", "point_2d", "bbox", "point"}
_EDGE = {"type": "integer", "minimum": 0, "maximum": SCALE}
_PLACE = {
    "type": "object",
    "properties": {
        "bbox_2d": {"type": "array", "items": _EDGE, "minItems": 4, "maxItems": 4},
        "label": {"type": "string", "maxLength": 100},
    },
    "required": ["bbox_2d", "label"],
    "additionalProperties": False,
}
BOXES_SCHEMA = json.dumps({"type": "array", "items": _PLACE, "maxItems": MAX_DETECTIONS})
"""The JSON schema of boxes as Qwen3-VL writes them: x1, y1, x2, y2 in thousandths of the image's sides."""


def is_only_places(text: str, count: int) -> bool:
    """Return whether an answer, in which `count` detections were found, consists of them and says nothing else.

    Each object has one place and at most one text, its label. An answer that is being written, or was cut off, is
    judged by its whole objects.
    """
    if not count or len(text) > MAX_LENGTH:
        return False
    fenced = _FENCED.match(text)
    listed = _objects((fenced["content"] if fenced else text).strip())
    return len(listed) == count and all(map(_is_place, listed))


def place_labels(text: str) -> tuple[str, ...]:
    """Return the labels of an answer that consists of places, a number for each without; none for any other answer."""
    found = detections_in(text) if len(text) <= MAX_LENGTH else ()
    if not is_only_places(text, len(found)):
        return ()
    return tuple(detection.label or str(number) for number, detection in enumerate(found, start=1))


def _objects(written: str) -> list[object]:
    """Return the entries of a JSON list up to the last whole object, or a lone object; none if it is something else."""
    whole = written if written.endswith(("]", "}")) and written[:1] in {"[", "{"} else ""
    end = written.rfind("}") + 1
    if written.startswith("[") and _MORE_TO_COME.fullmatch(written, end):
        whole = f"{written[:end]}]"
    try:
        value = json.loads(whole)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else [value]


def _is_place(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    others = [value for key, value in entry.items() if key not in _PLACES]
    return len(others) == len(entry) - 1 <= 1 and all(isinstance(value, str) for value in others)
