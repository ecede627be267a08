"""Which texts have columns by spaces."""

import pytest

from app.domain.text.aligned_columns import has_aligned_columns

RECEIPT = """\
        CAFE LORGNETTE
2 x Espresso           5.00
1 x Walnut cake        4.00
TOTAL EUR             12.80"""
LISTING = """\
name       size   date
a.txt      12     2026-11-03
long.txt   1,200  2026-11-04"""


@pytest.mark.parametrize("text", [RECEIPT, LISTING])
def test_columns(text: str) -> None:
    assert has_aligned_columns(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plain prose.  Two spaces after a sentence.\n" * 9,
        "Total  12.50\nVAT  2.00\nSum  14.50",
        "a    b\nand another    c\nthe third one    d",
        "    indented\n    prose\n    alone",
        "a    b\nc    d",
    ],
)
def test_prose_and_ragged_gaps_are_none(text: str) -> None:
    assert not has_aligned_columns(text)
