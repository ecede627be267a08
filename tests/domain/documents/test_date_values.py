"""What a printed date may mean."""

import pytest

from app.domain.documents.dates import date_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("25/12/2018", {(2018, 12, 25)}),
        ("2018-12-25", {(2018, 12, 25)}),
        ("2018年12月25日", {(2018, 12, 25)}),
        ("25 December 2018", {(2018, 12, 25)}),
        ("December 25th, 2018", {(2018, 12, 25)}),
        ("25. Dez. 2018", {(2018, 12, 25)}),
        ("1er août 2021", {(2021, 8, 1)}),
        ("3 juillet 2021", {(2021, 7, 3)}),
        ("3 juin 2021", {(2021, 6, 3)}),
        ("1 März 99", {(1999, 3, 1)}),
        ("03/04/18", {(2018, 4, 3), (2018, 3, 4)}),
        ("32/13/2018", set()),
        ("no date", set()),
        ("", set()),
    ],
)
def test_a_date_means_one_day_or_two(text: str, values: set[tuple[int, int, int]]) -> None:
    assert date_values(text) == values
