"""A letter of three lines, and a stamp to put across them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.engine.reader.recognise import Quad

TEXTS = ("The price of the house is 7,400.00 EUR", "payable within 30 days after delivery", "of all keys to the buyer.")


def letter() -> Image.Image:
    image = Image.new("RGB", (760, 300), "white")
    for row, text in enumerate(TEXTS):
        ImageDraw.Draw(image).text((40, 50 + 60 * row), text, "black", ImageFont.load_default(30))
    return image


def stamp(size: tuple[int, int]) -> Image.Image:
    """Return a stamp that lies askew across the text, as a mask of this size."""
    mark = Image.new("L", (300, 110))
    draw = ImageDraw.Draw(mark)
    draw.rectangle((4, 4, 295, 105), outline=255, width=6)
    draw.text((150, 55), "PAID 9 MAY", 255, ImageFont.load_default(44), anchor="mm")
    mask = Image.new("L", size)
    mask.paste(mark.rotate(12, expand=True, resample=Image.Resampling.BICUBIC), (250, 60))
    return mask


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


FOUND = [box(34, 44 + 60 * row, 620, 92 + 60 * row) for row in range(3)]
