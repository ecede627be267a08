"""Columns of prose within frames and rules are no table, unless the layout model knows one there."""

import pytest

from app.domain.documents.blocks import Area, BlockKind
from app.domain.documents.tables import Cell, Table
from app.domain.images.geometry import Box, Point, TextLine
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
