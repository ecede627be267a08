"""Fresh images of printed text, made by other means than those the demo model was trained with."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "DejaVuSans.ttf"
"""fonts-dejavu-core, which packaging/setup.sh installs."""


Box = tuple[float, float, float, float]
"""Left, top, right and bottom in thousandths of the image's sides."""


def print_text(path: Path, *lines: str, size: tuple[int, int] = (480, 160), dark: bool = False) -> dict[str, Box]:
    """Write an image of `lines` to `path`, and return each word's box: its letters' advances by its line's height."""
    ground, foreground = ("#202428", "#f0f0e8") if dark else ("#fdfdfb", "#101014")
    image = Image.new("RGB", size, ground)
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(FONT, 26)
    boxes = {}
    for row, line in enumerate(lines):
        x, y = 36, 24 + 42 * row
        draw.text((x, y), line, foreground, font)
        for word in line.split():
            before = line[: line.index(word)]
            left, right = (x + font.getlength(text) for text in (before, before + word))
            edges = (left, y, right, y + sum(font.getmetrics()))
            left, top, right, bottom = (1000 * edge / size[side % 2] for side, edge in enumerate(edges))
            boxes[word] = (left, top, right, bottom)
    image.save(path)
    return boxes
