"""Tables as spreadsheets, web pages and Markdown take them."""

import csv
import html
import io
import re
import unicodedata

import pytest

from app.domain.documents.page_formats import PageFormat, formatted
from app.domain.documents.pages import OcrPage
from app.domain.documents.table_formats import as_csv, as_html, as_markdown, as_tsv, harmless, is_number
from app.domain.documents.tables import Cell, Table
from app.domain.documents.worksheets import table_sheet
from app.domain.images.geometry import Box, Point, TextLine

BOX = Box(0, 100, 400, 200)


def table(*rows: tuple[str, ...]) -> Table:
    cells = [Cell(row, column, text, BOX) for row, texts in enumerate(rows) for column, text in enumerate(texts)]
    return Table(len(rows), len(rows[0]), tuple(cells), BOX, is_ruled=True)


def line(text: str, left: float, top: float) -> TextLine:
    right, bottom = left + 50, top + 20
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return TextLine.between(text, corners, 0.9)


SPANNING = Table(
    2, 3, (Cell(0, 0, "wide", BOX, 1, 2), Cell(0, 2, "high", BOX, 2, 1), Cell(1, 0, "a<b", BOX)), BOX, is_ruled=True
)


def test_a_markdown_table_holds_no_html_and_no_images() -> None:
    written = as_markdown(table(("<img src=//e>", "\\<b>"), ("![x](//e)", "1 < 2")))
    assert written.splitlines()[0] == r"| \<img src=//e> | \\\<b> |"
    assert written.splitlines()[2] == r"| \![x]\(//e) | 1 < 2 |"


def test_csv_comes_back_as_it_was() -> None:
    rows = (("a,b", 'say "hi"', "two\nlines"), ("1.5", "", "日本"))
    assert [tuple(row) for row in csv.reader(io.StringIO(as_csv(table(*rows)), newline=""))] == list(rows)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "-2+3",
        "\t=1",
        " =1+1",
        "\xa0=1+1",
        "\u200b=1+1",
        "\ufeff\u2060=1",
        "\n=1+1",
        "\r=1+1",
        "＝1+1",
        "＋1+1",
        "－1+1",
        "＠SUM(A1)",
        "﹦1",
        "a;=1+1",
        "a;=1+1;",
        "a; +1-1",
        "a\t=1",
        "a\n=1+1",
        "\x00=1",
        "-1-2",
        "+49-30-1234",
        "-A1",
        "- item",
        '=HYPERLINK("http://a","b")',
        '=1;"=2"',
        "\u3000=1",
        "@",
        "-",
        'a;"=1+1;b',
        '"=1+1"',
    ],
)
def test_what_would_be_run_as_a_formula_is_made_harmless(text: str) -> None:
    made = table(("x", text, "-5", text))
    (row,) = csv.reader(io.StringIO(as_csv(made), newline=""))
    assert [row[0], row[2]] == ["x", "-5"]
    assert [cell.replace("'", "") for cell in row] == ["x", *(t.replace("'", "") for t in (text, "-5", text))]
    assert not any(begins_as_formula(cell) for cell in (row[1], row[3]))
    # Where half of Europe's languages are set; then a comma is a letter, and a quote within a cell, too.
    for delimiter in ";\t":
        rows = csv.reader(as_csv(made).splitlines(), delimiter=delimiter, quoting=csv.QUOTE_NONE)
        assert not any(begins_as_formula(cell.strip('"')) for row in rows for cell in row)
    cells = as_tsv(made.grid()).split("\t")
    assert not any(begins_as_formula(cell) for cell in cells if cell != "-5")
    pasted = re.findall(r"<td>(.*?)</td>", as_html(made, is_pasted=True), re.DOTALL)
    assert not any(begins_as_formula(html.unescape(cell)) for cell in pasted if cell != "-5")
    assert html.unescape(re.findall(r"<td>(.*?)</td>", as_html(made), re.DOTALL)[1]) == text


def begins_as_formula(cell: str) -> bool:
    return unicodedata.normalize("NFKC", cell.strip("\u200b\ufeff\u2060\x00\x1f \t\r\n\xa0\u3000"))[:1] in tuple("=+-@")


@pytest.mark.parametrize(
    "text",
    ["-5", "-3.50", "-3,50 €", "- 12", "+49 30 1234567", "+4", "-1.234,56", "-1'000", "-12 %", "－５", "+1\xa0000",
     "-.5", "a=b", "a@b.org", "1-2", "x; y", "(-5)"],
)  # fmt: skip
def test_numbers_and_ordinary_text_are_left_alone(text: str) -> None:
    assert harmless(text) == text


