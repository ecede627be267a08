"""Where a page bears out what a model says, and where it does not."""

import pytest

from app.domain.documents.evidence import Evidence, find_evidence
from app.domain.images.geometry import Box
from tests.support.batch_backends import page_of

RECEIPT = page_of("Corner Bakery\n2 x Espresso 5.00\nDate: 01.03.2024\nTotal EUR 12.40\nNo. 2019")


def line(row: int, text: str, page: int = 0, rows: int = 1) -> Evidence:
    return Evidence(page, Box(0, 20 * row, 10 * len(text), 20 * (row + rows)))


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("12.40", 3),
        ("EUR 12.40", 3),
        ("EUR12.40", 3),
        ("total eur 12.40", 3),
        ("Corner Bakery", 0),
        ("Corner Bakry", 0),
        ("corner-bakery", 0),
        ("01.03.2024", 2),
        ("2", 1),
    ],
)
def test_what_stands_there_is_found_and_a_letter_may_differ(text: str, row: int) -> None:
    assert find_evidence(text, [RECEIPT]) == line(row, RECEIPT.lines[row].text)


@pytest.mark.parametrize("text", ["12.60", "2.40", "1", "20", "01.03.2025", "Corner Shop", "", " . ", "Bakery 12.40"])
def test_what_does_not_stand_there_is_not_found_and_a_digit_may_not_differ(text: str) -> None:
    assert find_evidence(text, [RECEIPT]) is None


def test_a_text_may_go_over_lines_and_the_first_exact_place_wins() -> None:
    pages = [page_of("Total 12.40\nInvoice of the"), page_of("Invoice of the\nCorner Bakery\nTotal 12.40")]
    assert find_evidence("Invoice of the Corner Bakery", pages) == line(0, "Invoice of the", page=1, rows=2)
    assert find_evidence("Total 12.40", pages) == line(0, "Total 12.40")


def test_an_exact_place_wins_over_an_earlier_similar_one() -> None:
    assert find_evidence("Walnut cake", [page_of("Walnut cafe\nWalnut cake")]) == line(1, "Walnut cake")


def test_no_page_and_an_endless_text_are_no_evidence() -> None:
    assert find_evidence("x", []) is None
    assert find_evidence("word " * 1000, [RECEIPT]) is None
