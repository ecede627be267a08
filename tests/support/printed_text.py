"""Fresh images of printed text, made by other means than those the demo model was trained with."""

from pathlib import Path

from boxes import Box, box_of, overlap
from PIL import Image, ImageDraw, ImageFont

FONT = "DejaVuSans.ttf"
"""fonts-dejavu-core, which packaging/setup.sh installs."""


def print_text(path: Path, *lines: str, size: tuple[int, int] = (480, 160), dark: bool = False) -> dict[str, Box]:
    """Write an image of `lines` to `path`; returns each word's ink in thousandths of the image's sides."""
    ground, ink = ("#202428", "#f0f0e8") if dark else ("#fdfdfb", "#101014")
    image = Image.new("RGB", size, ground)
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(FONT, 26)
    boxes: dict[str, Box] = {}
    for row, line in enumerate(lines):
        corner = (36.0, 24.0 + 42 * row)
        draw.text(corner, line, ink, font)
        for word in line.split():
            start = corner[0] + font.getlength(line[: line.index(word)])
            left, top, right, bottom = draw.textbbox((start, corner[1]), word, font)
            boxes[word] = (left / size[0] * 1000, top / size[1] * 1000, right / size[0] * 1000, bottom / size[1] * 1000)
    image.save(path)
    return boxes


def found_in(answer: str, box: Box) -> float:
    """How well the box in an answer agrees with the true one, 0..1; 0 where the answer holds none."""
    found = box_of(answer)
    return overlap(found, box) if found else 0.0