def test_a_pages_lines_are_no_formulas() -> None:
    page = OcrPage(400, 400, (line("=1+1", 0, 0),), "=1+1")
    row = formatted(page, "=cmd.png", PageFormat.TSV).rstrip("\n").split("\t")
    assert (row[0], row[-1]) == ("'=cmd.png", "'=1+1")


def test_html_has_spans_and_nothing_that_runs() -> None:
    assert as_html(SPANNING) == (
        '<table><tr><td colspan="2">wide</td><td rowspan="2">high</td></tr><tr><td>a&lt;b</td><td></td></tr></table>'
    )


def test_markdown_keeps_its_columns() -> None:
    assert as_markdown(table(("a|b", "c\\d"), ("1\n2", ""))) == "| a\\|b | c\\\\d |\n| --- | --- |\n| 1 2 |  |\n"


def test_tsv_has_no_tabs_within_cells() -> None:
    assert as_tsv([["a\tb", "c"], ["d\ne", ""]]) == "a b\tc\nd e\t"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", True), ("-3.50", True), ("0.5", True), ("007", False), ("1,5", False), ("1.", False), (".5", False),
     ("1e5", False), ("", False), ("-", False), ("²", False), ("1234567890123456", False)],
)  # fmt: skip
def test_what_is_a_number_everywhere(text: str, expected: bool) -> None:
    assert is_number(text) is expected


def test_a_sheet_has_the_tables_spans() -> None:
    sheet = table_sheet("Page 1", SPANNING)
    assert sheet.rows == [["wide", "", "high"], ["a<b", "", ""]]
    assert list(sheet.merged) == [(0, 0, 1, 2), (0, 2, 2, 1)]


def page() -> OcrPage:
    lines = (
        line("Dear <all>", 10, 10),
        line("a", 10, 110),
        line("b", 200, 110),
        line("c", 10, 160),
        line("Bye", 10, 300),
    )
    made = table(("a", "b"), ("c", "d"))
    return OcrPage(400, 400, lines, "Dear <all>\na  b\nc\nBye", tables=(made,))


def test_a_page_has_its_table_where_it_stood() -> None:
    markdown = formatted(page(), "x.png", PageFormat.MARKDOWN)
    assert markdown == "## x.png\n\nDear \\<all>  \n\n| a | b |\n| --- | --- |\n| c | d |\n\nBye  \n"
    made = formatted(page(), "<x>", PageFormat.HTML)
    assert "<h2>&lt;x&gt;</h2>\n<p>Dear &lt;all&gt;</p>\n<table>" in made
    assert made.rstrip().endswith("</table>\n<p>Bye</p>")


def test_csv_of_a_page_has_its_tables_alone() -> None:
    assert formatted(page(), "x.png", PageFormat.CSV) == "a,b\r\nc,d\r\n"
    assert formatted(OcrPage(1, 1, (), "text"), "x.png", PageFormat.CSV) == ""


def test_what_stands_beside_a_table_is_not_lost() -> None:
    lines = (
        line("Look:", 405, 110),
        line("a", 10, 110),
        line("b", 200, 110),
        line("c", 10, 160),
        line("d", 200, 160),
        line("A note", 410, 160),
    )
    page = OcrPage(600, 400, lines, "Look:  a  b\nc  d  A note", tables=(table(("a", "b"), ("c", "d")),))
    markdown = formatted(page, "x.png", PageFormat.MARKDOWN)
    assert markdown == "## x.png\n\nLook:  \n\n| a | b |\n| --- | --- |\n| c | d |\n\nA note  \n"
    assert "<p>A note</p>" in formatted(page, "x.png", PageFormat.HTML)


def test_what_stands_in_a_table_but_in_no_cell_is_not_lost() -> None:
    lines = (line("a", 10, 110), line("b", 200, 110), line("Stamp", 100, 130))
    page = OcrPage(400, 400, lines, "a  b\nStamp", tables=(table(("a", "b")),))
    assert formatted(page, "x.png", PageFormat.MARKDOWN).endswith("| --- | --- |\n\nStamp  \n")


def test_tables_side_by_side_are_both_there() -> None:
    right = Box(400, 100, 800, 200)
    other = Table(1, 2, (Cell(0, 0, "e", right), Cell(0, 1, "f", right)), right, is_ruled=True)
    lines = (line("a", 10, 110), line("b", 200, 110), line("e", 410, 110), line("f", 600, 110))
    page = OcrPage(800, 400, lines, "a  b  e  f", tables=(table(("a", "b")), other))
    markdown = formatted(page, "x.png", PageFormat.MARKDOWN)
    assert markdown == "## x.png\n\n| a | b |\n| --- | --- |\n\n| e | f |\n| --- | --- |\n"
