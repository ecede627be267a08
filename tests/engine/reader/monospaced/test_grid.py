"""Grids by themselves: letters placed here, on columns and on none."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.monospaced.alignment import aligned
from app.engine.reader.monospaced.grid import find_grids
from app.engine.reader.recognise import OcrLine

WORDS = ["def", "merge_counts(left:", "dict,", "right:", "dict)", "->", "dict:", "return", "out_map"]


def line(text: str, widths: list[float], left: float, top: float, seed: int) -> OcrLine:
    """A line 20 pixels high whose letters are as wide as told, seen about a tenth of that beside their middles."""
    random = np.random.default_rng(seed)
    edges = left + np.cumsum([0.0, *widths])
    length = edges[-1] - left
    middles = (edges[:-1] + edges[1:]) / 2 + random.normal(0, 0.1, len(text)) * np.array(widths)
    letters = [Letter(t, (m - left) / length, (m - left) / length, 0.99) for t, m in zip(text, middles, strict=True)]
    quad = np.array([(left, top), (edges[-1], top), (edges[-1], top + 20), (left, top + 20)])
    return OcrLine(text_of(letters), quad, 0.99, tuple(letters))


def test_monospaced_lines_make_a_grid() -> None:
    lines = [
        line(text, [9.63] * len(text), 30 + 9.63 * 4 * (row % 3), 10 + 24.0 * row, row)
        for row, text in enumerate(" ".join(WORDS[first : first + 4]) for first in range(8))
    ]
    ((grid, numbers),) = find_grids(lines)
    assert numbers == list(range(8))
    assert abs(grid.pitch - 9.63) < 0.02
    assert abs(grid.step - 24) < 0.1
    starts = [round(float(grid.column(found.quad[0] + grid.pitch / 2)[0])) for found in lines]
    assert starts == [0, 4, 8, 0, 4, 8, 0, 4]


def test_proportional_lines_make_none() -> None:
    random = np.random.default_rng(3)
    lines = [
        line(text, random.uniform(4, 14, len(text)).tolist(), 30, 10 + 24.0 * row, row)
        for row, text in enumerate(" ".join(WORDS[first : first + 5]) for first in range(8))
    ]
    assert list(find_grids(lines)) == []


def test_chinese_prose_makes_none() -> None:
    lines = [line("海辺の町に着いたのは夕方だった", [20.0] * 15, 30, 10 + 30.0 * row, row) for row in range(8)]
    assert list(find_grids(lines)) == []


def test_the_same_words_again_and_again_in_a_statement_make_no_grid() -> None:
    random = np.random.default_rng(5)
    lines = []
    for row in range(14):
        top = 10 + 24.0 * row
        widths = [7.0] * 15 if row % 5 == 1 else random.uniform(4, 11, 15).tolist()
        lines.append(line("Clearing Cheque", widths, 130, top, row))
        for text, left in ((f"{4980 + row}", 578), (f"{row + 10},878.08", 662), ("99,914.15", 970)):
            lines.append(line(text, [7.0] * len(text), left, top, row))
    assert list(find_grids(lines)) == []


def test_letters_go_to_cells_with_ink() -> None:
    ink = np.array([True, True, False, True, True, True])
    assert aligned([0.1, 1.2, 3.4, 4.3, 5.1], ink) == [0, 1, 3, 4, 5]


def test_a_letter_without_ink_is_dropped_and_ink_without_a_letter_stays_free() -> None:
    ink = np.array([True, False, False, False, False, True, True])
    assert aligned([0.0, 2.5, 6.1], ink) == [0, None, 6]


def test_no_letters_and_no_cells() -> None:
    assert aligned([], np.zeros(3, np.bool_)) == []
    assert aligned([1.0], np.zeros(0, np.bool_)) == [None]


@given(
    st.lists(
        st.tuples(st.lists(st.floats(-50, 900), min_size=1, max_size=14), st.integers(0, 40), st.integers(8, 30)),
        max_size=8,
    )
)
@example([([400.0 - 9 * column for column in range(12)], row, 20) for row in range(4)])
@example([([50.0] * 12, row, 20) for row in range(4)])
def test_letters_anywhere_and_in_any_order_make_grids_of_lines_that_are_there(
    rows: list[tuple[list[float], int, int]],
) -> None:
    lines = []
    for places, row, height in rows:
        letters = tuple(Letter("a", place / 900, place / 900, 0.99) for place in places)
        quad = np.array([(0, 24 * row), (900, 24 * row), (900, 24 * row + height), (0, 24 * row + height)], np.float64)
        lines.append(OcrLine("a" * len(places), quad, 0.99, letters))
    for grid, numbers in find_grids(lines):
        assert np.isfinite([grid.left, grid.pitch, grid.top, grid.step]).all()
        assert set(numbers) <= set(range(len(lines)))


def test_letters_that_run_to_the_left_make_no_grid() -> None:
    lines = []
    for row in range(5):
        read = line("abcdefgh ijklm", [9.0] * 14, 30, 10 + 24.0 * row, row)
        lines.append(OcrLine(read.text, read.quad, read.score, read.letters[::-1]))
    assert list(find_grids(lines)) == []
