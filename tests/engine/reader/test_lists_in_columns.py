"""Short items in columns: a list if their order runs down each column and on in the next, and rows of cells if not."""

from collections.abc import Sequence

import numpy as np
import pytest

from app.engine.reader.reading_order import order_rows, text_of
from app.engine.reader.recognise import OcrLine
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.upright_page import text_line

PITCH, STEP = 300, 50
FOOD = ("Apples and pears", "Brown bread", "carrots", "Éclairs", "Eggs, a dozen")
MORE = ("Flour, 2 kg", "Green tea", "honey", "Ice cream", "Jam, plum")


def line(text: str, column: int, row: float) -> OcrLine:
    left, top, width = PITCH * column, STEP * row, 12 * len(text)
    return OcrLine(
        text,
        np.array([(left, top), (left + width, top), (left + width, top + 32), (left, top + 32)], np.float64),
        0.99,
    )


def columns(*texts: Sequence[str]) -> list[OcrLine]:
    return [line(text, column, row) for column, of in enumerate(texts) for row, text in enumerate(of)]


def read(lines: Sequence[OcrLine]) -> list[str]:
    return text_of(order_rows(lines)).splitlines()


@pytest.mark.parametrize(
    "texts",
    [
        (("Apples", "Brown bread", "carrots", "Dates"), ("Éclairs", "Eggs", "Figs", "Flour"), ("Ham", "Honey", "Ice")),
        (("Apples", "Brown bread", "carrots", "Dates"), ("Éclairs", "Eggs", "Flour", "Honey")),
        (("Apples", "Brown bread", "carrots", "Dates", "Eggs"), ("Flour", "Green tea", "Honey", "Ice")),
        (("1. Name", "2. Age", "3. Town", "4. Street"), ("5. Post", "6. Tax", "7. Bank", "8. Car")),
        (("9 Zeit", "10 Ort", "11 Art", "12 Amt"), ("13 Weg", "14 Tag", "15 Ziel")),
    ],
)
def test_a_list_is_read_down_its_columns(texts: Sequence[Sequence[str]]) -> None:
    assert read(columns(*texts)[::-1]) == [text for column in texts for text in column]


def test_what_stands_above_and_below_a_list_stays_there() -> None:
    lines = [line("Shopping", 0, -1.2), *columns((*FOOD[:3], "Dates"), MORE), line("by Saturday, please", 0, 7)]
    assert read(lines) == ["Shopping", *FOOD[:3], "Dates", *MORE, "by Saturday, please"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("Apples", "Bread", "Carrots", "Dates"), ("red", "brown", "orange", "brown")),
        (("Apples", "Bread", "Carrots", "Dates"), ("1.20", "2.40", "3.60", "4.80")),
        (("Apples", "Bread", "Carrots", "Dates"), ("Bins", "Cups", "Dishes", "Eggs")),
        (("1. Name", "2. Age", "3. Town", "4. Street"), ("1. Post", "2. Tax", "3. Bank", "4. Car")),
        (("Item 1", "Item 2", "Item 3", "Item 4"), ("Price 1", "Price 2", "Price 3", "Price 4")),
        (("Adam", "Bert", "Carl"), ("Dora", "Emil", "Frida")),
    ],
)
def test_cells_that_go_on_otherwise_are_read_by_rows(left: Sequence[str], right: Sequence[str]) -> None:
    assert read(columns(left, right)) == [f"{one}  {other}" for one, other in zip(left, right, strict=True)]


def test_a_list_in_columns_is_no_table() -> None:
    def tables(*texts: Sequence[str]) -> int:
        return len(find_tables([text_line(each, (640, 320)) for each in columns(*texts)], None))

    assert tables(FOOD[:4], ("red", "brown", "orange", "brown")) == 1
    assert tables(FOOD, MORE) == 0
