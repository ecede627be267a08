"""Pages drawn for measuring: kinds that collections of photographs lack, each with the text that stands on it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SENTENCES = (
    "The harbour was still dark when the first boats went out.",
    "Nobody in the village had seen a winter as mild as this one.",
    "She kept every letter in a tin box under the stairs.",
    "Prices rose by 3.5 per cent between January and March, he said.",
    "A narrow path leads from the mill to the old quarry.",
    "What the engineers found inside the bridge surprised them.",
    "Rain is expected in the north, with winds of up to 60 km/h.",
    "The committee meets on Tuesday to discuss the new timetable.",
    "It took him eleven years to write the second volume.",
    "Most visitors never notice the small door behind the altar.",
    "Half of the orchard belongs to the school, the rest to the parish.",
    "Their train left Vienna at 7:42 and reached Trieste by evening.",
    "Without the map, even the guides were lost within an hour.",
    "Copper, tin and zinc were traded here long before the Romans came.",
)
HEADLINES = (
    "Fishermen return to the northern harbour",
    "A quiet year for the old stone bridge",
    "Letters under the stairs",
)
SERIF, SANS, BOLD = "LiberationSerif-Regular.ttf", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """One page of a group; `is_ordered` says that the order of its letters is measured too."""

    group: str
    name: str
    image: Image.Image
    text: str
    is_ordered: bool


def drawn_pages() -> Iterator[DrawnPage]:
    """All of them, the same ones at every call."""
    chance = random.Random(11)
    for number in range(8):
        image, text = _two_columns(chance, headline=number % 2 == 0)
        yield DrawnPage("drawn: two columns", f"columns-{number}", image, text, is_ordered=True)
    for degrees in (90, 180, 270, 1, -2, 3, -4, 5):
        image, text = _column(chance, _prose(chance, 7), 900, 26, SERIF)
        turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
        yield DrawnPage("drawn: turned", f"turned-{degrees}", turned, text, is_ordered=True)
    for number in range(5):
        image, text = _column(chance, _prose(chance, 4), 700, 24, SANS, foreground=200 - 8 * number, ground=226)
        yield DrawnPage("drawn: faint", f"faint-{number}", image, text, is_ordered=True)
    for size in (9, 10, 11, 12, 13):
        image, text = _column(chance, _prose(chance, 2), 320, size, SANS, edge=6)
        yield DrawnPage("drawn: tiny screenshot", f"tiny-{size}", image, text, is_ordered=True)
    for number in range(8):
        image, text = _tight(chance, _prose(chance, 1).split()[: 1 + number % 4], 18 + 5 * number)
        yield DrawnPage("drawn: tight crop", f"tight-{number}", image, text, is_ordered=True)
    for number in range(4):
        image, text = _column(chance, _prose(chance, 5), 1000, 30, SERIF, foreground=70, ground=205)
        small = image.filter(ImageFilter.GaussianBlur(1.1)).resize((image.width * 2 // 3, image.height * 2 // 3))
        yield DrawnPage("drawn: blurred", f"blurred-{number}", small, text, is_ordered=True)


def _prose(chance: random.Random, sentences: int) -> str:
    return " ".join(chance.sample(SENTENCES, sentences))


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _write(
    image: Image.Image, lines: Sequence[str], place: tuple[int, int], font: ImageFont.FreeTypeFont, foreground: int
) -> int:
    """Write the lines one below the other; returns where the next one would be."""
    x, y = place
    for line in lines:
        ImageDraw.Draw(image).text((x, y), line, (foreground, foreground, foreground), font)
        y += round(font.size * 1.35)
    return y


def _column(
    chance: random.Random,
    text: str,
    width: int,
    size: int,
    face: str,
    *,
    foreground: int = 20,
    ground: int = 255,
    edge: int = 40,
) -> tuple[Image.Image, str]:
    font = ImageFont.truetype(face, size)
    lines = _wrapped(text, font, width - 2 * edge)
    image = Image.new("RGB", (width, round(len(lines) * size * 1.35) + 2 * edge), (ground, ground, ground))
    _write(image, lines, (edge, edge), font, foreground)
    return image, "\n".join(lines)


def _two_columns(chance: random.Random, *, headline: bool) -> tuple[Image.Image, str]:
    size, gutter, width = chance.choice((20, 24, 28)), chance.choice((24, 40, 70)), 1200
    font = ImageFont.truetype(SERIF, size)
    column = (width - 120 - gutter) // 2
    columns = [_wrapped(_prose(chance, count), font, column) for count in (9, chance.choice((6, 9)))]
    image = Image.new("RGB", (width, round(max(map(len, columns)) * size * 1.35) + 220), "white")
    title = [chance.choice(HEADLINES)] if headline else []
    top = _write(image, title, (60, 50), ImageFont.truetype(BOLD, 2 * size), 0) + 20
    for lines, left in zip(columns, (60, 60 + column + gutter), strict=True):
        _write(image, lines, (left, top), font, 20)
    return image, "\n".join([*title, *columns[0], *columns[1]])


def _tight(chance: random.Random, words: Sequence[str], size: int) -> tuple[Image.Image, str]:
    text = " ".join(words)
    font = ImageFont.truetype(chance.choice((SERIF, SANS, BOLD)), size)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    image = Image.new("RGB", (right - left, bottom - top), "white")
    ImageDraw.Draw(image).text((-left, -top), text, "black", font)
    return image, text
