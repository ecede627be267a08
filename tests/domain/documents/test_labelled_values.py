"""Names and values of a page: pairs are found as they stand, and no page makes up anything."""

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.documents.labelled_values import DATE_NAME, MAX_NAME_CHARS, labelled_values
from app.domain.documents.page_fields import page_fields
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, Point, TextLine


def line(text: str, left: float, top: float) -> TextLine:
    corners = (Point(left, top), Point(left + 80, top), Point(left + 80, top + 20), Point(left, top + 20))
    return TextLine.between(text, corners, 0.9)


def page(*rows: list[str]) -> OcrPage:
    """A page whose lines stand where their places in the rows say."""
    lines = [line(text, 100 * x, 30 * y) for y, row in enumerate(rows) for x, text in enumerate(row)]
    return OcrPage(1000, 1000, tuple(lines), "\n".join("  ".join(row) for row in rows))


def pairs(*rows: list[str]) -> list[tuple[str, str]]:
    return [(found.name, found.value) for found in labelled_values(page(*rows))]


words = st.text(st.characters(categories=["Ll", "Lu"]), min_size=2, max_size=10)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)
values = st.lists(st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=8), min_size=1).map(" ".join)
wild = st.text(st.sampled_from("aB1 :：\t\n.日"), max_size=12)


@given(names, values, st.sampled_from([":", ": ", " : ", "：", ":  "]))
def test_a_pair_is_found_in_one_line_and_in_two(name: str, value: str, colon: str) -> None:
    assert pairs([f"{name}{colon}{value}"]) == [(name, value)]
    assert pairs(["12 May"], [f"{name}{colon}".rstrip(), value]) == [(name, value)]


@given(st.lists(st.lists(wild, min_size=1, max_size=3), max_size=4))
@example([["Total:", ""]])
@example([["Total:", "Date:"]])
def test_any_page_has_pairs_of_its_own_lines(rows: list[list[str]]) -> None:
    read = page(*rows)
    found = labelled_values(read)
    boxes: Counter[Box] = Counter(box for pair in found if pair.name != DATE_NAME for box in pair.boxes)
    assert boxes <= Counter(one.box for one in read.lines)
    texts = {one.box: one.text for one in read.lines}
    for pair in found:
        evidence = [texts[box] for box in pair.boxes]
        assert 2 <= len(pair.name) <= MAX_NAME_CHARS
        assert pair.name in evidence[0]
        assert pair.value in evidence[-1]
        assert (pair.name, pair.value) == (pair.name.strip(), pair.value.strip())
        assert not pair.is_unverified


@pytest.mark.parametrize(
    ("row", "name", "value"),
    [
        (["Total", "12.50"], "Total", "12.50"),
        (["TOTAL RM", "12.50"], "TOTAL", "12.50"),
        (["Grand Total", "RM 1,012.50"], "Grand Total", "RM 1,012.50"),
        (["Total Sales (Inclusive GST) RM", "2.50"], "Total Sales (Inclusive GST)", "2.50"),
        (["Total Amount Due $8.20"], "Total Amount Due", "$8.20"),
        (["Total Incl. GST@6%", "RM 31.20"], "Total Incl. GST@6%", "RM 31.20"),
        (["Gesamtbetrag", "12,50 €"], "Gesamtbetrag", "12,50"),
        (["合計", "¥1,200"], "合計", "¥1,200"),
        (["TOTAL:MYR", "13.10"], "TOTAL", "13.10"),
        (["Total after discount", "12.50"], "Total after discount", "12.50"),
        (["3 items", "Total", "12.50"], "Total", "12.50"),
    ],
)
def test_a_total_needs_no_colon(row: list[str], name: str, value: str) -> None:
    assert pairs(["1 Tea", "2.50"], row) == [(name, value)]


def test_a_total_may_stand_in_the_row_below_its_name() -> None:
    assert pairs(["TOTAL"], ["RM 170.00"]) == [("TOTAL", "RM 170.00")]
    assert pairs(["Item", "Qty", "Total"], ["9.00"]) == []


