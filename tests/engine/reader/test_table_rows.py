"""The text of a page has its tables row by row, also where their cells are as long as lines of prose."""

from itertools import chain

import numpy as np

from app.domain.documents.tables import Cell, Table
from app.domain.images.geometry import Box
from app.engine.reader.layout.table_rows import by_tables
from app.engine.reader.reading_order import order_rows
from app.engine.reader.recognise import OcrLine

LEFTS, WIDTH, HEIGHT = (40, 420), 340, 30


def cell(text: str, top: float, left: float) -> OcrLine:
    corners = [(left, top), (left + WIDTH, top), (left + WIDTH, top + 20), (left, top + 20)]
    return OcrLine(text, np.array(corners, np.float64), 1.0)


def test_columns_of_long_cells_in_a_table_are_read_row_by_row() -> None:
    rows = [
        [cell(f"number {row} of what was told in column {left}", 60 + row * HEIGHT, left) for left in LEFTS]
        for row in range(8)
    ]
    title = cell("A title above all of it", 10, LEFTS[0])
    found = order_rows([title, *chain.from_iterable(rows)])
    assert [len(row) for row in found] == [1] * 17, "without a table these are two columns of prose"
    box = Box(30, 50, 790, 310)
    cells = tuple(Cell(row, column, "text", box) for row in range(8) for column in range(2))
    table = Table(8, 2, cells, box, is_ruled=True)
    texts = [[line.text for line in row] for row in by_tables(found, [table])]
    assert texts == [[title.text], *([line.text for line in row] for row in rows)]


def test_lines_beside_a_table_stay_where_they_are() -> None:
    beside = cell("beside", 60, 900)
    inside = [cell("a", 60, 40), cell("b", 60, 420)]
    box = Box(30, 50, 790, 90)
    table = Table(1, 2, (Cell(0, 0, "a", box), Cell(0, 1, "b", box)), box, is_ruled=True)
    assert by_tables([inside[1:], [beside], inside[:1]], [table]) == [inside, [beside]]
    assert by_tables([[beside]], [table]) == [[beside]]
    assert by_tables([], [table]) == []
    few = Table(1, 2, (Cell(0, 0, "a b beside", box),), Box(30, 50, 1300, 90), is_ruled=True)
    assert by_tables([[*inside, beside]], [few]) == [[*inside, beside]], "its cells hold several lines"


def test_a_table_that_is_read_row_by_row_stays_even_if_its_box_has_only_a_part_of_the_rows() -> None:
    rows = [
        [cell(f"{name} {row}", 60 + row * HEIGHT, left) for name, left in zip("ab", LEFTS, strict=True)]
        for row in range(3)
    ]
    box = Box(410, 50, 790, 170)
    part = Table(3, 1, tuple(Cell(row, 0, "b", box) for row in range(3)), box, is_ruled=True)
    assert by_tables(rows, [part]) == rows


def test_tables_of_facing_pages_are_read_one_after_the_other() -> None:
    lefts = {"a": (40, 420), "b": (900, 1280)}
    rows = [
        [cell(f"{name}{row}", 60 + row * HEIGHT, left) for name, sides in lefts.items() for left in sides]
        for row in range(3)
    ]
    tables = [
        Table(3, 2, tuple(Cell(row, column, "x", box) for row in range(3) for column in range(2)), box, is_ruled=True)
        for box in (Box(890, 45, 1650, 170), Box(30, 50, 790, 170))
    ]
    texts = [[line.text for line in row] for row in by_tables(rows, tables)]
    assert texts == [[f"{name}{row}"] * 2 for name in lefts for row in range(3)]
