"""Finds QR codes and bar codes; the only module that uses zxing-cpp."""

import numpy as np
import zxingcpp
from PIL import Image

from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point


def find_codes(image: Image.Image) -> tuple[Code, ...]:
    """Return the codes read on an RGB image, verified by their own checksums, from top to bottom."""
    found = zxingcpp.read_barcodes(np.asarray(image.convert("L")), text_mode=zxingcpp.TextMode.Plain)
    codes = [Code(str(code.format), code.text, _box(code.position, image.size)) for code in found if code.text]
    return tuple(sorted(codes, key=lambda code: (code.box.top, code.box.left)))


def _box(position: zxingcpp.Position, size: tuple[int, int]) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    box = Box.around_points(Point(corner.x, corner.y) for corner in corners)
    return Box(max(0, box.left), max(0, box.top), min(size[0], box.right), min(size[1], box.bottom))
