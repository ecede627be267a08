"""Reads cells by how others look: in a screenshot the same letter is drawn the same way hundreds of times.

Measured on drawn editors and terminals of 12 to 32 pixels: of 4,200 letters 99.6 % look most like another one of the
same name, with a correlation of at least 0.88 for 99 % of them, while unlike letters stay below 0.88.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from app.engine.reader.monospaced.cells import Glyph
from app.engine.reader.monospaced.shapes import Shapes

MIN_LIKENESS = 0.88
"""Minimum correlation of a cell with one of known letter from which it takes it."""

MIN_SAME = 0.965
"""Minimum correlation of cells that surely show the same letter."""

MIN_VOTES, MAJORITY = 3, 4
"""Minimum number of cells that look the same but were read otherwise; how many there must be for each that agrees."""

NEIGHBOURS = 5
"""Number of the most similar cells that vote."""

MAX_UNLIKE = 0.9
"""Correlation with all others of its letter below which a cell may show another one."""

SURE, MARGIN = 0.95, 0.05
"""Minimum correlation with a cell of another letter for that to be shown; by how much it exceeds those of its own."""

ALMOST_SAME, IDENTICAL, IDENTICAL_MARGIN = 0.97, 0.985, 0.012
"""Minimum correlations of cells that hardly differ, and that do not; by how much the latter exceeds that of others."""

CASE_TWINS = "cosuvwxzCOSUVWXZ"
"""Letters whose two cases have one shape."""

LOOKALIKES = ("1lI", "0Oo")
"""Figures and letters that are taken for one another; which is which tell those among figures, or among letters."""

CHUNK = 500
"""Number of cells that are compared with all others at a time; it bounds memory."""

Cell = tuple[int, int]
"""Row and column."""


class Glyphs:
    """The cells of a block whose letters are known."""

    def __init__(self, known: Mapping[Cell, str], looks: Mapping[Cell, Glyph]) -> None:
        self._cells = list(known)
        self._looks = np.array([looks[cell] for cell in self._cells]).reshape(len(known), -1)
        rows = np.array([row for row, _ in self._cells], np.int_)
        self._shapes = Shapes(rows, np.array(list(known.values()), np.str_), self._looks)
        signs = [self._shapes.sign(cell[0], known[cell], looks[cell]) or known[cell] for cell in self._cells]
        self._read = known
        self._known = dict(zip(self._cells, signs, strict=True))
        self._letters = np.array(signs, np.str_)
        self._count = Counter(signs)
        self._is_trusted = np.array([self._is_among_its_kind(cell) for cell in self._cells], np.bool_)

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
            if self._is_trusted[number] and any(own in group for group in LOOKALIKES):
                letter = own  # A figure among figures stays one, however much it looks like a letter.
            else:
                letter = self._lookalike(number, own, likeness) or self._voted(own, likeness)
                letter = letter or self._outvoted(own, likeness) or self._twin(number, own) or own
            if letter != self._read[self._cells[number]]:
                changed[self._cells[number]] = letter
        return changed

    def read(self, row: int, look: Glyph) -> str:
        """Return the letter of a cell of this row that looks like this; empty if it is like none."""
        if not len(self._cells):
            return ""
        likeness = self._looks @ look
        nearest = np.argsort(-likeness)[:NEIGHBOURS]
        votes: Counter[str] = Counter()
        for number in nearest[likeness[nearest] >= MIN_LIKENESS]:
            votes[str(self._letters[number])] += 1
        return votes.most_common(1)[0][0] if votes else self._shapes.quote(row, look)

    def _likenesses(self) -> Iterator[tuple[int, Glyph]]:
        """Yield each cell's number with its correlations with all cells, -1 with itself."""
        for first in range(0, len(self._cells), CHUNK):
            chunk = self._looks[first : first + CHUNK] @ self._looks.T
            for number, likeness in enumerate(chunk, first):
                likeness[number] = -1.0
                yield number, likeness

    def _lookalike(self, number: int, own: str, likeness: npt.NDArray[np.float32]) -> str:
        """Return the letter or figure that a cell shows, by others of which it is certain; empty if there are none."""
        group = next((group for group in LOOKALIKES if own in group), "")
        if not group or self._is_trusted[number]:
            return ""
        alike = np.where(np.isin(self._letters, list(group)) & self._is_trusted, likeness, -1.0)
        nearest = int(alike.argmax())
        beside = "".join(self._beside(self._cells[number]))
        # A round letter beside a capital is one, unless it looks just like a nought among figures.
        is_capital = own == "0" and beside.isalpha() and any(letter.isupper() for letter in beside)
        if alike[nearest] >= (ALMOST_SAME if is_capital else MAX_UNLIKE):
            return str(self._letters[nearest])
        return "O" if is_capital else ""

    def _is_among_its_kind(self, cell: Cell) -> bool:
        beside = "".join(letter for letter in self._beside(cell) if letter.isalnum())
        return beside.isdigit() if self._known[cell].isdigit() else beside.isalpha()

    def _beside(self, cell: Cell) -> list[str]:
        row, column = cell
        return [self._known[row, other] for other in (column - 1, column + 1) if (row, other) in self._known]

    def _voted(self, own: str, likeness: npt.NDArray[np.float32]) -> str:
        same = Counter(self._letters[likeness >= MIN_SAME].tolist())
        if not same:
            return ""
        letter, count = same.most_common(1)[0]
        return letter if letter != own and count >= max(MIN_VOTES, MAJORITY * same[own]) else ""

    def _outvoted(self, own: str, likeness: npt.NDArray[np.float32]) -> str:
        """Return the letter of a cell that looks just like one of another and like none of its own letter."""
        nearest = float(likeness.max())
        best = float(likeness[self._letters == own].max())
        is_other = nearest >= SURE and best < nearest - MARGIN and self._count[own] > 1
        # The only one of its kind, or some that were read wrongly alike: drawn the same to the pixel as another letter.
        is_other |= nearest >= IDENTICAL and best < nearest - IDENTICAL_MARGIN
        return str(self._letters[int(likeness.argmax())]) if is_other else ""

    def _twin(self, number: int, own: str) -> str:
        """Return a letter's other case if it is as high as that: their shapes are the same."""
        if own not in CASE_TWINS:
            return ""
        return self._shapes.in_case(own, number)
