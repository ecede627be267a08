"""Columns put upright: wherever lines stand, their boxes stay near the page."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from app.engine.reader.layout.line_boxes import LineBox
from app.engine.reader.layout.unbend import unbent
from app.engine.reader.recognise import OcrLine

WIDTH, STEP = 1000, 30
TEXT = "some prose that goes on"


def box(text: str, left: float, top: float, width: float) -> LineBox:
    quad = np.array([(left, top), (left + width, top), (left + width, top + 20), (left, top + 20)])
    return LineBox(text, left, top, left + width, top + 20, OcrLine(text, quad, 0.99))


def page(columns: list[tuple[int, int, int]], ragged: float, strays: list[tuple[int, int]], seed: int) -> list[LineBox]:
    """Columns of prose at x, so wide and of so many lines, and page numbers and captions elsewhere."""
    random = np.random.default_rng(seed)
    lines = [
        box(TEXT, left + random.normal(0, ragged), 50.0 + STEP * row, width + random.normal(0, ragged))
        for left, width, rows in columns
        for row in range(rows)
    ]
    return lines + [box("7", left, top, 30) for left, top in strays]


columns = st.lists(st.tuples(st.integers(0, 600), st.integers(150, 400), st.integers(5, 40)), min_size=1, max_size=3)
strays = st.lists(st.tuples(st.integers(0, 970), st.integers(0, 1350)), max_size=5)


@given(columns, st.sampled_from([0.0, 3.0, 10.0]), strays, st.integers(0, 10_000))
@example([(100, 150, 24)], 10.0, [(970, 0), (970, 1350)], 50)
def test_no_box_goes_far_outside_the_page(
    columns: list[tuple[int, int, int]], ragged: float, strays: list[tuple[int, int]], seed: int
) -> None:
    boxes = page(columns, ragged, strays, seed)
    found = unbent(boxes)
    assert [box.found for box in found] == [box.found for box in boxes]
    assert all(-WIDTH <= box.left <= box.right <= 2 * WIDTH for box in found)


def test_a_leaning_column_is_put_upright() -> None:
    boxes = [box(TEXT, 100 + 3.0 * row, 50.0 + STEP * row, 300) for row in range(20)]
    lefts = [box.left for box in unbent(boxes)]
    assert max(lefts) - min(lefts) < 1
