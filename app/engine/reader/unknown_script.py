"""Whether a page is written in a script that the recogniser never learned, and in which.

Of such lines it reads next to nothing, or noise; only those are looked at by the network that tells scripts apart, so
a page that was read is never taken for another script.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.domain.scripts import GREEK, Script
from app.engine.reader.recognise import Found, cut_line
from app.engine.reader.script_of_lines import unreadable_script

READ_SCORE = 0.8
READ_DENSITY = 0.6
"""Letters for each stretch of a line that is as long as it is high; Latin has about two, Chinese one."""

MIN_SHARE = 0.4
"""So much of all lines, by length, has to be unread."""

MOST_LINES = 8
"""So many of the longest unread lines are looked at."""

SKIPPED_DENSITY, SKIPPED_LENGTH = 0.15, 6.0
"""Of a line so many times as long as high next to nothing was read: then it is hardly in a script that is known."""

SKIPPED_WEIGHT = 0.5
"""What the probability of the known scripts counts for a page of such lines."""

GREEK_SHARE, GREEK_LETTERS = 0.08, 4
"""The recogniser knows Greek letters from formulas, and in Greek prose takes most of them for Latin ones."""


def unknown_script(image: Image.Image, lines: Sequence[Found]) -> Script | None:
    """The script of most lines of an RGB image, if that is why they were not read."""
    letters = [letter for line in lines for letter in line.text if letter.isalpha()]
    greek = sum("\u0370" <= letter <= "\u03ff" for letter in letters)
    if greek >= GREEK_LETTERS and greek >= GREEK_SHARE * len(letters):
        return GREEK
    unread = sorted((line for line in lines if not _is_read(line)), key=_length, reverse=True)
    if sum(map(_length, unread)) < MIN_SHARE * sum(map(_length, lines)):
        return None
    longest = unread[:MOST_LINES]
    weight = SKIPPED_WEIGHT if all(map(_is_skipped, longest)) else 1.0
    return unreadable_script([cut_line(image, line.quad) for line in longest], weight)


def _is_read(line: Found) -> bool:
    return line.score >= READ_SCORE and len(line.text) * _height(line) >= READ_DENSITY * _length(line)


def _is_skipped(line: Found) -> bool:
    length, height = _length(line), _height(line)
    return length >= SKIPPED_LENGTH * height and len(line.text) * height < SKIPPED_DENSITY * length


def _length(line: Found) -> float:
    return max(_sides(line))


def _height(line: Found) -> float:
    return min(_sides(line))


def _sides(line: Found) -> tuple[float, float]:
    return float(np.hypot(*(line.quad[1] - line.quad[0]))), float(np.hypot(*(line.quad[3] - line.quad[0])))
