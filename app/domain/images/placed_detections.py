"""Brings the detections of an answer into thousandths of the image's sides, whichever unit they are written in."""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.domain.images.attachments import Attachment
from app.domain.images.visual_tokens import seen_size
from app.domain.text.grounding import SCALE, Detection

TOLERANCE = 1.02
"""How far beyond the image's sides a model's pixels may lie, by which a side rounded to whole tokens may be longer."""
_WRITES_PIXELS = re.compile(r"qwen[-_]?2[._-]?5[-_]?vl", re.IGNORECASE)
"""Names of models that write pixels of the image as it was sent (Qwen2.5-VL's report, arXiv:2502.13923)."""


def placed_detections(
    detections: Sequence[Detection], image: Attachment, pixel_budget: int, model_name: str = ""
) -> tuple[Detection, ...]:
    """Return the detections in thousandths.

    Qwen3-VL writes thousandths, as do all that are not known to do otherwise. Qwen2.5-VL and models made from it write
    pixels of the image as they see it, others of the image as it is: so coordinates beyond 1000 mean pixels, if all of
    them lie within the image, and so do smaller ones of a model that is called Qwen2.5-VL.
    """
    right = max((detection.right for detection in detections), default=0.0)
    bottom = max((detection.bottom for detection in detections), default=0.0)
    width, height = float(SCALE), float(SCALE)
    if max(right, bottom) > SCALE or _WRITES_PIXELS.search(model_name):
        size = image.width, image.height
        seen = seen_size(*size, image.pixel_budget or pixel_budget)
        is_smaller = seen[0] * seen[1] < size[0] * size[1]  # Servers are sent no more than there is.
        for wide, high in (seen, size) if is_smaller else (size, seen):
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
