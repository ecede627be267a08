"""Links, mailboxes, phone numbers, IBANs and dates in a line that was read."""

import pytest

from app.domain.documents.entities import Entity, EntityKind, entities_in, is_iban


def found(text: str) -> list[tuple[str, str]]:
    return [(entity.kind.value, entity.value) for entity in entities_in(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("See https://example.com/a?b=1#c.", "https://example.com/a?b=1#c"),
        ("HTTP://EXAMPLE.COM", "HTTP://EXAMPLE.COM"),
        ("www.garden-supplies.example/shop", "https://www.garden-supplies.example/shop"),
        ("(www.example.com)", "https://www.example.com"),
        ("https://en.wikipedia.org/wiki/Lens_(optics), then", "https://en.wikipedia.org/wiki/Lens_(optics)"),
        ("bücher.de", "https://bücher.de"),
        ("shop.example.co.uk:8080/x", "https://shop.example.co.uk:8080/x"),
        ("“https://example.com/a”", "https://example.com/a"),
        ("Visit example.com.", "https://example.com"),
    ],
)
def test_links(text: str, value: str) -> None:
    (entity,) = entities_in(text)
    assert (entity.kind, entity.value) == (EntityKind.LINK, value)
    assert text[entity.start : entity.end] == value.removeprefix("" if "://" in text else "https://")


@pytest.mark.parametrize(
    "text",
    [
        "Total 12.50",
        "e.g. this",
        "file.txt",
        "3.Items",
        "https://",
        "https://localhost",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.com",
        "smb://example.com/share",
        "1.2.3",
        "End.No",
    ],
)
def test_what_is_no_link(text: str) -> None:
    assert found(text) == []


def test_an_address_never_has_another_host_than_the_one_it_begins_with() -> None:
    for text in (
        "https://bank.com@evil.com",
        "https://user:secret@evil.com",
        "https://bank.com:80@evil.com",
        "https://bank.com\\@evil.com",
    ):
        assert all(value == "https://bank.com" for kind, value in found(text) if kind == "link"), text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("orders@garden-supplies.example", "orders@garden-supplies.example"),
        ("Mail: first.last+tag@sub.example.com.", "first.last+tag@sub.example.com"),
        ("mailto:a@b.de", "a@b.de"),
        ("<a_b@c-d.com>", "a_b@c-d.com"),
    ],
)
def test_mailboxes(text: str, value: str) -> None:
    assert found(text) == [("mail", value)]


@pytest.mark.parametrize("text", ["@garden", "a@b", "5 @ 2.50", "a@@b.com"])
def test_what_is_no_mailbox(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "shown", "value"),
    [
        ("Phone +44 20 7946 0958", "+44 20 7946 0958", "+442079460958"),
        ("+49 (0)30 123456-78", "+49 (0)30 123456-78", "+493012345678"),
        ("Tel.: 030/1234567", "030/1234567", "0301234567"),
        ("Fax 01 23 45 67 89", "01 23 45 67 89", "0123456789"),
        ("(555) 123-4567", "(555) 123-4567", "5551234567"),
        ("call 555-123-4567 now", "555-123-4567", "5551234567"),
        ("電話：03-1234-5678", "03-1234-5678", "0312345678"),
    ],
)
def test_phone_numbers(text: str, shown: str, value: str) -> None:
    (entity,) = entities_in(text)
    assert (entity.kind, entity.value, text[entity.start : entity.end]) == (EntityKind.PHONE, value, shown)


@pytest.mark.parametrize(
    "text", ["Order 123456789", "12.50 13.50 14.50", "+5", "2 x 3 = 6", "Hotel 123456", "4006381333931"]
)
def test_what_is_no_phone_number(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "IBAN DE89 3704 0044 0532 0130 00",
        "IBAN: DE89370400440532013000, BIC COBADEFFXXX",
        "GB82 WEST 1234 5698 7654 32",
        "NO93 8601 1117 947",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
    ],
)
def test_ibans(text: str) -> None:
    (entity,) = entities_in(text)
    assert entity.kind is EntityKind.IBAN
    assert text[entity.start : entity.end].replace(" ", "") == entity.value
    assert is_iban(entity.value)


@pytest.mark.parametrize(
    "text",
    [
        "DE89 3704 0044 0532 0130 01",  # A wrong digit.
        "DE98 3704 0044 0532 0130 00",
        "DE89 3704 0044 0532 0130 0",
        "DE89 3704 0044 0532 0130 000",
        "XX89 3704 0044 0532 0130 00",
        "DE89 37O4 0044 0532 0130 00",  # A letter O.
    ],
)
def test_an_iban_with_wrong_check_digits_is_none(text: str) -> None:
    assert [kind for kind, _ in found(text) if kind == "iban"] == []


def test_words_after_an_iban_are_no_part_of_it() -> None:
    assert found("DE89 3704 0044 0532 0130 00 BIC COBADEFF") == [("iban", "DE89370400440532013000")]


def test_dates_and_several_in_a_line() -> None:
    text = "14 March 2026, a@b.com, www.b.com, Tel 030 1234567"
    assert found(text) == [
        ("date", "14 March 2026"),
        ("mail", "a@b.com"),
        ("link", "https://www.b.com"),
        ("phone", "0301234567"),
    ]


def test_spans_are_in_order_and_apart() -> None:
    entities = entities_in("a.b@c.com b.com/x@y.com 2026-03-14 +44 20 7946 0958 03-14-2026")
    ends = [0, *(entity.end for entity in entities)]
    assert all(entity.start >= end for entity, end in zip(entities, ends, strict=False))
    assert entities[0] == Entity(EntityKind.MAIL, 0, 9, "a.b@c.com")


@pytest.mark.parametrize(
    "text", ["a" * 50_000, "a." * 20_000, "a@" * 20_000, "1 " * 20_000, "DE11 " * 10_000, "+1(" * 9_000]
)
def test_a_long_line_of_anything_ends(text: str) -> None:
    entities_in(text)
