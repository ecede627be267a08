"""Columns of vertical Japanese, drawn here and read by the real models."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import OcrLine, Recogniser
from app.engine.reader.vertical_lines import joined, read_standing
from app.engine.reader.vertical_order import order_vertical

FONT = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")
SIZE = 32
COLUMNS = ("駅前の小さな店でコーヒーを飲み、", "ゆっくりと坂を上っていった。", "波の音がずっと聞こえていた。")
QUAD = np.array([(0, 0), (20, 0), (20, 200), (0, 200)], np.float64)

needs_font = pytest.mark.skipif(not FONT.exists(), reason="fonts-noto-cjk is not installed")


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def draw_vertical(columns: tuple[str, ...], heading: str = "") -> Image.Image:
    font = ImageFont.truetype(FONT, SIZE, layout_engine=ImageFont.Layout.BASIC)
    pitch, top = 36, 110 if heading else 40
    height = top + max(map(len, columns)) * pitch + 40
    image = Image.new("RGB", (len(columns) * 64 + 80, height), "white")
    ImageDraw.Draw(image).text((40, 30), heading, "black", font)
    for number, column in enumerate(columns):
        left = image.width - 80 - number * 64
        for row, letter in enumerate(column):
            cell = Image.new("RGB", (pitch, pitch), "white")
            # Marks are at the upper right of their cell, and small kana near it.
            right, up = {"、": (22, 20), "。": (22, 20)}.get(letter, (4, 4) if letter in "っゃゅょッャュョ" else (0, 0))
            ImageDraw.Draw(cell).text((2 + right, -8 - up), letter, "black", font)
            cell = cell.rotate(-90) if letter == "ー" else cell
            image.paste(cell, (left, top + row * pitch))
    return image


def line(text: str, score: float = 0.99) -> OcrLine:
    letters = (Letter(letter, place / len(text), (place + 1) / len(text), score) for place, letter in enumerate(text))
    return OcrLine(text, QUAD, score, tuple(letters))


@needs_font
def test_small_kana_long_vowels_and_marks_of_columns_are_read(recogniser: Recogniser) -> None:
    page = read_page(draw_vertical(COLUMNS), recogniser, NEVER_CANCELLED)
    assert page.rotation == 0
    assert page.text.splitlines() == list(COLUMNS)


@needs_font
def test_a_horizontal_heading_comes_before_the_columns(recogniser: Recogniser) -> None:
    page = read_page(draw_vertical(COLUMNS, "港町日記"), recogniser, NEVER_CANCELLED)
    assert page.text.splitlines() == ["港町日記", *COLUMNS]


@needs_font
def test_horizontal_lines_of_a_page_on_its_side_are_not_taken_for_columns(recogniser: Recogniser) -> None:
    font = ImageFont.truetype(FONT, SIZE, layout_engine=ImageFont.Layout.BASIC)
    page = Image.new("RGB", (640, 260), "white")
    for number, text in enumerate(COLUMNS):
        ImageDraw.Draw(page).text((30, 30 + 64 * number), text, "black", font)
    read = read_page(page.rotate(-90, expand=True), recogniser, NEVER_CANCELLED)
    assert read.rotation == 270
    assert read.text.splitlines() == list(COLUMNS)


@needs_font
def test_letters_are_placed_along_the_column(recogniser: Recogniser) -> None:
    image = draw_vertical(COLUMNS[1:2])
    right, bottom = image.width - 40, image.height - 36
    quad = np.array([(60, 36), (right, 36), (right, bottom), (60, bottom)], np.float64)
    letters = read_standing(image, quad, recogniser.read).letters
    assert len(letters) == len(COLUMNS[1])
    for place, letter in enumerate(letters):
        assert abs(letter.centre - (place + 0.5) / len(letters)) < 0.06


def test_a_blank_or_empty_column_has_no_text() -> None:
    def read(image: Image.Image, quad: np.ndarray) -> OcrLine:
        raise AssertionError

    image = Image.new("RGB", (50, 300), "white")
    for quad in (QUAD, np.zeros((4, 2)), np.full((4, 2), np.nan)):
        assert read_standing(image, quad, read).text == ""


@pytest.mark.parametrize(
    ("lying", "standing", "expected"),
    [
        (line("コヒを飲だ"), line("コーヒーを飲だ。"), "コーヒーを飲だ。"),
        (line("対応しいわゆる"), line("対応し、しわはる"), "対応し、いわゆる"),
        (line("2020年"), line("20一20年"), "2020年"),
        (line("令和"), line("会和"), "令和"),
        (line("りスク", 0.6), line("リスク"), "リスク"),
        (line("りんご"), line(""), "りんご"),
        (line(""), line("港町"), "港町"),
    ],
)
def test_both_readings_make_one_line(lying: OcrLine, standing: OcrLine, expected: str) -> None:
    both = joined(lying, standing)
    assert both.text == expected
    assert [letter.text for letter in both.letters] == list(expected)


def test_lines_above_and_below_the_columns_are_apart() -> None:
    def box(text: str, left: float, top: float, right: float, bottom: float) -> OcrLine:
        return OcrLine(text, np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64), 0.9)

    # After the rotation the page's top is at the left.
    # Corners start where text does, so that those of columns and of horizontal lines differ.
    lines = [box("column", 100, 10, 500, 40), box("caption", 520, 10, 550, 90), box("heading", 20, 10, 50, 90)]
    rows = order_vertical(lines, lambda part: [[line] for line in part], 270, (600, 400))
    assert [row[0].text for row in rows] == ["heading", "column", "caption"]
    assert np.allclose(rows[0][0].quad.min(axis=0), (20, 10))
