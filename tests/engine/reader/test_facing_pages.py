"""Facing pages of an open book: the order of their lines, from boxes that no recogniser had a hand in."""

import pytest

from app.engine.reader.reading_order import order_rows, text_of
from app.engine.reader.recognise import OcrLine
from app.engine.reader.right_to_left import order_rows_from_right
from tests.engine.reader.test_reading_order import line

LEFT, RIGHT, WIDTH, STEP = 0, 600, 540, 30
"""Left sides and width of both pages, and distance of lines, in pixels."""


def spread(*numbers: OcrLine) -> list[OcrLine]:
    """Two pages: a table of short cells on each, a heading and a text on the left one, and these numbers."""
    lines = list(numbers)
    for page, left in (("l", LEFT), ("r", RIGHT)):
        for row in range(6):
            lines += [line(f"{page}{row}{column}", left + 180 * column, 60 + STEP * row, 80) for column in range(3)]
        lines += [line(f"{page} text of the page, line {row}", left, 300 + STEP * row, WIDTH) for row in range(2)]
    return lines


def pages_read(lines: list[OcrLine]) -> str:
    """Return the page of each line that was read, as "l" and "r"."""
    rows = text_of(order_rows(lines)).splitlines()
    return "".join("both" if "l" in row and "  r" in row else row[0] for row in rows if not row[:1].isdigit())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (line("22", LEFT, 10, 30), line("23", RIGHT + WIDTH - 30, 14, 30)),
        (line("22", LEFT + 255, 400, 30), line("23", RIGHT + 255, 400, 30)),
    ],
)
def test_the_left_page_is_read_before_the_right_one(first: OcrLine, second: OcrLine) -> None:
    assert pages_read(spread(first, second)) == "l" * 8 + "r" * 8


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (line("22", LEFT, 10, 30), line("24", RIGHT + WIDTH - 30, 10, 30)),  # No consecutive numbers.
        (line("23", LEFT, 10, 30), line("24", RIGHT + WIDTH - 30, 10, 30)),  # Both sides of a leaf.
        (line("22", LEFT, 10, 30), line("23", RIGHT + WIDTH - 30, 400, 30)),  # Not at one height.
        (line("22", LEFT + 180, 10, 30), line("23", RIGHT + 180, 10, 30)),  # Heads of columns.
        (line("22", LEFT, 240, 30), line("23", RIGHT + WIDTH - 30, 240, 30)),  # Within the page.
    ],
)
def test_other_numbers_part_no_pages(first: OcrLine, second: OcrLine) -> None:
    assert pages_read(spread(first, second)).startswith("both" * 6)


def test_a_page_whose_lines_run_over_the_middle_is_one() -> None:
    numbers = line("22", LEFT, 10, 30), line("23", RIGHT + WIDTH - 30, 10, 30)
    over = [line(f"over both sides {row}", 200, 260 + 20 * row, 700, 18) for row in range(2)]
    assert pages_read([*spread(*numbers), *over]).startswith("both" * 6)


def test_pages_that_are_written_to_the_left_begin_with_the_right_one() -> None:
    lines = spread(line("٢٣", LEFT, 10, 30), line("٢٢", RIGHT + WIDTH - 30, 10, 30))
    rows = order_rows_from_right(lines, order_rows, RIGHT + WIDTH)
    assert [row[0].text[0] for row in rows] == ["٢", *"r" * 8, "٢", *"l" * 8]


def test_noise_around_the_pages_of_a_photograph_hides_nothing() -> None:
    numbers = line("22", LEFT, 10, 30), line("23", RIGHT + WIDTH - 30, 10, 30)
    more = [
        line(f"{page} more of the page {row}", left, 360 + STEP * row, 500)
        for row in range(20)
        for page, left in (("l", LEFT), ("r", RIGHT))
    ]
    noise = line("1", RIGHT + WIDTH + 250, 0, 20, 9)
    assert pages_read([*spread(*numbers), *more, noise]) == "l" * 28 + "r" * 28


def test_the_last_row_of_a_table_has_no_page_numbers() -> None:
    rows = [
        line(text, left, 60 + 22 * row, 60)
        for row in range(10)
        for text, left in (("4", LEFT), (f"l{row}", LEFT + 300), (f"r{row}", RIGHT + 200), ("5", RIGHT + WIDTH - 60))
    ]
    assert texts_of_rows(rows) == ["4"] * 10


def texts_of_rows(lines: list[OcrLine]) -> list[str]:
    return [row[0].text for row in order_rows(lines)]
