"""Documents that a model answers with, as pages with blocks, tables and places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents.answer_pages import page_of_answer
from app.domain.documents.blocks import BlockKind
from app.domain.documents.html_pages import page_as_html
from app.domain.documents.markdown_pages import page_as_markdown
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box

HTML = """```html
<html><body>
<h1 data-bbox="100 50 500 100">Annual <b>report</b></h1>
<p data-bbox="100 120 900 200">First line<br/>second &amp; last</p>
<ol data-bbox="100 210 900 300"><li data-bbox="100 210 900 250">one</li>
<li data-bbox="100 250 900 300"><p>two</p></li></ol>
<div class="image" data-bbox="100 310 400 500"><img data-bbox="110 320 390 490"/></div>
<div class="formula" data-bbox="500 310 900 350"><img data-bbox="500 310 900 350"/><div>$$x^2$$</div></div>
<table data-bbox="100 600 900 800">
<tr><th>Item</th><th colspan="2">Price</th></tr>
<tr><td rowspan="2">Tea</td><td>1</td><td data-bbox="600 700 900 750">2</td></tr>
<tr><td>3</td><td></td></tr>
</table>
<div class="footer" data-bbox="400 950 600 980">- 7 -</div>
</body></html>
```"""


@pytest.fixture
def page() -> OcrPage:
    return page_of_answer(HTML, 2000, 1000)


def test_blocks_with_their_places(page: OcrPage) -> None:
    assert [(block.kind, block.level) for block in page.blocks] == [
        (BlockKind.HEADING, 1),
        (BlockKind.PARAGRAPH, 0),
        (BlockKind.LIST_ITEM, 0),
        (BlockKind.LIST_ITEM, 0),
        (BlockKind.FIGURE, 0),
        (BlockKind.FORMULA, 0),
        (BlockKind.TABLE, 0),
        (BlockKind.FOOTER, 0),
    ]
    assert page.blocks[0].box == Box(200, 50, 1000, 100)
    texts = [line.text for line in page.lines]
    assert texts[:5] == ["Annual report", "First line", "second & last", "1. one", "2. two"]
    assert (page.lines[1].box.bottom, page.lines[2].box.top) == (160, 160)
    assert sorted(number for block in page.blocks for number in block.lines) == list(range(len(page.lines)))


def test_tables_with_spans(page: OcrPage) -> None:
    (table,) = page.tables
    assert table.grid() == [["Item", "Price", ""], ["Tea", "1", "2"], ["", "3", ""]]
    assert [(cell.row_span, cell.column_span) for cell in table.cells[:3]] == [(1, 1), (1, 2), (2, 1)]
    assert table.cells[4].box == Box(1200, 700, 1800, 750)


def test_pages_export_like_any_other(page: OcrPage) -> None:
    markdown = page_as_markdown(page)
    assert markdown.startswith("# Annual report\n\n")
    assert "1. one" in markdown
    assert "$$x^2$$" in markdown
    assert "| Tea | 1 | 2 |" in markdown
    assert '<td rowspan="2">Tea</td>' in page_as_html(page)


def test_an_answer_that_is_cut_off_has_what_is_there() -> None:
    whole = len(page_of_answer(HTML, 2000, 1000).lines)
    for length in range(0, len(HTML), 7):
        part = page_of_answer(HTML[:length], 2000, 1000)
        assert len(part.lines) <= whole
    cut = page_of_answer(HTML[: HTML.index("</table>")], 2000, 1000)
    assert cut.tables[0].grid()[1] == ["Tea", "1", "2"]


def test_other_answers_are_text_with_tables_in_markdown() -> None:
    table = "\\begin{tabular}{ll}a & b\\\\c & d\\end{tabular}"
    text = f"# Title\n\n<!-- Table (1, 2, 3, 4) -->\n{table}\n\nEnd <!-- a remark -->"
    page = page_of_answer(text, 100, 100)
    assert page.lines == ()
    assert page.text == "# Title\n\n\n\n| a | b |\n| --- | --- |\n| c | d |\n\n\n\nEnd <!-- a remark -->"
    assert page_of_answer("plain\n  text", 1, 1) == OcrPage(1, 1, (), "plain\n  text")


def test_nothing_that_was_written_is_lost() -> None:
    place = 'data-bbox="10 20 500 600"'
    page = page_of_answer(f"<p {place}>Mail <john@x.org>, List<String> x < y</p>", 100, 100)
    assert page.text == "Mail <john@x.org>, List<String> x < y"
    page = page_of_answer(f"<table {place}><caption>Fares</caption><tr><td>1</td></tr></table>", 100, 100)
    assert page.text == "Fares\n1"
    page = page_of_answer(f"<p {place}>x</p>" * 6000 + f"<table {place}><td>last</table>", 100, 100)
    assert page.text.count("x") == 6000
    assert page.text.endswith("\nlast")
    rows = "<tr><td>Tea<td>2.50<tr><td>Honey<td>7.00"
    page = page_of_answer(f"<p {place}>x</p>" * 6000 + f"<table {place}>{rows}</table>", 100, 100)
    assert page.text.endswith("\nTea  2.50\nHoney  7.00")
    assert page_of_answer("Text <!-- TODO (1) --> more", 1, 1).text == "Text <!-- TODO (1) --> more"
    assert page_of_answer("Text <!-- Image (1, 2, 3, 4) --> more", 1, 1).text == "Text  more"


def test_a_page_in_a_block_of_markdown_is_its_content() -> None:
    assert page_of_answer("```markdown\n# Title\n```", 1, 1).text == "# Title"
    assert page_of_answer("```\nsome code\n```", 1, 1).text == "```\nsome code\n```"


PLAIN = """<h1>Fares</h1>
<p>Valid from<br>May</p><ul><li>one</li></ul>
<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"""


@pytest.mark.parametrize(
    "text", [PLAIN, f"<!DOCTYPE html>\n<html><body>{PLAIN}</body></html>", f"```html\n{PLAIN}\n```"]
)
def test_a_document_without_places_lies_from_top_to_bottom(text: str) -> None:
    page = page_of_answer(text, 300, 600)
    assert [(block.kind, block.box.top, block.box.bottom) for block in page.blocks] == [
        (BlockKind.HEADING, 0, 100),
        (BlockKind.PARAGRAPH, 100, 300),
        (BlockKind.LIST_ITEM, 300, 400),
        (BlockKind.TABLE, 400, 600),
    ]
    assert page.tables[0].grid() == [["a", "b"], ["c", ""]]
    assert [line.box.top for line in page.lines] == [0, 100, 200, 300, 400, 400, 500]


def test_markdown_that_begins_with_a_table_of_html_is_no_document_of_html() -> None:
    page = page_of_answer("<table><tr><th>A|</th></tr><tr><td>1</td></tr></table>\n# Title\n- item", 100, 100)
    assert page.lines == ()
    assert page.text == "| A\\| |\n| --- |\n| 1 |\n\n\n# Title\n- item"


def test_code_with_a_table_stays_code() -> None:
    code = "```html\n<table><tr><td>1</table>\n```"
    for text in (f"Write:\n````\n{code}\n````", "```python\n'<table><td>1</table>'\n```"):
        assert "<table>" in page_of_answer(text, 1, 1).text


def test_a_table_within_a_table_is_text() -> None:
    inner = "<table><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></table>"
    outer = f"<tr><td>1{inner}</td><td>2</td></tr><tr><td>3</td></tr></table>"
    placed = page_of_answer(f"<table data-bbox='0 0 999 999'>{outer}", 100, 100)
    assert placed.tables[0].grid() == [["1 x y z", "2"], ["3", ""]]
    assert page_of_answer(f"# T\n<table>{outer}\nend", 9, 9).text == (
        "# T\n\n\n| 1 x y z | 2 |\n| --- | --- |\n| 3 |  |\n\n\nend"
    )


def test_what_is_around_a_document_stays_and_its_fences_go() -> None:
    one, two = (f"```html\n<p data-bbox='0 {top} 500 {top + 9}'>{top}</p>\n```" for top in (10, 500))
    page = page_of_answer(f"Here it is:\n{one}\nand\n{two}\nDone.", 1000, 1000)
    assert page.text.split("\n") == ["Here it is:", "10", "and", "500", "Done."]
    assert page.lines[3].box == Box(0, 500, 500, 509)
    assert page_of_answer("Sure:\n```markdown\n# T\n```\nBye", 1, 1).text == "Sure:\n# T\nBye"
    assert page_of_answer("```md\n# T\n```py\nx\n```\nend\n```", 1, 1).text == "# T\n```py\nx\n```\nend"


def test_places_are_those_that_are_found_in_a_chat() -> None:
    page = page_of_answer('<p data-bbox="0.1 .2 0.5 1">Sales</p>', 1000, 1000)
    assert page.lines[0].box == Box(100, 200, 500, 1000)
    text = "A <!-- Image (left) (1, 2, 3, 4) --> B\n  <!--Chart(1,2)-->\nC <!-- a note (1, x) -->"
    assert page_of_answer(text, 1, 1).text == "A  B\nC <!-- a note (1, x) -->"


def test_scripts_and_styles_are_not_shown() -> None:
    hidden = "<title>A</title><style>p { color: red }</style>"
    text = f"<html>{hidden}<body><p>Shown</p><SCRIPT>if (a < b) c()</SCRIPT><script>d("
    assert page_of_answer(text, 10, 10).text == "Shown"
    assert page_of_answer(f"<p data-bbox='1 2 3 4'>{text}", 10, 10).text == "Shown"


PIECES = st.sampled_from([
    "<p data-bbox='1 2 3 4'>", "</p>", "<table data-bbox='0 0 1000 1000'>", "</table>", "<tr>", "<td>", "text", "<br>",
    "<td rowspan=99999 colspan=99>", "<li>", "<ol>", "</ol>", "<h1 data-bbox='5 5 5 5'>", "<img data-bbox='1 1 9 9'>",
    "<div class='formula'>", "</div>", "<", ">", "&#0;", "&amp", "<!--", "<![CDATA[", "\n", "<pre>", "</html>",
    "<td data-bbox='9 9 99999999 10'>",
    "```html\n", "\n```\n", "<script>", "</script>", "<table>", "<p>", "<html>",
])  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_written_makes_a_whole_page(text: str) -> None:
    page = page_of_answer(text, 640, 480)
    numbers = sorted(number for block in page.blocks for number in block.lines)
    assert numbers == (list(range(len(page.lines))) if page.lines else [])
    for line in page.lines:
        assert 0 <= line.box.left < line.box.right <= 640
    page_as_markdown(page)


def test_a_huge_table_has_an_end() -> None:
    page = page_of_answer("<table data-bbox='0 0 9 9'><tr>" + "<td colspan=100 rowspan=100>x" * 300, 100, 100)
    assert len(page.lines) <= 300


@pytest.mark.timeout(60)
def test_a_row_without_an_end_is_read_once() -> None:
    """Each cell was looked for from the row's begin: minutes."""
    page = page_of_answer("<table data-bbox='0 0 9 9'><tr>" + "<td>x" * 100_000, 100, 100)
    assert page.tables[0].columns == 5000


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<![",
        "<?",
        "<a ",
        '<p data-bbox="',
        "</",
        "&#",
        "<div>x",
        "<td>x",
        "<p " + "a" * 999,
        "<table>",
        "<script>",
        "```html\n",
    ],
)
def test_what_never_ends_is_read_to_its_end(piece: str) -> None:
    """Python's own parser took minutes over some of these, and failed on others."""
    text = '<p data-bbox="1 2 3 4">first</p>' + piece * 5000 + '<p data-bbox="1 2 3 4">last</p>'
    assert page_of_answer(text, 100, 100).lines[0].text == "first"
