"""Pages as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents.page_ranges import PageRangeError, chosen_pages, parsed_ranges


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("1", [0]),
        ("2-3", [1, 2]),
        ("1-2, 5", [0, 1, 4]),
        ("4-", [3, 4]),
        ("-2", [0, 1]),
        ("5,1", [0, 4]),
        ("9", []),
        (" 1 - 2 ,\t5 ", [0, 1, 4]),
    ],
)
def test_ranges_choose_pages_in_order(text: str, pages: list[int]) -> None:
    assert chosen_pages(parsed_ranges(text), 5) == pages


def test_without_a_range_all_pages_are_chosen() -> None:
    assert chosen_pages((), 3) == [0, 1, 2]


@pytest.mark.parametrize(
    "text", ["", "0", "3-1", "a", "1,,2", "-", "1-2-3", "9999999", "1 2", "1 0-12", "123456999999", "²"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(PageRangeError):
        parsed_ranges(text)


numbers = st.one_of(st.none(), st.integers(1, 30))


@given(st.lists(st.tuples(numbers, numbers).filter(lambda ends: ends != (None, None)), min_size=1), st.integers(0, 40))
def test_pages_are_those_that_any_part_names(parts: list[tuple[int | None, int | None]], count: int) -> None:
    ordered = [sorted(ends) if None not in ends else ends for ends in parts]  # type: ignore[type-var]
    text = ",".join(f"{'' if first is None else first}-{'' if last is None else last}" for first, last in ordered)
    named = {page - 1 for first, last in ordered for page in range(1 if first is None else first, 1 + (last or count))}
    assert chosen_pages(parsed_ranges(text), count) == sorted(named & set(range(count)))


@given(st.one_of(st.text(), st.text(st.sampled_from("0123456789-, ٣"))))
def test_any_text_is_ranges_or_refused(text: str) -> None:
    try:
        ranges = parsed_ranges(text)
    except PageRangeError:
        return
    assert len(ranges) == text.count(",") + 1
    assert all(0 <= part.start < part.stop <= 1_000_000 for part in ranges)
