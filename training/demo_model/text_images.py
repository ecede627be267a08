"""Rendered text: images of one to three lines with the place of every character and word.

Words are made up from syllables, letters, digits and punctuation, so that an answer can only come from the image.
"""

import random
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

FONT_FOLDER = Path("/usr/share/fonts/truetype")
FONTS = (
    "dejavu/DejaVuSans.ttf",
    "dejavu/DejaVuSerif.ttf",
    "dejavu/DejaVuSansMono.ttf",
    "liberation/LiberationSans-Regular.ttf",
    "liberation/LiberationSerif-Regular.ttf",
    "liberation/LiberationMono-Regular.ttf",
)
"""Debian: fonts-dejavu-core, fonts-liberation. The latter have the widths and much of the look of Arial, Times New
Roman and Courier New."""

SIZES = (24, 36)
MAX_WORDS, MAX_CHARACTERS = 3, 24
"""Of a line."""
CONTRAST = 90
LETTERS = "".join(letter for letter in string.ascii_letters if letter not in "IlO")
"""Without what looks alike in common fonts where no word says which it is."""
ENDINGS = ".,:;!?"
CODE = LETTERS.lower() + string.digits + "#$%&()*+-/:=?@"
NARROW_FONTS = FONTS[3:5]
"""Most mistakes are in these, where the letters are small."""
SAME_SHAPE = set("cosvwxzCOSVWXZ")
"""Letters whose small and capital forms differ in size alone."""
MARGIN = 3
MIN_SIDE = 32
"""Pixels that the smallest font's line needs."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its left, top, right and bottom in pixels: its letters' advances by its line's height."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character, the centre of its cell in pixels, and the index of its word."""

    text: str
    x: float
    y: float
    word: int


@dataclass(frozen=True, slots=True)
class TextImage:
    """`pixels` is uint8 [height, width, 3]; glyphs and words are in reading order; spaces are glyphs of their word."""

    pixels: npt.NDArray[np.uint8]
    lines: tuple[str, ...]
    words: tuple[Word, ...]
    glyphs: tuple[Glyph, ...]


def render(
    rng: random.Random, width: int, height: int, most_lines: int = 3, variety: float = 1.0, hard: float = 0.0
) -> TextImage:
    """A random image of this size.

    `variety`, 0..1, is how likely each of font, size, colours and place is free; where one is not, it is one font of
    one size, black on white, from the top left. `hard`, 0..1, is how likely the letters are small and narrow ones
    where font and size are free.
    """
    # Real images are scaled to multiples of 32 pixels; half of these are too.
    scaled = rng.random() < 0.5 * variety
    wide, high = (max(side + rng.randint(-15, 15), MIN_SIDE) if scaled else side for side in (width, height))
    ground, ink = _colours(rng) if rng.random() < variety else ((255, 255, 255), (0, 0, 0))
    image = Image.new("RGB", (wide, high), ground)
    font, lines, spacing = _fitting_text(rng, wide, high, most_lines, variety, hard)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "L"
    ascent, _ = font.getmetrics()
    widths = [font.getlength(line) for line in lines]
    block = max(widths, default=0)
    anywhere = rng.random() < variety
    left = rng.uniform(MARGIN, max(MARGIN, wide - MARGIN - block)) if anywhere else MARGIN
    top = rng.uniform(0, max(0, high - spacing * len(lines))) if anywhere else MARGIN
    alignment = rng.choice((0.0, 0.5, 1.0, rng.random())) if anywhere and rng.random() < 0.4 else 0.0
    words: list[Word] = []
    glyphs: list[Glyph] = []
    for row, line in enumerate(lines):
        x, y = int(left + (block - widths[row]) * alignment), int(top + row * spacing)
        draw.text((x, y), line, fill=ink, font=font)
        _place(line, (x, y), font, ascent, words, glyphs)
    if (wide, high) != (width, height):
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        words = [Word(word.text, _scaled(word.box, width / wide, height / high)) for word in words]
        glyphs = [Glyph(g.text, g.x * width / wide, g.y * height / high, g.word) for g in glyphs]
    return TextImage(np.asarray(image), tuple(lines), tuple(words), tuple(glyphs))


def random_word(rng: random.Random) -> str:
    """A word, number, code or price, of which a careful reader can tell every character."""
    while not _is_legible(word := _any_word(rng)):
        pass
    return word


def _is_legible(word: str) -> bool:
    """Whether the word itself tells I from l, O from 0, and capitals from small letters of the same shape.

    In some of the fonts they look alike; in a real word one would know, but these are made up.
    """
    letters = "".join(letter for letter in word if letter.isalpha())
    digits = {digit for digit in word if digit.isdigit()}
    if set("IO") & set(letters) and (digits or len(letters) < 2 or not letters.isupper()):
        return False
    if ("l" in letters and digits) or (letters.isupper() and digits == {"0"}):
        return False
    return bool(digits) or not set(letters) <= SAME_SHAPE


