"""Words are found in the lines of all pages of a document."""

import pytest

from app.domain.documents.document_search import LinePlace, lines_with
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Point, TextLine


def page(*texts: str) -> OcrPage:
    corners = (Point(0, 0), Point(9, 0), Point(9, 3), Point(0, 3))
    return OcrPage(100, 100, tuple(TextLine.between(text, corners, 0.9) for text in texts), "\n".join(texts))


PAGES = (page("A Total of", "12"), page(), page("grand TOTAL", "ｔｏｔａｌ", "toal"))


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("total", [(0, 0), (2, 0), (2, 1)]),
        ("ＴＯＴＡＬ", [(0, 0), (2, 0), (2, 1)]),
        ("total of", [(0, 0)]),
        ("none", []),
    ],
)
def test_lines_are_found_whatever_the_case_and_the_width(query: str, places: list[tuple[int, int]]) -> None:
    assert lines_with(query, PAGES) == tuple(LinePlace(*place) for place in places)
