"""The order of vertical pages with tiers, from boxes as a detector finds them; nothing is drawn or read."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.engine.reader.gutters import cut_at_gutters
from app.engine.reader.reading_order import order_rows
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.rotation import rotated
from app.engine.reader.vertical_order import order_vertical

SIZE = (900, 1200)
WIDTH, PITCH = 30, 40

Box = tuple[float, float, float, float]


def column(text: str, right: float, top: float, bottom: float, width: float = WIDTH) -> OcrLine:
    """A vertical line, whose corners begin at its own top left, the page's top right."""
    left = right - width
    return OcrLine(text, np.array([(right, top), (right, bottom), (left, bottom), (left, top)], np.float64), 0.9)


def horizontal(text: str, left: float, top: float, right: float) -> OcrLine:
    bottom = top + WIDTH
    return OcrLine(text, np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64), 0.9)


def tier(name: str, right: float, top: float, bottom: float, count: int = 6) -> list[OcrLine]:
    """Columns of a tier from right to left, of which the third ends a paragraph."""
    return [
        column(f"{name}{number}", right - PITCH * number, top, (top + bottom) / 2 if number == 2 else bottom)
        for number in range(count)
    ]


def ordered(lines: list[OcrLine]) -> list[str]:
    """Read lines that were found in another order."""
    turned = [rotated(line, 270, SIZE) for line in np.random.default_rng(1).permutation(np.array(lines, object))]
    return ["".join(line.text for line in row) for row in order_vertical(turned, order_rows, 270, (1200, 900))]


def texts(lines: list[OcrLine]) -> list[str]:
    return [line.text for line in lines]


def test_tiers_are_read_one_after_the_other() -> None:
    page = [*tier("一", 800, 100, 380, 15), *tier("二", 800, 395, 680, 15), *tier("三", 800, 695, 980, 15)]
    assert ordered(page) == texts(page)


def test_a_headline_over_all_tiers_is_read_before_the_tiers_beside_it() -> None:
    headline, lead = column("題", 860, 100, 980, 70), tier("導", 770, 100, 980, 3)
    page = [headline, *lead, *tier("一", 640, 100, 520), *tier("二", 640, 540, 980)]
    assert ordered(page) == texts(page)


def test_a_headline_between_two_articles_parts_them() -> None:
    right, left = (
        [*tier("右一", 860, 100, 520), *tier("右二", 860, 540, 980)],
        [*tier("左一", 500, 100, 520), *tier("左二", 500, 540, 980)],
    )
    page = [*right, column("題", 600, 100, 980, 70), *left]
    assert ordered(page) == texts(page)


def test_pieces_of_a_column_are_one_row() -> None:
    columns = tier("列", 800, 100, 980, 5)
    pieces = [column("上", 600, 100, 500), column("下", 600, 520, 980)]
    assert ordered([*columns, *pieces]) == [*texts(columns), "上下"]


def test_a_caption_set_horizontally_is_read_as_such() -> None:
    tiers = [*tier("一", 800, 100, 380, 8), *tier("二", 800, 395, 680, 15)]
    caption = [horizontal("図の", 150, 300, 350), horizontal("説明", 150, 335, 350)]
    assert ordered([*tiers, *caption]) == [*texts(tiers[:8]), "図の", "説明", *texts(tiers[8:])]


def test_cells_of_a_table_are_read_in_rows_from_left_to_right() -> None:
    rows = [("甲", "乙", "丙"), ("丁", "戊", "己"), ("庚", "辛", "壬")]
    cells = [
        horizontal(name, 100 + 200 * place, 600 + 60 * number, 200 + 200 * place)
        for number, row in enumerate(rows)
        for place, name in enumerate(row)
    ]
    columns = [*tier("一", 800, 100, 580, 18), *tier("二", 800, 800, 1100, 18)]
    expected = [*texts(columns[:18]), *map("".join, rows), *texts(columns[18:])]
    assert ordered([*columns, *cells]) == expected


def quad(right: float, top: float, bottom: float) -> Quad:
    return np.array([(right - WIDTH, top), (right, top), (right, bottom), (right - WIDTH, bottom)], np.float64)


@pytest.mark.parametrize(("gap", "count"), [(14, 18), (5, 17)])
def test_a_column_over_two_tiers_is_cut_between_them(gap: int, count: int) -> None:
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    quads = []
    for number in range(9):
        right = 800 - PITCH * number
        for first, last in ((100, 300), (300 + gap, 500)):
            draw.rectangle((right - WIDTH + 3, first, right - 3, last), "black")
        found = [quad(right, 98, 300), quad(right, 300 + gap - 2, 502)]
        quads += [quad(right, 98, 502)] if number == 4 else found
    cut = cut_at_gutters(image, quads)
    assert len(cut) == count
    if count == 18:
        upper, lower = cut[8], cut[9]
        assert 300 < upper[2, 1] < 300 + gap
        assert upper[2, 1] == pytest.approx(lower[1, 1])
        assert (upper[0, 1], lower[2, 1]) == (98, 502)
