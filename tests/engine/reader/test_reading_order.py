"""Reading order by itself, from boxes that no recogniser had a hand in."""

import math
from dataclasses import replace

import numpy as np
import pytest

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


def test_lines_found_over_both_columns_do_not_hide_that_there_are_columns() -> None:
    over = [line(f"found over both columns of prose {row}", 0, 30 * row, 640, 28) for row in range(4)]
    left = [line(f"left column of prose {row}", 0, 120 + 30 * row, 310, 24) for row in range(5)]
    right = [line(f"right column of prose {row}", 330, 118 + 30 * row, 310, 28) for row in range(5)]
    found = texts([*right, *over, *left])
    assert [text.split()[0] for text in found] == ["found"] * 4 + ["left"] * 5 + ["right"] * 5


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


def columns(texts_by_column: list[list[str]], width: float, gap: float = 40, skew: float = 0.0) -> list[OcrLine]:
    """Columns of lines of this width whose baselines are at the same heights."""
    return [
        line(text, (width + gap) * column, 100 + 30 * row, width, skew=skew)
        for column, column_texts in enumerate(texts_by_column)
        for row, text in enumerate(column_texts)
    ]


@pytest.mark.parametrize("skew", [0.0, 3.0, -3.0])
@pytest.mark.parametrize("count", [3, 4, 6])
def test_three_and_more_columns_are_read_one_by_one(count: int, skew: float) -> None:
    wanted = [[f"column {column} of prose, line {row}" for row in range(12)] for column in range(count)]
    heading = line("A heading over all of the columns", 0, 0, 340 * count, 40, skew)
    found = texts([heading, *columns(wanted, 300, skew=skew)])
    assert found == [heading.text, *(text for column in wanted for text in column)]


@pytest.mark.parametrize(("letters", "rows"), [(8, 6), (12, 3), (6, 6)])
def test_narrow_chinese_columns_are_not_read_across(letters: int, rows: int) -> None:
    wanted = [[f"{chr(0x4E00 + 40 * column + row)}" * letters for row in range(rows)] for column in range(2)]
    assert texts(columns(wanted, 24 * letters)) == [text for column in wanted for text in column]


def test_narrow_columns_whose_lines_go_on_with_a_sentence_are_not_read_across() -> None:
    left = ["The harbour", "was quiet", "that morning", "and only two", "boats had", "come back.", "Their crews"]
    right = ["wall and", "drank tea.", "Nobody spoke", "of the storm", "which had", "passed by", "the island"]
    assert texts(columns([left, right], 120)) == [*left, *right]


def test_a_table_of_short_cells_is_read_by_rows() -> None:
    cells = [[f"r{row}c{column}" for row in range(20)] for column in range(6)]
    assert texts(columns(cells, 100)) == ["  ".join(row) for row in zip(*cells, strict=True)]


def test_a_page_number_beside_the_columns_does_not_join_them() -> None:
    wanted = [[f"column {column} of prose, line {row}" for row in range(12)] for column in range(2)]
    found = texts([*columns(wanted, 300), line("17", 660, 480, 30)])
    assert [text for text in found if text != "17"] == [text for column in wanted for text in column]


def test_an_address_beside_a_date_is_read_by_rows() -> None:
    address = ["Harbour Office Ltd", "12 Quay Street", "Northport"]
    lines = [line(text, 0, 30 * row, 11 * len(text)) for row, text in enumerate(address)]
    lines += [
        line("Reference number 4418-B", 500, 0, 253),
        line("1 March 2024", 500, 30, 130),
        line("By post", 500, 60, 77),
    ]
    assert texts(lines)[0] == "Harbour Office Ltd  Reference number 4418-B"


def test_a_column_that_begins_in_the_middle_of_a_page_is_a_column() -> None:
    intro = [line(f"an introduction over both columns {row}", 0, 30 * row, 640) for row in range(8)]
    wanted = [[f"column {column} of prose, line {row}" for row in range(6)] for column in range(2)]
    lower = [replace(box, quad=box.quad + np.array([0, 250])) for box in columns(wanted, 300)]
    assert texts([*lower, *intro]) == [box.text for box in intro] + [text for column in wanted for text in column]


@pytest.mark.parametrize("lean", [0.25, -0.25])
def test_columns_of_a_page_that_leans_or_curls_are_not_read_across(lean: float) -> None:
    wanted = [[f"column {column} of prose, line {row}" for row in range(40)] for column in range(3)]
    bent = []
    for box in columns(wanted, 300):
        down = box.quad[0, 1] / 1300
        move = lean * 800 * down**2 * (1 + box.quad[0, 0] / 2000)
        bent.append(replace(box, quad=box.quad + np.array([move, 0])))
    assert texts(bent) == [text for column in wanted for text in column]


def test_a_table_under_prose_is_read_by_rows() -> None:
    wanted = [[f"column {column} of prose, line {row}" for row in range(8)] for column in range(2)]
    cells = [line(f"r{row}c{column}", 160 * column, 400 + 30 * row, 60) for row in range(6) for column in range(4)]
    found = texts([*columns(wanted, 300), *cells])
    assert [text for text in found if "prose" in text] == [text for column in wanted for text in column]


def test_hundreds_of_boxes_anywhere_are_ordered() -> None:
    random = np.random.default_rng(5)
    places = random.uniform(0, 3000, (600, 2)).tolist()
    strewn = [line(f"some words of a text {number}", x, y, 300) for number, (x, y) in enumerate(places)]
    assert len(texts(strewn)) > 0


def test_a_table_within_a_column_does_not_join_the_columns() -> None:
    left = [f"column 0 of prose, line {row}" for row in range(20)]
    lines = columns([left, [f"column 1 of prose, line {row}" for row in range(6)]], 300)
    lines += [
        line(f"r{row}c{column}", 340 + 110 * column, 280 + 30 * row, 60) for row in range(14) for column in range(3)
    ]
    found = texts(lines)
    assert found[:20] == left
    assert found[-1] == "r13c0  r13c1  r13c2"


def test_articles_above_one_another_are_read_one_by_one() -> None:
    upper = [[f"upper article, column {column}, line {row}" for row in range(6)] for column in range(2)]
    lower = [[f"lower article, column {column}, line {row}" for row in range(6)] for column in range(2)]
    heading = line("A heading over the left column", 0, 320, 300, 40)
    moved = [replace(box, quad=box.quad + np.array([0, 300])) for box in columns(lower, 300)]
    found = texts([*columns(upper, 300), *moved, heading])
    wanted = [text for column in upper for text in column]
    assert found == [*wanted, heading.text, *(text for column in lower for text in column)]


def test_columns_whose_paragraphs_end_at_the_same_height_stay_columns() -> None:
    wanted = [[f"column {column} of prose, line {row}" for row in range(12)] for column in range(2)]
    parted = [replace(box, quad=box.quad + np.array([0, 30 * (box.quad[0, 1] > 270)])) for box in columns(wanted, 300)]
    assert texts(parted) == [text for column in wanted for text in column]
