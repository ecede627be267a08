"""Texts put together again from a page's lines."""

from app.domain.documents.page_rows import page_rows, text_of_lines
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine

TEXT = "if x:\n\n    y = 1   # set\n    z = 2"


def page() -> OcrPage:
    box = Box(0, 0, 10, 10)
    lines = tuple(TextLine.between(text, box.corners, 1.0) for text in ("if x:", "y = 1", "# set", "z = 2"))
    return OcrPage(100, 100, lines, TEXT)


def test_rows_of_indented_text() -> None:
    assert page_rows(page()) == [[0], [1, 2], [3]]


def test_corrected_text_keeps_indentation_gaps_and_empty_lines() -> None:
    texts = {number: line.text for number, line in enumerate(page().lines)}
    assert text_of_lines(page(), texts) == TEXT
    assert text_of_lines(page(), {**texts, 1: "y = 17"}) == "if x:\n\n    y = 17   # set\n    z = 2"


def test_lines_left_out() -> None:
    assert text_of_lines(page(), {0: "if x:", 1: "y = 1"}) == "if x:\n\n    y = 1"
