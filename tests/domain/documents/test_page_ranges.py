"""Pages as people write them."""

import pytest

from app.domain.documents.page_ranges import PageRangeError, chosen_pages, parsed_ranges


@pytest.mark.parametrize(
    ("text", "pages"),
    [("1", [0]), ("2-3", [1, 2]), ("1-2, 5", [0, 1, 4]), ("4-", [3, 4]), ("-2", [0, 1]), ("5,1", [0, 4]), ("9", [])],
)
def test_ranges_choose_pages_in_order(text: str, pages: list[int]) -> None:
    assert chosen_pages(parsed_ranges(text), 5) == pages


def test_without_a_range_all_pages_are_chosen() -> None:
    assert chosen_pages((), 3) == [0, 1, 2]


@pytest.mark.parametrize("text", ["", "0", "3-1", "a", "1,,2", "-", "1-2-3", "9999999"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(PageRangeError):
        parsed_ranges(text)
