"""What of a text can be looked for on an image, and how much of it."""

import pytest

from app.domain.proofs.claims import MAX_NAME_CHARS, ClaimKind, claims_in, is_count, names_in, number_value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RM 33.96 and RM33.96", [("33.96", ClaimKind.NUMBER)] * 2),
        ("ref TD01167104", [("TD01167104", ClaimKind.CODE)]),
        ("250ml and the 3rd", [("250", ClaimKind.NUMBER)]),
        ("on 45/13/2018", [("45/13/2018", ClaimKind.DATE)]),
        ("12 345 678,90", [("12 345 678,90", ClaimKind.NUMBER)]),
        ("5 % of 7 €", [("5", ClaimKind.NUMBER), ("7", ClaimKind.NUMBER)]),
        ("it says “no 12.40 here”", [("no 12.40 here", ClaimKind.QUOTE)]),
        ("see www.example.org or a@b.org", [("www.example.org", ClaimKind.ADDRESS), ("a@b.org", ClaimKind.ADDRESS)]),
    ],
)
def test_claims_are_known_by_their_form(text: str, found: list[tuple[str, ClaimKind]]) -> None:
    assert [(text[claim.start : claim.end], claim.kind) for claim in claims_in(text)] == found


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234.50", {"1234.5"}),
        ("1.234,50", {"1234.5"}),
        ("1.234", {"1234.", "1.234"}),
        ("1.234.567", {"1234567."}),
        ("9.00", {"9."}),
        ("007", {"007"}),
        ("8:13", {"8:13"}),
    ],
)
def test_a_number_has_the_values_that_it_may_have(text: str, values: set[str]) -> None:
    assert number_value(text) == values


def test_names_are_short_or_values_or_capitalised() -> None:
    text = "The receipt is from Corner Bakery in Hamburg.\nVendor: corner bakery\noat milk"
    names = {text[claim.start : claim.end] for claim in names_in(text)}
    assert names == {"Corner Bakery", "Hamburg", "corner bakery", "oat milk"}


def test_a_sentence_is_no_name() -> None:
    assert not names_in("the total of this receipt is small")


def test_no_name_is_longer_than_what_is_searched_for() -> None:
    """A list of two thousand words was one name, and looking for it held the window up for twenty seconds."""
    names = names_in(", ".join(["Alpha Beta"] * 1000))
    assert names
    assert max(claim.end - claim.start for claim in names) <= MAX_NAME_CHARS


def test_a_currency_is_looked_for_beside_the_number_alone() -> None:
    text = "$" + " " * 5000 + "12"
    assert is_count(text, len(text) - 2, len(text))
    assert not is_count("$ 12", 2, 4)
    assert not is_count("12 €", 0, 2)
