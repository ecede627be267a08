"""Parts of pages that are left out, as they are written."""

import pytest

from app.domain.documents.ignored_areas import EXAMPLE, ignored_from, ignored_text
from app.domain.errors import BatchError
from app.domain.images.geometry import Box


def test_strips_and_rectangles_are_percent() -> None:
    text = "Top 8 %, bottom 5; left 10\nright 2.5, 60 0 100 12"
    assert ignored_from(text) == (
        Box(0, 0, 1, 0.08),
        Box(0, 0.95, 1, 1),
        Box(0, 0, 0.1, 1),
        Box(0.975, 0, 1, 1),
        Box(0.6, 0, 1, 0.12),
    )
    assert ignored_from(" , ") == ()


@pytest.mark.parametrize("text", ["", EXAMPLE, "60 0 100 12", "left 10", "right 2.5", "top 100"])
def test_what_was_read_can_be_written_and_read_again(text: str) -> None:
    assert ignored_from(ignored_text(ignored_from(text))) == ignored_from(text)


@pytest.mark.parametrize("text", ["top", "top 101", "top -1", "top nan", "8", "60 0 60 12", "1 2 3", "middle 3"])
def test_what_is_no_part_is_refused_in_words(text: str) -> None:
    with pytest.raises(BatchError, match="is not a valid area"):
        ignored_from(text)
