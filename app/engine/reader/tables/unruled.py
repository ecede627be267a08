"""Tables without lines: rows whose pieces stand below one another, with gaps that run through all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from unicodedata import east_asian_width

from app.domain.tables import Cell, Table
from app.engine.reader.tables.pieces import Piece, Tilt, cut_at, joined, rows_of

LEAST_ROWS = 3
LEAST_GAP = 0.35
"""Between columns, in heights of a line: as wide as a space, since boxes around text are wider than the text."""
MOST_DISTANCE = 3.2
"""Between the middles of rows of one table, in heights of a line, where the rows before were no further apart."""
FULL = 0.6
"""Of the rows that have text in several columns."""
PROSE_LETTERS = 22
"""Letters of a typical piece, wide ones counted twice: prose where all columns have so many."""
PROSE_WORDS, PROSE_WIDTH = 3, 0.75
"""Words of a typical piece, and its share of the column's width: prose, too, in narrow columns or wide letters."""
LABELS = 0.6
"""Of two columns' rows whose first one ends with a colon: a form, and no table."""
CLOSER = 0.75
"""Of the typical distance between rows: what lies closer and begins no row goes on with the one above."""

Band = tuple[float, float]


@dataclass(slots=True)
class _Run:
    """Rows that share their columns so far."""

    rows: list[list[Piece]] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)


def unruled_tables(pieces: Sequence[Piece], tilt: Tilt) -> list[Table]:
    """Tables among pieces that are in no ruled one, from top to bottom."""
    if len(pieces) < 2 * LEAST_ROWS:
        return []
    height = median(piece.height for piece in pieces)
    tables = []
    run = _Run()
    for row in [*rows_of(pieces), []]:
        bands = _bands([*run.rows, row], height) if row else []
        if row and _goes_on(run, row, bands, height):
            run.rows.append(row)
            run.bands = bands
            continue
        if table := _table(run, tilt):
            tables.append(table)
        run = _Run([row], _bands([row], height)) if len(row) > 1 else _Run()
    return tables


def _goes_on(run: _Run, row: Sequence[Piece], bands: Sequence[Band], height: float) -> bool:
    """Whether a row belongs to the table that the rows before it may be."""
    if not run.rows:
        return len(row) > 1
    distance = _middle(row) - _middle(run.rows[-1])
    if distance > MOST_DISTANCE * height:
        steps = [_middle(below) - _middle(above) for above, below in zip(run.rows, run.rows[1:], strict=False)]
        if not steps or distance > 1.25 * max(steps):
            return False
    # A row must not close a gap between columns, unless nearly nothing has stood there before.
    return len(bands) >= max(2, len(run.bands))


def _bands(rows: Sequence[Sequence[Piece]], height: float) -> list[Band]:
    """The columns: what is covered by any piece, from left to right, parted by gaps."""
    bands: list[Band] = []
    for piece in sorted((piece for row in rows for piece in row), key=lambda piece: piece.left):
        if bands and piece.left - bands[-1][1] < LEAST_GAP * height:
            bands[-1] = (bands[-1][0], max(bands[-1][1], piece.right))
        else:
            bands.append((piece.left, piece.right))
    return bands


def _table(run: _Run, tilt: Tilt) -> Table | None:
    rows, bands = run.rows, run.bands
    if len(rows) < LEAST_ROWS or len(bands) < 2:
        return None
    places = [{_band(piece, bands) for piece in row} for row in rows]
    if sum(len(columns) > 1 for columns in places) < FULL * len(rows):
        return None
    if _is_prose(rows, bands) or (len(bands) == 2 and _is_form(rows)):
        return None
    merged = _merged(rows, bands)
    if len(merged) < LEAST_ROWS:
        return None
    return _filled(merged, bands, tilt)


def _merged(rows: Sequence[Sequence[Piece]], bands: Sequence[Band]) -> list[list[Piece]]:
    """Rows without a first column that lie close below another one belong to its cells."""
    distances = [_middle(below) - _middle(above) for above, below in pairwise(rows)]
    usual = median(distances)
    merged = [list(rows[0])]
    for row, distance in zip(rows[1:], distances, strict=True):
        begins = _band(row[0], bands) == 0
        if (not begins or len(row) == 1) and distance < CLOSER * usual:
            merged[-1] += row
        else:
            merged.append(list(row))
    return merged


def _filled(rows: Sequence[Sequence[Piece]], bands: Sequence[Band], tilt: Tilt) -> Table:
    edges = [(left[1] + right[0]) / 2 for left, right in pairwise(bands)]
    sides = [bands[0][0], *edges, bands[-1][1]]
    tops = [min(piece.top for piece in row) for row in rows]
    bottoms = [max(piece.bottom for piece in row) for row in rows]
    levels = [tops[0], *((up + low) / 2 for up, low in zip(bottoms, tops[1:], strict=False)), bottoms[-1]]
    cells = []
    for number, row in enumerate(rows):
        parts = [part for piece in row for part in cut_at(piece, edges)]
        for column in range(len(bands)):
            text = joined([part for part in parts if _band(part, bands) == column])
            if text:
                box = tilt.box(sides[column], levels[number], sides[column + 1], levels[number + 1])
                cells.append(Cell(number, column, text, box))
    whole = tilt.box(sides[0], levels[0], sides[-1], levels[-1])
    return Table(len(rows), len(bands), tuple(cells), whole, is_ruled=False)


def _band(piece: Piece, bands: Sequence[Band]) -> int:
    middle = (piece.left + piece.right) / 2
    return min(range(len(bands)), key=lambda number: max(bands[number][0] - middle, middle - bands[number][1]))


def _is_prose(rows: Sequence[Sequence[Piece]], bands: Sequence[Band]) -> bool:
    columns = [
        [[piece for piece in row if _band(piece, bands) == number] for row in rows] for number in range(len(bands))
    ]
    return all(_is_prose_column([parts for parts in column if parts], bands[n]) for n, column in enumerate(columns))


def _is_prose_column(parts: Sequence[Sequence[Piece]], band: Band) -> bool:
    """Of each row the pieces that stand in the column."""
    texts = [joined(pieces) for pieces in parts]
    if median(map(_letters, texts)) >= PROSE_LETTERS:
        return True
    width = median(pieces[-1].right - pieces[0].left for pieces in parts)
    words = median(len(text.split()) for text in texts)
    return words >= PROSE_WORDS and width >= PROSE_WIDTH * (band[1] - band[0])


def _letters(text: str) -> int:
    return sum(2 if east_asian_width(letter) in {"W", "F"} else 1 for letter in text)


def _is_form(rows: Sequence[Sequence[Piece]]) -> bool:
    labels = sum(row[0].text.endswith((":", "：")) for row in rows)
    return labels >= LABELS * len(rows)


def _middle(row: Sequence[Piece]) -> float:
    return median(piece.middle for piece in row)
