"""Codes below the text of a reading."""

from app.domain.documents.page_formats import PageFormat, formatted
from app.domain.documents.pages import OcrPage
from app.domain.images.codes import Code, with_codes
from app.domain.images.geometry import Box

BOX = Box(0, 0, 10, 10)
QR = Code("QR Code", "https://example.org/?a=1", BOX)


def test_codes_stand_below_the_text_a_line_each() -> None:
    both = with_codes("Ticket\n", (QR, Code("EAN-13", "4006381333931", BOX)))
    assert both == "Ticket\n\nQR Code: https://example.org/?a=1\nEAN-13: 4006381333931"
    assert with_codes("", (QR,)) == "QR Code: https://example.org/?a=1"
    assert with_codes("Ticket\n", ()) == "Ticket\n"


def test_what_a_code_says_cannot_break_the_line_or_turn_it_round() -> None:
    hostile = Code("QR Code", "a\nb\x1b[2J\u202egpj\x00 naïve 名", BOX)
    assert with_codes("", (hostile,)) == "QR Code: a\\nb\\x1b[2J\\u202egpj\\x00 naïve 名"


def test_codes_are_in_every_format_but_the_table_of_lines() -> None:
    page = OcrPage(10, 10, (), "Ticket", codes=(QR,))
    for form in (PageFormat.TEXT, PageFormat.MARKDOWN, PageFormat.JSON):
        assert "example.org" in formatted(page, "ticket.png", form)
    assert '"kind": "QR Code"' in formatted(page, "ticket.png", PageFormat.JSON)
    assert formatted(page, "ticket.png", PageFormat.TSV) == ""
