"""Fresh images of printed text, made by other means than those the demo model was trained with."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "DejaVuSans.ttf"
"""fonts-dejavu-core, which packaging/setup.sh installs."""


def print_text(path: Path, *lines: str, size: tuple[int, int] = (480, 160), dark: bool = False) -> None:
    """Write an image of `lines` to `path`."""
    ground, ink = ("#202428", "#f0f0e8") if dark else ("#fdfdfb", "#101014")
    image = Image.new("RGB", size, ground)
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(FONT, 26)
    for row, line in enumerate(lines):
        draw.text((36, 24 + 42 * row), line, ink, font)
    image.save(path)
