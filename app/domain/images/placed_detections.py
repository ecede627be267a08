"""Brings the detections of an answer into thousandths of the image's sides, whichever unit they are written in."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.images.attachments import Attachment
from app.domain.images.visual_tokens import seen_size
from app.domain.text.grounding import SCALE, Detection

TOLERANCE = 1.02
"""How far beyond the image's sides a model's pixels may lie, by which a side rounded to whole tokens may be longer."""


def placed_detections(detections: Sequence[Detection], image: Attachment, pixel_budget: int) -> tuple[Detection, ...]:
    """Return the detections in thousandths.

    Qwen3-VL writes thousandths. Qwen2.5-VL and models made from it write pixels of the image as they see it, others of
    the image as it is: so coordinates beyond 1000 mean pixels, if all of them lie within the image.
    """
    right = max((detection.right for detection in detections), default=0.0)
    bottom = max((detection.bottom for detection in detections), default=0.0)
    width, height = float(SCALE), float(SCALE)
    if max(right, bottom) > SCALE:
        size = image.width, image.height
        for wide, high in (seen_size(*size, image.pixel_budget or pixel_budget), size):
            if right <= wide * TOLERANCE and bottom <= high * TOLERANCE:
                width, height = float(wide), float(high)
                break
    return tuple(
        replace(
            detection,
            left=min(detection.left * SCALE / width, SCALE),
            top=min(detection.top * SCALE / height, SCALE),
            right=min(detection.right * SCALE / width, SCALE),
            bottom=min(detection.bottom * SCALE / height, SCALE),
        )
        for detection in detections
    )
