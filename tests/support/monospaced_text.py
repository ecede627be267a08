"""Screenshots of monospaced text, drawn letter by letter in any font."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

PITCH, STEP = 13.4, 27
"""Width of a column and height of a row in pixels: columns begin at fractions of pixels, as in editors."""

LEFT, TOP = 21.0, 14.0


def monospaced_image(lines: Sequence[str], *, dark: bool = True, numbers: int = 0, size: int = 19) -> Image.Image:
    """Draw lines on a grid; with `numbers`, line numbers from that on at their left, on columns of their own."""
    columns = max(map(len, lines)) + 3 + (7 if numbers else 0)
    paper, ink = ("#1e1e1e", "#d4d4d4") if dark else ("white", "#202020")
    image = Image.new("RGB", (round(LEFT + columns * PITCH), round(2 * TOP + len(lines) * STEP)), paper)
    left = LEFT + 6.6 * PITCH if numbers else LEFT
    for number, line in enumerate(lines):
        y = TOP + number * STEP
        if numbers:
            _row(image, str(numbers + number), (LEFT, y), "#858585", size)
        _row(image, line, (left, y), ink, size)
    return image


def _row(image: Image.Image, text: str, place: tuple[float, float], ink: str, size: int) -> None:
    font = ImageFont.truetype("DejaVuSansMono.ttf", size)
    for column, letter in enumerate(text):
        ImageDraw.Draw(image).text((place[0] + column * PITCH, place[1]), letter, ink, font)
