"""From lines strewn over a page to the order in which a person reads them, and the text they would copy.

Columns come first (each read from top to bottom before the next), then rows (pieces side by side on one line, such as
an item and its price), then pieces from left to right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.engine.reader.recognise import Found

MIN_COLUMN_ROWS = 4
MIN_COLUMN_LETTERS = 14
MAX_CROSSING = 0.25
"""A gutter parts two columns of prose when few lines cross it and the typical line on both sides is long."""

OVERHANG = 0.4
"""How far a line's box may stick into a gutter, in shares of its height."""

MAX_PIECES = 1.5
"""Pieces in a row of prose on average: more than one where a line was found in parts."""

STEPS = 120
"""How many places across the text are tried as a gutter."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line with its hull on the page after the page's tilt has been taken out."""

    found: Found
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def crosses(self, x: float) -> bool:
        """Whether it is on both sides of `x` by more than its box is generous."""
        return self.left + OVERHANG * self.height < x < self.right - OVERHANG * self.height

    def is_left_of(self, x: float) -> bool:
        return not self.crosses(x) and self.left + self.right < 2 * x

    def is_right_of(self, x: float) -> bool:
        return not self.crosses(x) and self.left + self.right >= 2 * x


def order_rows(lines: Sequence[Found]) -> list[list[Found]]:
    """The lines in reading order, grouped into rows."""
    pieces = _straightened(lines)
    return [[piece.found for piece in row] for row in _read(pieces)]


def text_of(rows: Sequence[Sequence[Found]]) -> str:
    """One line of text for each row, the pieces of a row two spaces apart."""
    return "\n".join("  ".join(piece.text for piece in row) for row in rows)


def _straightened(lines: Sequence[Found]) -> list[_Piece]:
    tilt = _tilt(lines)
    cos, sin = np.cos(-tilt), np.sin(-tilt)
    pieces = []
    for line in lines:
        x = line.quad[:, 0] * cos - line.quad[:, 1] * sin
        y = line.quad[:, 0] * sin + line.quad[:, 1] * cos
        pieces.append(_Piece(line, float(x.min()), float(y.min()), float(x.max()), float(y.max())))
    return pieces


def _tilt(lines: Sequence[Found]) -> float:
    """The page's angle in radians: the median over lines that are long enough to have one."""
    angles = []
    for line in lines:
        run = line.quad[1] - line.quad[0]
        side = line.quad[3] - line.quad[0]
        if np.hypot(*run) > 3 * np.hypot(*side):
            angles.append(float(np.arctan2(run[1], run[0])))
    return float(np.median(angles)) if angles else 0.0


def _read(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    gutter = _find_gutter(pieces)
    if gutter is None:
        return _rows(pieces)
    crossing = sorted((piece for piece in pieces if piece.crosses(gutter)), key=lambda piece: piece.top)
    rest = [piece for piece in pieces if not piece.crosses(gutter)]
    rows: list[list[_Piece]] = []
    # What crosses the gutter, a headline say, parts the page: above it both columns are read before it.
    for piece in crossing:
        middle = (piece.top + piece.bottom) / 2
        above = [other for other in rest if (other.top + other.bottom) / 2 < middle]
        rest = [other for other in rest if (other.top + other.bottom) / 2 >= middle]
        rows += _read_columns(above, gutter)
        rows.append([piece])
    return rows + _read_columns(rest, gutter)


def _read_columns(pieces: Sequence[_Piece], gutter: float) -> list[list[_Piece]]:
    left = [piece for piece in pieces if piece.is_left_of(gutter)]
    right = [piece for piece in pieces if piece.is_right_of(gutter)]
    return [row for column in (left, right) if column for row in _read(column)]


def _find_gutter(pieces: Sequence[_Piece]) -> float | None:
    """The x between two columns of prose that the fewest lines cross; None where there are no two columns."""
    if len(pieces) < 2 * MIN_COLUMN_ROWS:
        return None
    left = np.array([piece.left + OVERHANG * piece.height for piece in pieces])
    right = np.array([piece.right - OVERHANG * piece.height for piece in pieces])
    places = np.linspace(left.min(), right.max(), STEPS + 2)[1:-1]
    crossing = ((left[None, :] < places[:, None]) & (right[None, :] > places[:, None])).sum(axis=1)
    # The middle of the widest run of equally good places is the middle of the gutter.
    for count in sorted(set(crossing.tolist())):
        if count > MAX_CROSSING * len(pieces):
            return None
        good = [float(x) for run in _runs(crossing == count) for x in [places[run[len(run) // 2]]]]
        for gutter in good:
            sides = [[p for p in pieces if p.is_left_of(gutter)], [p for p in pieces if p.is_right_of(gutter)]]
            if all(_is_prose(side) for side in sides):
                return gutter
    return None


def _runs(mask: "np.typing.NDArray[np.bool_]") -> list[list[int]]:
    """Runs of consecutive true indices, the longest first."""
    runs: list[list[int]] = []
    for index in np.flatnonzero(mask).tolist():
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return sorted(runs, key=len, reverse=True)


def _is_prose(pieces: Sequence[_Piece]) -> bool:
    if len(pieces) < MIN_COLUMN_ROWS:
        return False
    rows = _rows(pieces)
    letters = [sum(len(piece.found.text) for piece in row) for row in rows]
    # A table has several pieces in most rows, and is read across.
    is_table = len(pieces) > MAX_PIECES * len(rows)
    return len(rows) >= MIN_COLUMN_ROWS and not is_table and float(np.median(letters)) >= MIN_COLUMN_LETTERS


def _rows(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces grouped by height on the page: each joins the row above it where they overlap by half or more."""
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.top + piece.bottom) / 2):
        if rows and _shares_row(rows[-1], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _shares_row(row: Sequence[_Piece], piece: _Piece) -> bool:
    top = float(np.median([other.top for other in row]))
    bottom = float(np.median([other.bottom for other in row]))
    overlap = min(bottom, piece.bottom) - max(top, piece.top)
    if overlap < 0.5 * min(bottom - top, piece.height):
        return False
    # Two pieces above one another that overlap because their boxes are generous are two rows.
    return all(min(other.right, piece.right) - max(other.left, piece.left) < 0.5 * piece.height for other in row)
