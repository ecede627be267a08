"""The places that an answer names, for other programs."""

import json
from collections.abc import Sequence
from enum import StrEnum

from app.domain.attachments import Attachment
from app.domain.grounding import SCALE, Region


class PlacesForm(StrEnum):
    """The suffix of a file with places tells little, so that the form has a name."""

    JSON = "json"
    COCO = "coco"
    PICTURE = "picture"


def places_json(image: Attachment, regions: Sequence[Region]) -> str:
    """A list as Qwen3-VL writes it, in pixels of the upright image: `bbox_2d` or `point_2d`, and `label`."""
    places = []
    for region in regions:
        left, top, right, bottom = _pixels(image, region)
        place = {"point_2d": [left, top]} if region.is_point else {"bbox_2d": [left, top, right, bottom]}
        places.append({**place, "label": region.label})
    return json.dumps(places, ensure_ascii=False, indent=2)


def places_coco(image: Attachment, regions: Sequence[Region]) -> str:
    """COCO's format for object detection (https://cocodataset.org/#format-data); a point is a box without extent."""
    labels = list(dict.fromkeys(region.label or "object" for region in regions))
    annotations = []
    for number, region in enumerate(regions, start=1):
        left, top, right, bottom = _pixels(image, region)
        annotations.append(
            {
                "id": number,
                "image_id": 1,
                "category_id": labels.index(region.label or "object") + 1,
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


def _pixels(image: Attachment, region: Region) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels of the upright image."""
    horizontal, vertical = image.width / SCALE, image.height / SCALE
    return (
        round(region.left * horizontal),
        round(region.top * vertical),
        round(region.right * horizontal),
        round(region.bottom * vertical),
    )
