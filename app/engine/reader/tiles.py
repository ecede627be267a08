"""Maps of text on images of any size, computed tile by tile.

A tile's edge cuts lines, so tiles overlap and only the middle of each is kept. The maps are joined before any box is
drawn around a line: no line is cut or doubled at a seam.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.ports import CancelCheck, ProgressCallback

TextMap = npt.NDArray[np.uint8]
"""uint8 [height, width]: the probability that a pixel belongs to a line of text, times 255."""

SIDE, MARGIN = 960, 64
"""Side of a tile, and how far from its edges its map is not trusted, in scaled pixels: four lines of text."""

STRIDE = 32
"""The detection network's input is a multiple of this."""

FLAT = 8
"""Maximum difference of grey levels in a tile without text; there is no need to look closer at paper."""

Network = Callable[[Image.Image], TextMap]
"""Computes the map of an RGB image whose sides are multiples of STRIDE."""


def text_map(
    image: Image.Image, scale: float, network: Network, check: CancelCheck, progress: ProgressCallback
) -> TextMap:
    """Return the map of an RGB image scaled by `scale`, its sides rounded to multiples of STRIDE."""
    width, height = (max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in image.size)
    whole = np.zeros((height, width), np.uint8)
    across, down = image.width / width, image.height / height
    tiles = [(column, row) for row in _spans(height) for column in _spans(width)]
    for number, ((left, right), (top, bottom)) in enumerate(tiles):
        check()
        progress(number / len(tiles))
        # A tile begins at the seam less the margin, unless the image begins there, and may reach beyond its core.
        x, x_end = max(0, left - MARGIN), min(width, right + MARGIN)
        y, y_end = max(0, top - MARGIN), min(height, bottom + MARGIN)
        box = (x * across, y * down, x_end * across, y_end * down)
        tile = image.resize((x_end - x, y_end - y), Image.Resampling.BILINEAR, box)
        if is_flat(tile):
            continue
        whole[top:bottom, left:right] = network(tile)[top - y : bottom - y, left - x : right - x]
    return whole


def _spans(length: int) -> list[tuple[int, int]]:
    """Return intervals that cover a multiple of STRIDE without overlap; none, with its margins, exceeds SIDE."""
    units = length // STRIDE
    count = 1 if length <= SIDE else -(-units // ((SIDE - 2 * MARGIN) // STRIDE))
    return list(pairwise(units * number // count * STRIDE for number in range(count + 1)))


def is_flat(image: Image.Image) -> bool:
    """Return whether nothing is drawn on an image."""
    grey = np.asarray(image.convert("L"))
    return int(grey.max()) - int(grey.min()) <= FLAT
