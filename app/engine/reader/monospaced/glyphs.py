"""Reads cells by how others look: in a screenshot the same letter is drawn the same way hundreds of times.

Measured on drawn editors and terminals of 12 to 32 pixels: of 4,200 letters 99.6 % look most like another one of the
same name, with a correlation of at least 0.88 for 99 % of them, while unlike letters stay below 0.88.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from app.engine.reader.monospaced.cells import GLYPH_HEIGHT, GLYPH_WIDTH, Glyph

MIN_LIKENESS = 0.88
"""Minimum correlation of a cell with one of known letter from which it takes it."""

MIN_SAME = 0.93
"""Minimum correlation of cells that surely show the same letter."""

MIN_VOTES, MAJORITY = 3, 4
"""Minimum number of cells that look the same but were read otherwise; how many there must be for each that agrees."""

NEIGHBOURS = 5
"""Number of the most similar cells that vote."""

MIN_OWN = 3
"""Minimum number of other cells with a letter from which it is known how it looks."""

TALLER, FAINT = 1.2, 0.4
"""Minimum ratio of a capital's height to that of its small letter; ink that counts, as a share of the darkest."""

MAX_UNLIKE = 0.9
"""Correlation with all others of its letter below which a cell may show another one."""

BAR_TWINS, BELOW = "Il1", 2
"""Letters that a vertical bar is taken for, and by how many rows of a cell it reaches below their line."""

ON_LINE = "abcdehiklmnorstuvwxzABCDEFGHKLMNPRSTUVXZ"
"""Letters that stand on the line."""

CASE_TWINS = "cosuvwxzCOSUVWXZ"
"""Letters whose two cases have one shape."""

CHUNK = 500
"""Number of cells that are compared with all others at a time; it bounds memory."""

Cell = tuple[int, int]
"""Row and column."""


class Glyphs:
    """The cells of a block whose letters are known."""

    def __init__(self, known: Mapping[Cell, str], looks: Mapping[Cell, Glyph]) -> None:
        self._cells = list(known)
        self._letters = np.array([known[cell] for cell in self._cells])
        self._looks = np.array([looks[cell] for cell in self._cells])
        extents = np.array([_extent(look) for look in self._looks]).reshape(-1, 2)
        self._bottoms, self._heights = extents[:, 1], extents[:, 1] - extents[:, 0] + 1
        self._is_on_line = np.isin(self._letters, list(ON_LINE))
        self._count = Counter(known.values())

    def agreement(self) -> tuple[float, float]:
        """Return the median correlation of cells with the most similar other one, and how many of these agree.

        The latter is the share with the same letter, among letters that are there twice.
        """
        best: list[float] = []
        agrees: list[bool] = []
        for number, likeness in self._likenesses():
            nearest = int(likeness.argmax())
            best.append(float(likeness[nearest]))
            if self._count[str(self._letters[number])] > 1:
                agrees.append(bool(self._letters[nearest] == self._letters[number]))
        return (float(np.median(best)), sum(agrees) / len(agrees)) if agrees else (0.0, 0.0)

    def corrected(self) -> dict[Cell, str]:
        """Return other letters for the cells that look like others which were read otherwise."""
        changed = {}
        for number, likeness in self._likenesses():
            own = str(self._letters[number])
            letter = self._voted(likeness, own) or self._twin(number, own, likeness) or self._bar(number)
            if letter:
                changed[self._cells[number]] = letter
        return changed

    def read(self, look: Glyph) -> str:
        """Return the letter of a cell that looks like this; empty if it is like none."""
        if not len(self._cells):
            return ""
        likeness = self._looks @ look
        nearest = np.argsort(-likeness)[:NEIGHBOURS]
        votes: Counter[str] = Counter()
        for number in nearest[likeness[nearest] >= MIN_LIKENESS]:
            votes[str(self._letters[number])] += 1
        return votes.most_common(1)[0][0] if votes else ""

    def _likenesses(self) -> Iterator[tuple[int, Glyph]]:
        """Yield each cell's number with its correlations with all cells, -1 with itself."""
        for first in range(0, len(self._cells), CHUNK):
            chunk = self._looks[first : first + CHUNK] @ self._looks.T
            for number, likeness in enumerate(chunk, first):
                likeness[number] = -1.0
                yield number, likeness

    def _voted(self, likeness: npt.NDArray[np.float32], own: str) -> str:
        same = Counter(self._letters[likeness >= MIN_SAME].tolist())
        if not same:
            return ""
        letter, count = same.most_common(1)[0]
        return letter if letter != own and count >= max(MIN_VOTES, MAJORITY * same[own]) else ""

    def _twin(self, number: int, own: str, likeness: npt.NDArray[np.float32]) -> str:
        """Return a letter's other case if it is as high as that, unlike the others of its own: shapes are the same."""
        if own not in CASE_TWINS or self._count[own] <= MIN_OWN:
            return ""
        if float(likeness[self._letters == own].max()) >= MAX_UNLIKE:
            return ""
        usual = float(np.median(self._heights[self._letters == own]))
        height = self._heights[number]
        is_other = height >= TALLER * usual if own.islower() else height * TALLER <= usual
        return own.swapcase() if is_other else ""

    def _bar(self, number: int) -> str:
        """Return a bar if a letter that looks like one reaches below the line on which letters stand."""
        if self._letters[number] not in BAR_TWINS or not self._is_on_line.any():
            return ""
        line = float(np.median(self._bottoms[self._is_on_line]))
        return "|" if self._bottoms[number] >= line + BELOW else ""


def _extent(look: Glyph) -> tuple[int, int]:
    """Return the uppermost and the lowest row of a cell's ink, apart from its neighbours' ends at the sides."""
    sides = GLYPH_WIDTH // 4
    rows = look.reshape(GLYPH_HEIGHT, GLYPH_WIDTH)[:, sides:-sides].max(axis=1) - look.min()
    inked = np.flatnonzero(rows >= FAINT * rows.max())
    return int(inked[0]), int(inked[-1])
