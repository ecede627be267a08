"""Tells signs by where their ink is: marks above the line, bars and brackets that reach below it, capitals.

A recogniser sees a sign at one size and knows no line on which it stands: it takes quotes for letters, bars for I.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from app.engine.reader.monospaced.cells import GLYPH_HEIGHT, GLYPH_WIDTH, Glyph

FAINT = 0.4
"""Ink that counts, as a share of a cell's darkest."""

SIDES, WIDE_SIDES = GLYPH_WIDTH // 4, 1
"""Columns of a cell at each side that its neighbours may reach, and that they reach at most."""

BELOW = 2
"""Number of rows of a cell by which a bar or a bracket reaches below the line."""

HIGH = 0.55
"""Maximum height above the line of the lower end of a quote, as a fraction of a capital's: where small letters end."""

SMALL = "acemnorsuvxz"
"""Letters without a part above or below the others."""

MIN_CAPITAL, CLEARER = 2, 1
"""Minimum rows of a cell by which capitals are higher than those; by how many nearer to its case a height must be."""

WIDE_TWINS = "uvwxUVWX"
"""Letters whose highest ink is at the sides, and whose two cases have one shape."""

MIN_QUOTE = 2
"""Minimum height of a quote in rows of a cell; a line is lower."""

BRACKETS: Mapping[str, str] = {"I": "|", "l": "|", "1": "|", "L": "["}
"""Letters, and what is taken for them that reaches below the line."""

ON_LINE = "abcdehiklmnorstuvwxzABCDEFGHKLMNPRSTUVXZ"
"""Letters that stand on the line."""

HIGH_MARKS = "\"'`^*°~-=¯‘’“”"
"""Signs that are above the line anyway."""


class Shapes:
    """Where the ink of known cells begins and ends; `rows` [cells], `letters` [cells], `looks` [cells, pixels]."""

    def __init__(
        self, rows: npt.NDArray[np.int_], letters: npt.NDArray[np.str_], looks: npt.NDArray[np.float32]
    ) -> None:
        extents = np.array([_extent(look) for look in looks]).reshape(-1, 2)
        tops, bottoms = extents[:, 0], extents[:, 1]
        heights = bottoms - tops + 1
        self._looks, self._heights = looks, heights
        is_on_line = np.isin(letters, list(ON_LINE))
        is_capital = is_on_line & np.char.isupper(letters) & ~np.isin(letters, list(WIDE_TWINS))
        self._line = float(np.median(bottoms[is_on_line])) if is_on_line.any() else float(GLYPH_HEIGHT)
        self._capital = float(np.median(heights[is_capital])) if is_capital.any() else GLYPH_HEIGHT / 2
        is_small = np.isin(letters, list(SMALL)) & ~np.isin(letters, list(WIDE_TWINS))
        self._small = float(np.median(heights[is_small])) if is_small.any() else 0.0
        # Rows are a pixel up or down.
        self._lines = {
            int(row): float(np.median(bottoms[is_on_line & (rows == row)])) for row in np.unique(rows[is_on_line])
        }

    def in_case(self, letter: str, number: int) -> str:
        """Return a cell's letter in the case that its height tells; empty if that is its own, or not clear."""
        if not self._small or self._capital < self._small + MIN_CAPITAL:
            return ""
        height = self._heights[number]
        if letter in WIDE_TWINS:
            top, bottom = _extent(self._looks[number], WIDE_SIDES)
            height = bottom - top + 1
        own, other = (self._capital, self._small) if letter.isupper() else (self._small, self._capital)
        return letter.swapcase() if abs(height - other) + CLEARER < abs(height - own) else ""

    def sign(self, row: int, letter: str, look: Glyph) -> str:
        """Return the sign that looks like this and was read as `letter`; empty if it is that letter."""
        if letter in BRACKETS and row in self._lines and _extent(look)[1] >= self._lines[row] + BELOW:
            return BRACKETS[letter]
        return "" if letter in HIGH_MARKS else self.quote(row, look)

    def quote(self, row: int, look: Glyph) -> str:
        """Return the quote that looks like this; empty if it is none."""
        top, bottom = _extent(look)
        line = self._lines.get(row, self._line)
        return _quote(look) if top + MIN_QUOTE < bottom <= line - HIGH * self._capital else ""


def _quote(look: Glyph) -> str:
    """Return a quote by the number of its strokes; empty if there are neither one nor two."""
    ink = look.reshape(GLYPH_HEIGHT, GLYPH_WIDTH).max(axis=0) - look.min()
    strokes = np.flatnonzero(np.diff((ink >= FAINT * ink.max()).astype(np.int8), prepend=0) == 1)
    return {1: "'", 2: '"'}.get(len(strokes), "")


def _extent(look: Glyph, sides: int = SIDES) -> tuple[int, int]:
    """Return the uppermost and the lowest row of a cell's ink, apart from its neighbours' ends at the sides."""
    rows = look.reshape(GLYPH_HEIGHT, GLYPH_WIDTH)[:, sides:-sides].max(axis=1) - look.min()
    inked = np.flatnonzero(rows >= FAINT * rows.max())
    return int(inked[0]), int(inked[-1])
