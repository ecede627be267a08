"""Serialises the detections of an answer for other programs."""

import json
from collections.abc import Sequence
from enum import StrEnum

from app.domain.images.attachments import Attachment
from app.domain.text.grounding import SCALE, Detection


class DetectionFormat(StrEnum):
    """An export format for detections; named, as a file's suffix does not identify it."""

    JSON = "json"
    COCO = "coco"
    PICTURE = "picture"


def detections_json(image: Attachment, detections: Sequence[Detection]) -> str:
    """Return JSON as Qwen3-VL writes it, in pixels of the upright image: a list of `bbox_2d` or `point_2d`, `label`."""
    entries = []
    for detection in detections:
        left, top, right, bottom = _pixels(image, detection)
        entry = {"point_2d": [left, top]} if detection.is_point else {"bbox_2d": [left, top, right, bottom]}
        entries.append({**entry, "label": detection.label})
    return json.dumps(entries, ensure_ascii=False, indent=2)


def detections_coco(image: Attachment, detections: Sequence[Detection]) -> str:
    """Return COCO's object detection JSON (https://cocodataset.org/#format-data); a point is a box without extent."""
    labels = list(dict.fromkeys(detection.label or "object" for detection in detections))
    annotations = []
    for number, detection in enumerate(detections, start=1):
        left, top, right, bottom = _pixels(image, detection)
        annotations.append(
            {
                "id": number,
                "image_id": 1,
                "category_id": labels.index(detection.label or "object") + 1,
                "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top),
                "iscrowd": 0,
            }
        )
    document = {
        "images": [{"id": 1, "file_name": image.name, "width": image.width, "height": image.height}],
        "categories": [{"id": number, "name": label} for number, label in enumerate(labels, start=1)],
        "annotations": annotations,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _pixels(image: Attachment, detection: Detection) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom in pixels of the upright image."""
    horizontal, vertical = image.width / SCALE, image.height / SCALE
    return (
        round(detection.left * horizontal),
        round(detection.top * vertical),
        round(detection.right * horizontal),
        round(detection.bottom * vertical),
    )
