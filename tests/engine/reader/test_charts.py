"""Charts, whose labels look like cells, are told from tables by a layout model's areas."""

from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw

from app.domain.documents.blocks import Area, BlockKind
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.engine.reader.tables.find_tables import find_tables

WHOLE = Box(90, 90, 530, 270)
LABELS = [[f"{row}{column}0" for column in range(4)] for row in range(5)]
SPARSE = [
    [text if row in {0, 4} or column in {0, row} else "" for column, text in enumerate(texts)]
    for row, texts in enumerate(LABELS)
]


def line(left: float, top: float, text: str) -> TextLine:
    box = Box(left, top, left + 60, top + 20)
    corners = (Point(left, top), Point(box.right, top), Point(box.right, box.bottom), Point(left, box.bottom))
    return TextLine.between(text, corners, 1.0, (Word(text, box, 1.0),))


def tables_of(rows: Sequence[Sequence[str]], *areas: Area) -> tuple[Table, ...]:
    lines = [
        line(100 + 120 * column, 100 + 35 * row, text)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
        if text
    ]
    return find_tables(lines, Image.new("RGB", (900, 700), "white"), lambda: areas)


def figure(box: Box, score: float = 0.95) -> Area:
    return Area(BlockKind.FIGURE, box, score)


def test_labels_that_leave_places_free_are_no_table_in_a_figure() -> None:
    assert len(tables_of(SPARSE)) == 1
    assert tables_of(SPARSE, figure(WHOLE)) == ()


def test_a_legend_in_a_large_figure_is_no_table() -> None:
    assert tables_of(LABELS, figure(Box(50, 50, 800, 600))) == ()


@pytest.mark.parametrize(
    "areas",
    [
        [figure(WHOLE, 0.8)],
        [figure(Box(0, 0, 900, 700))],
        [figure(Box(400, 90, 530, 270))],
        [figure(WHOLE), Area(BlockKind.TABLE, WHOLE, 0.6)],
    ],
    ids=["unsure", "whole page", "beside", "also a table"],
)
def test_a_figure_is_no_evidence_if_it_is(areas: Sequence[Area]) -> None:
    assert len(tables_of(SPARSE, *areas)) == 1


def test_a_full_table_stays_though_the_model_takes_it_for_a_figure() -> None:
    assert len(tables_of(LABELS, figure(WHOLE))) == 1


def test_the_model_is_not_asked_about_pages_without_tables() -> None:
    def never() -> Sequence[Area]:
        raise AssertionError

    assert find_tables([line(100, 100, "alone")], Image.new("RGB", (900, 700), "white"), never) == ()


def test_a_drawn_grid_that_a_figure_is_taken_for_stays_a_table() -> None:
    picture = Image.new("RGB", (900, 700), "white")
    draw = ImageDraw.Draw(picture)
    for row in range(6):
        draw.line((90, 92 + 35 * row, 570, 92 + 35 * row), "black", 2)
    for column in range(5):
        draw.line((90 + 120 * column, 92, 90 + 120 * column, 267), "black", 2)
    lines = [
        line(100 + 120 * column, 100 + 35 * row, text)
        for row, texts in enumerate(LABELS)
        for column, text in enumerate(texts)
        if row < 3 or column < 2
    ]
    (found,) = find_tables(lines, picture, lambda: [figure(WHOLE)])
    assert (found.rows, found.columns) == (5, 4)