def _any_word(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.58:
        return _cased(rng, _syllables(rng)) + _ending(rng)
    if kind < 0.7:
        return _cased(rng, "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 7))).lower())
    if kind < 0.92:
        return _number(rng)
    return _cased(rng, "".join(rng.choice(CODE) for _ in range(rng.randint(2, 6))))


def _fitting_text(
    rng: random.Random, wide: int, high: int, most_lines: int, variety: float, hard: float
) -> tuple[ImageFont.FreeTypeFont, list[str], float]:
    """A font, lines that fit into the image, and the pixels from one line to the next."""
    while True:
        smallest, largest = SIZES
        is_hard = rng.random() < hard
        scale = rng.random() * (0.4 if is_hard else 1.0)
        size = round(smallest * (largest / smallest) ** scale) if rng.random() < variety else 22
        fonts = NARROW_FONTS if is_hard else FONTS
        font = _font(rng.choice(fonts) if rng.random() < variety else FONTS[0], size)
        ascent, descent = font.getmetrics()
        spacing = (ascent + descent) * rng.uniform(1.0, 1.0 + 0.8 * variety)
        # Several lines are harder, and teach more for the same pixels: they come more often.
        count = max(rng.randint(1, most_lines), rng.randint(1, most_lines) if rng.random() < 0.5 else 1)
        if spacing * count > high + descent:
            continue
        lines = [_line(rng, font, wide - 2 * MARGIN) for _ in range(count)]
        if all(lines):
            return font, lines, spacing


def _line(rng: random.Random, font: ImageFont.FreeTypeFont, room: float) -> str:
    line, length = "", rng.randint(1, MAX_WORDS)
    for _ in range(length):
        longer = f"{line} {random_word(rng)}".strip()
        if font.getlength(longer) > room or len(longer) > MAX_CHARACTERS:
            break
        line = longer
    return line


def _place(
    line: str,
    corner: tuple[int, int],
    font: ImageFont.FreeTypeFont,
    ascent: int,
    words: list[Word],
    glyphs: list[Glyph],
) -> None:
    x, y = corner
    edges = [x + font.getlength(line[:end]) for end in range(len(line) + 1)]
    bottom = y + sum(font.getmetrics())
    start = 0
    for text in line.split(" "):
        words.append(Word(text, (edges[start], y, edges[start + len(text)], bottom)))
        end = min(start + len(text) + 1, len(line))  # with the space behind it
        glyphs += [
            Glyph(line[i], (edges[i] + edges[i + 1]) / 2, y + ascent * 0.65, len(words) - 1) for i in range(start, end)
        ]
        start = end


def _scaled(box: Box, across: float, down: float) -> Box:
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT_FOLDER / name, size, layout_engine=ImageFont.Layout.BASIC)


def _colours(rng: random.Random) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """A ground and an ink that can be told apart, a third of them light on dark."""
    while True:
        grey = rng.random() < 0.5
        pair = []
        for low, high in ((150, 255), (0, 110)):
            level = rng.randint(low, high)
            spread = 0 if grey else 45
            pair.append(tuple(min(255, max(0, level + rng.randint(-spread, spread))) for _ in range(3)))
        (light, dark) = pair
        if sum(light) - sum(dark) > 3 * CONTRAST:
            return (dark, light) if rng.random() < 1 / 3 else (light, dark)  # type: ignore[return-value]


CONSONANTS = ("b c d f g h j k l m n p qu r s t v w x y z", "ch sh th st tr pr br cl gr pl ck nd rt ng ss ll nt mp")
VOWELS = ("a e i o u a e i o", "ea ou ie ai ee oo y")


def _syllables(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.choice((1, 1, 2, 2, 2, 3, 3, 4))):
        parts += [rng.choice(" ".join(sounds).split()) for sounds in (CONSONANTS, VOWELS)]
    if rng.random() < 0.5:
        parts.append(rng.choice("bdgklmnprstxyze"))
    return "".join(parts[1 if rng.random() < 0.2 else 0 :])[: rng.randint(3, 11)]


def _cased(rng: random.Random, word: str) -> str:
    kind = rng.random()
    return word.upper() if kind < 0.2 else word.capitalize() if kind < 0.55 else word


def _ending(rng: random.Random) -> str:
    return rng.choice(ENDINGS) if rng.random() < 0.15 else ""


def _number(rng: random.Random) -> str:
    digits = "".join(rng.choice(string.digits) for _ in range(rng.randint(1, 6)))
    kind = rng.random()
    if kind < 0.4:
        return digits
    if kind < 0.6:
        return f"{rng.choice(['', '$', ''])}{rng.randint(0, 999)}{rng.choice('.,')}{rng.randint(0, 99):02}"
    if kind < 0.75:
        mark = rng.choice("./-")
        return f"{rng.randint(1, 31):02}{mark}{rng.randint(1, 12):02}{mark}{rng.randint(1990, 2030)}"
    if kind < 0.85:
        return f"{rng.randint(0, 23)}:{rng.randint(0, 59):02}"
    return f"{rng.choice(('#', 'No.', '+', '(', '-', ''))}{digits}{rng.choice(('%', ')', '', '-A', '/2'))}"
