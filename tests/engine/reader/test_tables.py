"""Tables on pages: where they are, and where there is none."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.tables import Cell, Table
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.tables.rotate_back import rotated_back

SIZE = (640, 480)
ROWS = (("Item", "Pieces", "Price"), ("Apples", "3", "4.50"), ("Rye bread", "1", "3.20"), ("Milk", "12", "9.60"))


def line(text: str, left: float, top: float, height: float = 20) -> TextLine:
    right, bottom = left + 0.55 * height * len(text), top + height
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return TextLine.between(text, corners, 0.9)


def page_of(rows: Sequence[Sequence[str]], *, step: float = 40, widths: float = 150) -> list[TextLine]:
    return [
        line(text, 60 + widths * column, 60 + step * row)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
        if text
    ]


def drawn(*rectangles: tuple[float, float, float, float], size: tuple[int, int] = SIZE) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    for rectangle in rectangles:
        ImageDraw.Draw(picture).rectangle(rectangle, outline="black", width=2)
    return picture


def cells(
    rows: int, columns: int, *, merged: tuple[int, int] | None = None
) -> Sequence[tuple[float, float, float, float]]:
    """Boxes around what `page_of` places; `merged` is a cell that is one with its right neighbour."""
    boxes = []
    for row in range(rows):
        for column in range(columns):
            wide = 2 if (row, column) == merged else 1
            if merged != (row, column - 1):
                left, top = 50 + 150 * column, 50 + 40 * row
                boxes.append((left, top, left + 150 * wide, top + 40))
    return boxes


def test_a_ruled_table_has_the_cells_that_its_lines_close_in() -> None:
    (table,) = find_tables(page_of(ROWS), drawn(*cells(4, 3)))
    assert table.is_ruled
    assert table.grid() == [list(row) for row in ROWS]
    assert table.box.left == pytest.approx(50, abs=3)
    assert table.box.bottom == pytest.approx(210, abs=3)
    first = table.cells[0]
    assert [first.box.right, first.box.bottom] == pytest.approx([200, 90], abs=3)


def test_a_cell_may_span_columns() -> None:
    rows = (("Both together", "", "Price"), *ROWS[1:])
    (table,) = find_tables(page_of(rows), drawn(*cells(4, 3, merged=(0, 0))))
    first = table.cells[0]
    assert (first.text, first.column_span, first.row_span) == ("Both together", 2, 1)
    assert len(table.cells) == 11


def test_a_cell_spans_columns_wherever_its_words_begin() -> None:
    words = tuple(Word(text, Box(left, 60, left + 55, 80), 0.9) for text, left in (("Cost", 155), ("(EUR)", 210)))
    header = TextLine.between("Cost (EUR)", Box(155, 60, 265, 80).corners, 0.9, words)
    lines = [header, line("Price", 360, 60), *page_of((("", "", ""), *ROWS[1:], *ROWS[1:2]))]
    (table,) = find_tables(lines, drawn(*cells(5, 3, merged=(0, 0))))
    assert (table.cells[0].text, table.cells[0].column_span) == ("Cost (EUR)", 2)


def test_a_cell_may_span_rows() -> None:
    boxes = [box for box in cells(3, 3) if box[:2] not in {(50, 90), (50, 130)}]
    rows = (ROWS[0], ("Fruit", "3", "4.50"), ("", "1", "3.20"))
    (table,) = find_tables(page_of(rows), drawn(*boxes, (50, 90, 200, 170)))
    fruit = next(cell for cell in table.cells if cell.text == "Fruit")
    assert (fruit.row, fruit.row_span, fruit.column_span) == (1, 2, 1)


def test_an_empty_cell_stays_empty() -> None:
    rows = (ROWS[0], ("Apples", "", "4.50"), ROWS[2])
    (table,) = find_tables(page_of(rows), drawn(*cells(3, 3)))
    assert table.grid()[1] == ["Apples", "", "4.50"]


def test_a_line_that_reaches_over_several_cells_is_cut_between_words() -> None:
    merged = TextLine.between("Apples 33333", (Point(60, 100), Point(330, 100), Point(330, 120), Point(60, 120)), 0.9)
    lines = [*page_of((ROWS[0],)), merged, line("4.50", 360, 100)]
    (table,) = find_tables(lines, drawn(*cells(2, 3)))
    assert table.grid()[1] == ["Apples", "33333", "4.50"]


def test_several_lines_of_a_cell_are_one_text() -> None:
    boxes = [(50, 50, 300, 130), (300, 50, 450, 130), (50, 130, 300, 210), (300, 130, 450, 210)]
    lines = [line("two", 60, 60), line("lines", 60, 95), line("b", 320, 60), line("c", 60, 150), line("d", 320, 150)]
    (table,) = find_tables(lines, drawn(*boxes))
    assert table.grid() == [["two lines", "b"], ["c", "d"]]


def test_a_tilted_table_is_found_all_the_same() -> None:
    picture = drawn(*cells(4, 3)).rotate(-2, Image.Resampling.BICUBIC, fillcolor="white")
    angle, (middle_x, middle_y) = np.radians(2), (SIZE[0] / 2, SIZE[1] / 2)

    def rotated(corner: Point) -> Point:
        x, y = corner.x - middle_x, corner.y - middle_y
        return Point(middle_x + x * np.cos(angle) - y * np.sin(angle), middle_y + x * np.sin(angle) + y * np.cos(angle))

    lines = []
    for flat in page_of(ROWS):
        first, second, third, fourth = (rotated(corner) for corner in flat.quad)
        lines.append(TextLine.between(flat.text, (first, second, third, fourth), 0.9))
    lines.append(TextLine.between("A longer line", (rotated(Point(60, 300)), rotated(Point(400, 300)), rotated(Point(400, 320)), rotated(Point(60, 320))), 0.9))  # fmt: skip  # noqa: E501
    tables = find_tables(lines, picture)
    assert tables[0].is_ruled
    assert tables[0].grid() == [list(row) for row in ROWS]


@pytest.mark.parametrize("with_picture", [False, True])
def test_without_lines_columns_make_a_table(with_picture: bool) -> None:
    (table,) = find_tables(page_of(ROWS), drawn() if with_picture else None)
    assert not table.is_ruled
    assert table.grid() == [list(row) for row in ROWS]


def test_a_cell_that_goes_on_below_is_one_with_what_stands_above() -> None:
    lines = page_of(ROWS, step=60)
    lines.append(line("and pears", 210, 60 + 60 + 24))
    (table,) = find_tables(lines, None)
    assert table.grid()[1] == ["Apples", "3 and pears", "4.50"]


def test_a_headline_above_is_no_row() -> None:
    lines = [line("An overview of all that was bought in May", 60, 10), *page_of(ROWS)]
    (table,) = find_tables(lines, None)
    assert table.rows == 4


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:2],
        (("One",), ("Two",), ("Three",), ("Four",)),
        (("Name:", "Ada"), ("Town:", "London"), ("Year:", "1815"), ("Work:", "Notes")),
    ],
)
def test_what_is_no_table(rows: Sequence[Sequence[str]]) -> None:
    assert find_tables(page_of(rows), drawn()) == ()


def test_two_columns_of_prose_are_no_table() -> None:
    rows = [("The quick brown fox jumps over", "a lazy dog that sleeps all the")] * 6
    assert find_tables(page_of(rows, widths=450), None) == ()


def test_a_frame_around_a_text_is_no_table() -> None:
    lines = [line("A note in a box", 60, 60), line("of two lines.", 60, 90)]
    assert find_tables(lines, drawn((40, 40, 400, 140))) == ()


def test_a_page_without_text_has_no_table() -> None:
    assert find_tables([], drawn(*cells(4, 3))) == ()


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3)])
def test_odd_pictures_do_no_harm(size: tuple[int, int]) -> None:
    assert find_tables([line("a", 0, 0)], Image.new("RGB", size)) == ()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_tables_are_turned_back_with_their_page(rotation: int) -> None:
    """A mark drawn where a cell is comes to lie where the cell is after turning back."""
    orientation = Image.new("L", (80, 50))
    orientation.paste(255, (10, 20, 30, 45))
    original = orientation.rotate(rotation, expand=True)
    cell = Cell(0, 0, "x", Box(10, 20, 30, 45))
    table = rotated_back(Table(1, 1, (cell,), cell.box, is_ruled=True), rotation, original.size)
    box = table.cells[0].box
    assert (box.left, box.top, box.right, box.bottom) == original.getbbox()
    assert table.box == box


def test_a_printed_table_is_read(tmp_path: Path) -> None:
    picture = drawn(*cells(4, 3), size=(560, 260))
    font = ImageFont.load_default(20)
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            ImageDraw.Draw(picture).text((62 + 150 * column, 58 + 40 * row), text, fill="black", font=font)
    page = read_page(picture, Recogniser(), lambda: None)
    (table,) = page.tables
    assert table.grid() == [list(row) for row in ROWS]


def test_narrow_gaps_part_columns_where_they_run_through_all_rows() -> None:
    rows = [("Tea", "118", "23.05.2025"), ("Milk", "86", "06.12.2025"), ("Bread", "135", "28.01.2025")]
    lines = []
    for number, (name, count, date) in enumerate(rows):
        top, right = 60 + 40 * number, 240
        lines += [line(name, 60, top), line(count, right - 11 * len(count), top), line(date, right + 10, top)]
    (table,) = find_tables(lines, None)
    assert table.grid() == [list(row) for row in rows]


def test_narrow_columns_of_prose_are_no_table() -> None:
    words = ("so it was on a day", "when all of us sat", "by the big old oak", "and no one had any")
    assert find_tables(page_of([(text, text) for text in words], widths=250), None) == ()


def test_columns_of_chinese_prose_are_no_table() -> None:
    texts = ("今天天气很好我们去公园散步", "孩子们在草地上跑来跑去玩耍", "老人坐在树下安静地读着报纸")
    lines = []
    for row, text in enumerate(texts):
        for left in (40, 360):
            corners = [
                (left, 60 + 40 * row),
                (left + 260, 60 + 40 * row),
                (left + 260, 80 + 40 * row),
                (left, 80 + 40 * row),
            ]
            first, second, third, fourth = (Point(x, y) for x, y in corners)
            lines.append(TextLine.between(text, (first, second, third, fourth), 0.9))
    assert find_tables(lines, None) == ()


def test_a_picture_whose_lines_close_in_little_text_is_no_table() -> None:
    lines = [line("New", 60, 60), line("Sale", 60, 180), line("Only 5.80", 60, 220), line("10.00", 210, 180)]
    boxes = [(50, 50, 500, 90), (50, 90, 500, 130), (50, 130, 500, 170), (50, 210, 500, 250)]
    boxes += [
        (50, 170, 200, 210),
        (200, 170, 300, 210),
        (300, 170, 400, 210),
        (400, 170, 450, 210),
        (450, 170, 500, 210),
    ]
    assert find_tables(lines, drawn(*boxes)) == ()
