"""Columns of prose within frames and rules are no table, unless the layout model knows one there."""

import pytest

from app.domain.documents.blocks import Area, BlockKind
from app.domain.documents.tables import Cell, Table
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.engine.reader.tables.prose import ProseTest

ROWS, STEP, WIDTH = 12, 24, 300
PAGE = Box(0, 0, 1400, ROWS * STEP)


def lines(columns: int, text: str) -> list[TextLine]:
    found = []
    for column in range(columns):
        for row in range(ROWS):
            left, top = column * (WIDTH + 40), row * STEP
            corners = (Point(left, top), Point(left + WIDTH, top), Point(left + WIDTH, top + 20), Point(left, top + 20))
            found.append(TextLine.between(text, corners, 0.9))
    return found


def table(rows: int, columns: int) -> Table:
    cells = tuple(Cell(row, column, "text", PAGE) for row in range(rows) for column in range(columns))
    return Table(rows, columns, cells, PAGE, is_ruled=True)


PROSE = lines(3, "and the boats lay along the pier")


@pytest.mark.parametrize(
    ("rows", "columns", "text"),
    [
        (ROWS, 3, PROSE),
        (ROWS, 2, lines(2, "and the boats lay along the pier")),
        (ROWS, 8, PROSE),
        (3, 2, PROSE),
        (ROWS, 9, lines(3, "17 Mar")),
    ],
    ids=["its columns", "two columns", "cut through", "whole columns", "lines cut through"],
)
def test_prose_is_no_table(rows: int, columns: int, text: list[TextLine]) -> None:
    found = table(rows, columns)
    assert ProseTest(text, None).is_prose(found)
    known = [Area(BlockKind.TABLE, PAGE, 0.9)]
    assert not ProseTest(text, lambda: known).is_prose(found)


def test_short_cells_and_two_columns_of_long_ones_are_tables() -> None:
    for found, text in (
        (table(ROWS, 3), lines(3, "17 Mar")),
        (table(4, 2), lines(2, "what was asked of all of them")),
    ):
        assert not ProseTest(text, None).is_prose(found)
    assert not ProseTest([], None).is_prose(table(2, 2))


def test_what_the_layout_model_takes_for_paragraphs_is_no_table() -> None:
    found, text = table(ROWS, 3), lines(3, "17 Mar")
    half = [Area(BlockKind.PARAGRAPH, Box(0, 0, 680, ROWS * STEP), 0.9)]
    assert ProseTest(text, lambda: half).is_prose(found)
    label = [Area(BlockKind.PARAGRAPH, Box(0, 0, 1400, 2 * STEP), 0.9)]
    assert not ProseTest(text, lambda: label).is_prose(found)


def test_few_texts_are_no_table_unless_the_model_knows_one() -> None:
    found, text = table(2, 2), lines(2, "17 Mar")
    assert ProseTest(text, list).is_prose(found)
    assert not ProseTest(text, lambda: [Area(BlockKind.TABLE, PAGE, 0.9)]).is_prose(found)
    assert not ProseTest(text, None).is_prose(found)


def words_in(text: str, top: float, letter: float = 10.0, space: float = 6.0) -> TextLine:
    """Return a line with its words, whose letters are so wide, and so far apart."""
    words, left = [], 0.0
    for word in text.split():
        words.append(Word(word, Box(left, top, left + letter * len(word), top + 20), 0.9))
        left += letter * len(word) + space
    right = words[-1].box.right
    corners = (Point(0, top), Point(right, top), Point(right, top + 20), Point(0, top + 20))
    return TextLine.between(text, corners, 0.9, tuple(words))


@pytest.mark.parametrize(
    ("text", "space", "is_prose"),
    [
        ("lungo le rive del Nilo", 6.0, True),
        ("lungo le rive del Nilo", 30.0, False),  # Columns.
        ("1683 59 2593 41 75", 6.0, False),  # Numbers that were found as one line.
    ],
)
def test_running_text_that_the_borders_of_cells_cut_is_no_table(text: str, space: float, *, is_prose: bool) -> None:
    found = [words_in(text, STEP * row, space=space) for row in range(6)]
    border = found[0].words[2].box.left - space / 2
    sides = ((0.0, border), (border, found[0].box.right))
    cells = tuple(
        Cell(row, column, "text", Box(left, 3 * STEP * row - 2, right, 3 * STEP * (row + 1) - 2))
        for row in range(2)
        for column, (left, right) in enumerate(sides)
    )
    cut = Table(2, 2, cells, Box(0, -2, found[0].box.right, 6 * STEP), is_ruled=True)
    assert ProseTest(found, None).is_prose(cut) is is_prose
