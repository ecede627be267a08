"""Detects pages in a script that the recogniser never learned, and names the script.

From such lines it reads next to nothing, or noise. Only those lines are passed to the network that classifies scripts,
so a page that was read is never taken for another script.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.domain.text.scripts import GREEK, Script
from app.engine.reader.recognise import OcrLine, cut_line
from app.engine.reader.script_of_lines import unreadable_script

READ_SCORE = 0.8
READ_DENSITY = 0.6
"""Minimum letters per line height of a line's length for it to count as read; Latin has about two, Chinese one."""

MIN_SHARE = 0.4
"""Minimum fraction of all lines, by length, that must be unread."""

MAX_LINES = 8
"""Maximum number of unread lines, the longest ones, that are passed to the network."""

SKIPPED_DENSITY, SKIPPED_LENGTH = 0.15, 6.0
"""Maximum letter density, and minimum ratio of length to height, of a skipped line: hardly in a known script."""

SKIPPED_WEIGHT = 0.5
"""Weight of the known scripts' probability for a page of skipped lines."""

GREEK_SHARE, GREEK_LETTERS = 0.08, 4
"""Minimum fraction and number of Greek letters for a page to be Greek.

The recogniser knows Greek letters from formulas, and takes most of those in Greek prose for Latin ones.
"""


def unknown_script(image: Image.Image, lines: Sequence[OcrLine]) -> Script | None:
    """Return the script of most lines of an RGB image if it is the reason why they were not read, else None."""
    letters = [letter for line in lines for letter in line.text if letter.isalpha()]
    greek = sum("\u0370" <= letter <= "\u03ff" for letter in letters)
    if greek >= GREEK_LETTERS and greek >= GREEK_SHARE * len(letters):
        return GREEK
    unread = sorted((line for line in lines if not _is_read(line)), key=_length, reverse=True)
    if sum(map(_length, unread)) < MIN_SHARE * sum(map(_length, lines)):
        return None
    longest = unread[:MAX_LINES]
    weight = SKIPPED_WEIGHT if all(map(_is_skipped, longest)) else 1.0
    return unreadable_script([cut_line(image, line.quad) for line in longest], weight)


def _is_read(line: OcrLine) -> bool:
    return line.score >= READ_SCORE and len(line.text) * _height(line) >= READ_DENSITY * _length(line)


def _is_skipped(line: OcrLine) -> bool:
    length, height = _length(line), _height(line)
    return length >= SKIPPED_LENGTH * height and len(line.text) * height < SKIPPED_DENSITY * length


def _length(line: OcrLine) -> float:
    return max(_sides(line))


def _height(line: OcrLine) -> float:
    return min(_sides(line))


def _sides(line: OcrLine) -> tuple[float, float]:
    return float(np.hypot(*(line.quad[1] - line.quad[0]))), float(np.hypot(*(line.quad[3] - line.quad[0])))
