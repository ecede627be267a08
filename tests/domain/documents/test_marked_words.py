"""Words that were searched for, on a page whose lines have words with boxes or have none."""

import pytest

from app.domain.documents.marked_words import boxes_of
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, Point, TextLine, Word

QUAD = (Point(0, 0), Point(90, 0), Point(90, 9), Point(0, 9))
WORDS = (
    Word("TOTAL", Box(0, 0, 30, 9), 1.0),
    Word("9.00", Box(40, 0, 60, 9), 1.0),
    Word("EUR", Box(70, 0, 90, 9), 1.0),
)
LINE = TextLine.between("TOTAL 9.00 EUR", QUAD, 1.0, WORDS)
CORRECTED = TextLine.between("Total 9.50 EUR", QUAD, 1.0)


@pytest.mark.parametrize(
    ("line", "words", "expected"),
    [
        (LINE, ("total",), [WORDS[0].box]),
        (LINE, ("OTA", "eur"), [WORDS[0].box, WORDS[2].box]),
        (LINE, ("0",), [WORDS[1].box]),
        (LINE, ("9.00 e",), [WORDS[1].box, WORDS[2].box]),
        (LINE, (".",), [WORDS[1].box]),  # No pattern.
        (LINE, ("cake",), []),
        (LINE, (), []),
        (CORRECTED, ("9.50",), [CORRECTED.box]),
        (CORRECTED, ("9.00",), []),
    ],
)
def test_words_are_marked(line: TextLine, words: tuple[str, ...], expected: list[Box]) -> None:
    assert list(boxes_of(words, OcrPage(90, 9, (line,), line.text))) == expected
