"""Reading order by itself, from boxes that no recogniser had a hand in."""

import math

import numpy as np

from app.engine.reader.reading_order import order_rows, text_of
from app.engine.reader.recognise import OcrLine


def line(text: str, x: float, y: float, width: float = 100, height: float = 20, skew: float = 0.0) -> OcrLine:
    """A line at (x, y), rotated about the page's origin by `skew` degrees."""
    corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float64)
    angle = math.radians(skew)
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return OcrLine(text, corners @ rotation.T, 0.99)


def texts(lines: list[OcrLine]) -> list[str]:
    return text_of(order_rows(lines)).splitlines()


def test_top_to_bottom_and_left_to_right() -> None:
    strewn = [line("d", 300, 52), line("a", 0, 0), line("c", 0, 50), line("b", 300, 2)]
    assert texts(strewn) == ["a  b", "c  d"]


def test_a_skewed_receipt_keeps_its_rows() -> None:
    rows = [line(f"{name}{row}", x, 40 * row, skew=4) for row in range(6) for name, x in (("item", 0), ("price", 500))]
    assert texts(rows[::-1]) == [f"item{row}  price{row}" for row in range(6)]


def test_columns_of_prose_under_a_headline() -> None:
    headline = [line("HEADLINE OVER BOTH", 0, 0, 640)]
    left = [line(f"left column of prose {row}", 0, 60 + 30 * row, 300) for row in range(5)]
    right = [line(f"right column of prose {row}", 340, 62 + 30 * row, 300) for row in range(5)]
    found = texts([*right, *headline, *left])
    assert found[0] == "HEADLINE OVER BOTH"
    assert [text.split()[0] for text in found[1:]] == ["left"] * 5 + ["right"] * 5


def test_generous_boxes_above_one_another_are_two_rows() -> None:
    assert texts([line("one", 0, 0, height=30), line("two", 0, 14, height=30)]) == ["one", "two"]


def test_neighbours_whose_boxes_touch_are_one_row() -> None:
    assert texts([line("VAT 19", 0, 0, 110, 30), line("%", 98, 1, 40, 30), line("2.04", 400, 1, 70, 30)]) == [
        "VAT 19  %  2.04"
    ]


def test_nothing_is_lost_or_said_twice() -> None:
    random = np.random.default_rng(8)
    for count in (1, 2, 9, 60):
        lines = [
            line(f"w{index}", x, y, width, height, skew)
            for index, (x, y, width, height, skew) in enumerate(random.uniform(5, 400, (count, 5)) * (3, 3, 1, 1, 0.05))
        ]
        ordered = [found.text for row in order_rows(lines) for found in row]
        assert sorted(ordered) == sorted(found.text for found in lines)
    assert order_rows([]) == []