@pytest.mark.parametrize(
    "row",
    [
        ["Total Qty", "2"],
        ["Total Qty: 2"],
        ["Total Items", "1.00"],
        ["Total Savings", "0.50"],
        ["LOYALTY TOTAL", "250.00"],
        ["LOYALTY", "TOTAL", "250.00"],
        ["TOTAL", "SAVINGS", "0.50"],
        ["TOTAL REWARDS EARNED", "1.25"],
        ["Voucher total", "0.50"],
        ["TOTAL UNITS", "3.00"],
        ["TOTAL WEIGHT", "1.25"],
        ["TOTAL TENDERED", "50.00"],
        ["Gesamtersparnis", "0,50"],
        ["Gesamtgewicht", "1,25"],
        ["Summe Treuepunkte", "12,00"],
        ["Total ahorro", "0,50"],
        ["ポイント合計", "¥12"],
        ["合計点数", "¥3"],
        ["TAX TOTAL: 0.14"],
        ["GST @6% included in total", "0.14"],
        ["(Total Included GST 6% : 0.14)"],
        ["Sub Total", "2.36"],
        ["Total", "2.36", "0.14"],
    ],
)
def test_other_totals_are_not_taken_for_the_total(row: list[str]) -> None:
    assert not pairs(["Due", "2.50"], row)
    assert ("Total", "2.50") in pairs(["Total", "2.50"], row)


def test_a_subtotal_is_the_total_if_it_was_paid() -> None:
    assert pairs(["SUBTOTAL", "53.60"], ["CASH", "100.00"], ["CHANGE", "46.40"]) == [("SUBTOTAL", "53.60")]


def test_the_total_after_rounding_is_a_total() -> None:
    rows = (["TOTAL AMT.RM", "60.31"], ["ROUNDING ADJ", "-0.01"], ["RM", "60.30"], ["CASH", "70.30"])
    assert pairs(*rows) == [("TOTAL AMT", "60.31"), ("TOTAL AMT", "60.30")]


@pytest.mark.parametrize(
    "date", ["25/12/2018", "2018-12-25", "19 Mar 2018", "Oct 3, 2016", "05-JAN-17", "2018年3月19日"]
)
def test_the_only_date_of_a_page_is_a_value(date: str) -> None:
    assert pairs(["Corner Bakery"], [f"{date} 18:26", "#01"]) == [("Date", date)]
    assert pairs([f"{date} 18:26"], ["02.02.2002"]) == []


def test_a_date_that_was_cut_in_two_is_joined() -> None:
    assert pairs(["Date:", "Oct 3,", "2016 12:16 PM"]) == [("Date", "Oct 3, 2016")]


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([["MÜLLER & SÖHNE GmbH"], ["Hauptstraße 5"]], "MÜLLER & SÖHNE GmbH"),
        ([["#0412"], ["THE CORNER SHOP LTD (519537-X)"], ["NO 5"]], "THE CORNER SHOP LTD"),
        ([["Acme, Inc."]], "Acme, Inc."),
        ([["MR. B.A.K. (M) SDN BHD", "05/06"]], "MR. B.A.K. (M) SDN BHD"),
    ],
)
def test_the_company_is_known_by_its_legal_form(rows: list[list[str]], name: str) -> None:
    assert pairs(*rows) == [("Company", name)]


@pytest.mark.parametrize(
    "rows",
    [
        [["CORNER SHOP"]],
        [["WESTERN EASTERN"], ["STATIONERY SDN BHD"]],
        [["Bill to"], ["a shop that is not Ltd"]],
        [["Bill to:"], ["The Corner Shop Ltd"]],
        [["The Corner Shop Ltd"], ["The Other Shop Ltd"]],
        [["1"], ["2"], ["3"], ["4"], ["5"], ["6"], ["The Corner Shop Ltd"]],
    ],
)
def test_a_company_that_is_not_certain_is_left_out(rows: list[list[str]]) -> None:
    assert all(name != "Company" for name, _ in pairs(*rows))


def test_empty_forms_have_no_values() -> None:
    assert pairs(["Name:", "Date:"], ["Name:  Date:"]) == []


def test_values_are_in_json_with_their_boxes() -> None:
    fields = page_fields(page(["Total", "12.50"]))
    assert fields["values"] == [
        {"name": "Total", "value": "12.50", "box": {"left": 100, "top": 0, "right": 180, "bottom": 20}}
    ]
