"""Parts of pages that are left out, as they are written."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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


shares = st.one_of(
    st.integers(0, 100).map(str), st.decimals(0, 100, places=3).map(str), st.decimals(0, 100, places=11).map(str)
)
strips = st.builds(" ".join, st.tuples(st.sampled_from(["top", "bottom", "left", "right"]), shares))
rectangles = st.builds(
    lambda across, down: f"{across[0]} {down[0]} {across[1]} {down[1]}",
    *(st.lists(shares, min_size=2, max_size=2).map(lambda ends: sorted(ends, key=float)) for _ in "xy"),
)


@given(st.lists(st.one_of(strips, rectangles), max_size=3).map(", ".join))
@example("right 0")
@example("bottom 33.3333333333")
@example("10 10 10.00000001 20")
def test_areas_are_within_the_page_and_can_be_written_and_read_again(text: str) -> None:
    try:
        areas = ignored_from(text)
    except BatchError:  # A rectangle without an extent.
        return
    assert all(0 <= area.left <= area.right <= 1 and 0 <= area.top <= area.bottom <= 1 for area in areas)
    assert ignored_from(ignored_text(areas)) == areas


@given(st.one_of(st.text(), st.text(st.sampled_from("top left0123456789.,-% e\n"))))
def test_any_text_is_areas_or_refused(text: str) -> None:
    try:
        areas = ignored_from(text)
    except BatchError as error:
        assert "is not a valid area" in str(error)  # noqa: PT017 - either is right
    else:
        assert ignored_from(ignored_text(areas)) == areas
