"""The figures of most type have one width: their columns are no code."""

import numpy as np

from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.monospaced.grid import find_grids
from app.engine.reader.recognise import OcrLine

PITCH, HEIGHT = 10.0, 20.0


def line(text: str, row: int) -> OcrLine:
    width, top = PITCH * len(text), row * 1.2 * HEIGHT
    quad = np.array([(0.0, top), (width, top), (width, top + HEIGHT), (0.0, top + HEIGHT)])
    letters = tuple(Letter(sign, at / len(text), (at + 1) / len(text), 0.99) for at, sign in enumerate(text))
    return OcrLine(text, quad, 0.99, letters)


def test_columns_of_figures_are_on_no_grid() -> None:
    figures = [
        line(text, row) for row, text in enumerate(["0.310-2.268", "1.152-1.190", "0.919-10.725", "0.381-4.213"])
    ]
    assert list(find_grids(figures)) == []
    words = [
        line(text, row) for row, text in enumerate(["def total(rows):", "    for row in rows:", "        yield row[0]"])
    ]
    ((_, numbers),) = find_grids([*words, *(line("1234567890", row) for row in (3, 4))])
    assert numbers == [0, 1, 2, 3, 4], "figures among words are code"
