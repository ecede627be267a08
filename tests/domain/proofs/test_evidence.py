"""Where a page bears out what a model says, and where it does not."""

import pytest

from app.domain.documents.fields import FieldAnswer
from app.domain.images.geometry import Box
from app.domain.proofs.evidence import Evidence, evidence_of, find_evidence
from app.domain.proofs.page_text import PageText
from tests.support.batch_backends import page_of

RECEIPT = PageText([page_of("Corner Bakery\n2 x Espresso 5.00\nDate: 01.03.2024\nTotal EUR 12.40\nNo. 2019")])


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
        ("1 March 2024", 2),
        ("2", 1),
        ("x", 1),
    ],
)
def test_what_stands_there_is_found_and_a_letter_may_differ(text: str, row: int) -> None:
    found = find_evidence(text, RECEIPT)
    assert found
    assert (found.page, found.box.top, found.box.bottom) == (0, 20 * row, 20 * row + 20)


@pytest.mark.parametrize(
    "text", ["12.60", "2.40", "1", "20", "01.03.2025", "Corner Shop", "", " . ", "Bakery 12.40", "y"]
)
def test_what_does_not_stand_there_is_not_found_and_a_digit_may_not_differ(text: str) -> None:
    assert find_evidence(text, RECEIPT) is None


def test_a_text_may_go_over_lines_and_the_first_exact_place_wins() -> None:
    pages = PageText([page_of("Total 12.40\nInvoice of the"), page_of("Invoice of the\nCorner Bakery\nTotal 12.40")])
    assert find_evidence("Invoice of the Corner Bakery", pages) == Evidence(1, Box(0, 0, 140, 40))
    assert find_evidence("Total 12.40", pages) == Evidence(0, Box(0, 0, 110, 20))


def test_an_exact_place_wins_over_an_earlier_similar_one() -> None:
    pages = PageText([page_of("Walnut cafe\nWalnut cake")])
    assert find_evidence("Walnut cake", pages) == Evidence(0, Box(0, 20, 110, 40))


def test_no_page_and_an_endless_text_are_no_evidence() -> None:
    assert find_evidence("x", PageText([])) is None
    assert find_evidence("word " * 1000, RECEIPT) is None


def test_the_words_of_a_field_are_its_evidence_and_an_empty_field_has_none() -> None:
    assert evidence_of(FieldAnswer("total", "12.4", "12.40"), RECEIPT)
    assert evidence_of(FieldAnswer("total", "12.40", ""), RECEIPT)
    assert evidence_of(FieldAnswer("total", "", "12.40"), RECEIPT) is None
