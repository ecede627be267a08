"""Pages that are written from right to left."""

import numpy as np

from app.engine.reader.reading_order import order_rows
from app.engine.reader.recognise import OcrLine
from app.engine.reader.right_to_left import order_rows_from_right


def line(text: str, left: float, top: float, width: float = 300) -> OcrLine:
    right, bottom = left + width, top + 20
    return OcrLine(text, np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64), 1.0)


def test_a_row_is_read_from_its_right_end() -> None:
    first, second = line("השם", 600, 10, 90), line("12.50", 20, 12, 90)
    (row,) = order_rows_from_right([second, first], order_rows, 800)
    assert row == [first, second]


def test_the_right_column_comes_first() -> None:
    right = [line("עמודה ימנית של טקסט", 450, 10 + 30 * number) for number in range(6)]
    left = [line("עמודה שמאלית של טקסט", 50, 12 + 30 * number) for number in range(6)]
    both = [each for pair in zip(left, right, strict=True) for each in pair]
    rows = order_rows_from_right(both, order_rows, 800)
    assert [row[0].quad[0].tolist() for row in rows] == [each.quad[0].tolist() for each in (*right, *left)]
