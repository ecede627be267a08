"""Crops a line for Tesseract's networks: rectified, dark on white, without the shadows of a photograph."""

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.recognise import Quad, read_from

Grey = npt.NDArray[np.uint8]

MIN_HEIGHT, MAX_HEIGHT, MAX_WIDTH = 40, 80, 12_000
"""Heights in pixels between which lines are passed on as they are: the networks scale them to 36 or 48.

The width bounds memory.
"""

CUT_MARGIN, MARGIN = 0.15, 0.05
"""Margin at each end of a line within which its text is looked for, and the one that its text gets, by its height.

Wider ones are read as dashes and points.
"""

INK_PERCENTILE, MIN_CONTRAST = 2, 20
"""Percentage of pixels that become black, and minimum difference between their grey levels and the ground's."""


def crop_line(image: Image.Image, quad: Quad, trim: float = 0.0) -> tuple[Image.Image, float, float]:
    """Return a line's text in grey, and where it begins and ends as fractions of the line's length.

    `trim` is cut off above and below, as a fraction of the line's height. The crop of a line without contrast is empty.
    """
    quad = read_from(np.clip(np.nan_to_num(quad), 0, image.size))
    down = trim * (quad[3] - quad[0])
    quad = quad + np.stack([down, down, -down, -down])
    along, height = quad[1] - quad[0], max(1.0, float(np.hypot(*(quad[3] - quad[0]))))
    length = max(1.0, float(np.hypot(*along)))
    margin = CUT_MARGIN * height * along / length
    corners = np.clip(quad + np.stack([-margin, margin, margin, -margin]), 0, image.size)
    first, last = (float((corner - quad[0]) @ along) / length**2 for corner in corners[:2])
    scale = min(max(MIN_HEIGHT, height), MAX_HEIGHT) / height
    size = min(MAX_WIDTH, max(1, round((last - first) * length * scale))), round(height * scale)
    # Pillow expects the corners anticlockwise.
    data = corners[[0, 3, 2, 1]].ravel().tolist()
    crop = np.asarray(image.convert("L").transform(size, Image.Transform.QUAD, data, Image.Resampling.BICUBIC))
    level = _levelled(crop)
    if level is None:
        return Image.new("L", (0, size[1])), first, first
    threshold, _ = cv2.threshold(level, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    columns = np.flatnonzero((level <= threshold).any(axis=0))
    margin_width = round(MARGIN * level.shape[0])
    start, end = max(0, int(columns[0]) - margin_width), min(level.shape[1], int(columns[-1]) + 1 + margin_width)
    pixel = (last - first) / level.shape[1]
    level = level[:, start:end]
    return Image.fromarray(level), first + start * pixel, first + end * pixel


def _levelled(grey: Grey) -> Grey | None:
    """Return dark text on white, whatever shadows there are on its ground; None if there is no contrast.

    The ground is what is left if all that is smaller than a line is taken away. Text covers less than its ground does:
    taken for the ground, it would differ more from the crop.
    """
    size = max(3, grey.shape[0]) | 1
    kernel = np.ones((size, size), np.uint8)
    lighter, darker = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel), cv2.morphologyEx(grey, cv2.MORPH_OPEN, kernel)
    is_light = float(np.mean(grey - darker)) < float(np.mean(lighter - grey))
    ground = cv2.GaussianBlur(darker if is_light else lighter, (size, size), 0).astype(np.float32)
    ink = grey - ground if is_light else ground - grey
    darkest = float(np.percentile(ink, 100 - INK_PERCENTILE))
    return None if darkest < MIN_CONTRAST else np.asarray(np.clip(255 - 255 * ink / darkest, 0, 255), np.uint8)
