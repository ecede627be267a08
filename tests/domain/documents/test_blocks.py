"""Blocks that the lines of a page form, and documents made of them."""

import json
from dataclasses import replace

import pytest
from lxml import etree  # type: ignore[import-untyped]
from markdown_it import MarkdownIt

from app.domain.documents.blocks import Area, Block, BlockKind
from app.domain.documents.clean_up import CleanUp, cleaned_text, main_text, without_ignored
from app.domain.documents.document_formats import document_text
from app.domain.documents.html_pages import page_as_html
from app.domain.documents.markdown_pages import page_as_markdown
from app.domain.documents.page_blocks import blocks_of, page_blocks
from app.domain.documents.page_formats import PageFormat
from app.domain.documents.page_parts import page_parts
from app.domain.documents.page_rows import selected_text
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Cell, Table
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.domain.images.quarter_turns import rotated_box

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def line(text: str, left: float, top: float, width: float = 600, height: float = 20) -> TextLine:
    corners = (Point(left, top), Point(left + width, top), Point(left + width, top + height), Point(left, top + height))
    return TextLine.between(text, corners, 0.9)


def page(*lines: TextLine, tables: tuple[Table, ...] = ()) -> OcrPage:
    return OcrPage(800, 1000, lines, "\n".join(line.text for line in lines), tables=tables)


REPORT = page(
    line("The harbour", 100, 80, 300, 48),
    line("The harbour was quiet that morning, and the boats lay along", 100, 160),
    line("the pier as if nobody would sail.", 100, 184, 480),
    line("What was found", 100, 230, 200, 30),
    line("• ropes and anchors of boats that had been sold long ago to", 100, 280),
    line("other harbours", 118, 304, 150),
    line("• oars", 100, 328, 80),
    line("Figure 1: The pier in 1911", 100, 400, 300),
    line("1 As the harbour master told us.", 100, 900, 300, 14),
    line("- 17 -", 380, 960, 60),
)


def kinds(of: OcrPage, *areas: Area) -> list[tuple[str, tuple[int, ...]]]:
    return [(block.kind.value, block.lines) for block in blocks_of(of, areas)]


def test_headings_paragraphs_lists_captions_and_notes_are_found() -> None:
    assert kinds(REPORT) == [
        ("heading", (0,)),
        ("paragraph", (1, 2)),
        ("heading", (3,)),
        ("list_item", (4, 5)),
        ("list_item", (6,)),
        ("caption", (7,)),
        ("footnote", (8,)),
        ("footer", (9,)),
    ]
    assert [block.level for block in blocks_of(REPORT) if block.kind is BlockKind.HEADING] == [1, 2]


def test_a_numbered_heading_is_no_item_of_a_list_if_the_next_one_is_a_heading() -> None:
    texts = [line(f"The boats lay along the pier, {n} by {n}.", 100, top) for n, top in enumerate((160, 300, 440))]
    first, second = line("1. Boats", 100, 100, 120, 28), line("2. Ropes", 100, 240, 120, 27)
    items = [line(f"{n}. ropes", 100, 340 + 24 * n, 80) for n in (1, 2, 3)]
    known = Area(BlockKind.HEADING, Box(95, 235, 260, 270), 0.9)
    found = kinds(page(first, texts[0], second, texts[1], *items, texts[2]), known)
    assert [kind for kind, _ in found] == [
        "heading",
        "paragraph",
        "heading",
        "paragraph",
        *["list_item"] * 3,
        "paragraph",
    ]
    assert kinds(page(first, texts[0]))[0][0] == "list_item"


def test_a_model_knows_headings_of_the_texts_own_size_and_figures() -> None:
    plain = page(
        line("2.1 Method", 100, 100, 120), *(line(f"Some words of text {n}", 100, 140 + 24 * n) for n in range(9))
    )
    title = Area(BlockKind.HEADING, Box(90, 95, 240, 125), 0.9)
    picture = Area(BlockKind.FIGURE, Box(100, 500, 700, 800), 0.9)
    assert kinds(plain, title, picture)[0] == ("heading", (0,))
    assert kinds(plain, title, picture)[-1] == ("figure", ())
    assert kinds(plain, Area(BlockKind.HEADING, title.box, 0.2))[0][0] != "heading"
    assert all(kind != "figure" for kind, _ in kinds(plain, Area(BlockKind.FIGURE, Box(0, 0, 800, 1000), 0.9)))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_each_line_is_in_one_block_on_pages_that_were_rotated(rotation: int) -> None:
    turned = OcrPage(800, 1000, REPORT.lines, REPORT.text, rotation)
    numbers = sorted(number for block in blocks_of(turned) for number in block.lines)
    assert numbers == list(range(len(REPORT.lines)))


def test_pages_of_earlier_versions_get_blocks_and_others_keep_theirs() -> None:
    own = OcrPage(
        800, 1000, REPORT.lines, REPORT.text, blocks=(Block(BlockKind.CODE, Box(0, 0, 1, 1), tuple(range(10))),)
    )
    assert page_blocks(own) == own.blocks
    assert page_blocks(REPORT) == blocks_of(REPORT)
    stale = OcrPage(800, 1000, REPORT.lines[:3], "", blocks=own.blocks)
    assert sorted(number for block in page_blocks(stale) for number in block.lines) == [0, 1, 2]


def test_ignored_lines_leave_their_blocks() -> None:
    whole = OcrPage(800, 1000, REPORT.lines, REPORT.text, blocks=blocks_of(REPORT))
    kept = without_ignored(whole, (Box(0, 0, 1, 0.15),))
    assert kept.blocks[0].lines == (0, 1)
    assert kept.lines[0].text.startswith("The harbour was")


def test_markdown_has_the_structure() -> None:
    assert page_as_markdown(REPORT).split("\n\n") == [
        "# The harbour",
        "The harbour was quiet that morning, and the boats lay along the pier as if nobody would sail.  ",
        "## What was found",
        "- ropes and anchors of boats that had been sold long ago to other harbours",
        "- oars",
        "*Figure 1: The pier in 1911*",
        "1 As the harbour master told us.  ",
        "- 17 -  ",
    ]


def test_html_has_the_structure_and_escapes_everything() -> None:
    made = page_as_html(REPORT)
    assert "<h1>The harbour</h1>" in made
    assert "<ul><li>ropes and anchors" in made
    assert "<figcaption>Figure 1: The pier in 1911</figcaption>" in made
    hostile = page(
        line("<script>x</script>", 100, 80, 300, 48), *(line(f"3. <b>{n}</b>", 100, 160 + 24 * n) for n in range(4))
    )
    made = page_as_html(hostile)
    assert "<script" not in made
    assert '<ol><li value="3">&lt;b&gt;0' in made


NESTED = page(
    line("Before you sail", 100, 80, 300, 48),
    line("• check the boat", 100, 160, 200),
    line("1. ropes", 140, 190, 100),
    line("2. anchors", 140, 220, 120),
    line("- the large one", 180, 250, 160),
    line("• tell the harbour master", 100, 280, 260),
)


def test_nested_lists_keep_their_levels_in_markdown() -> None:
    assert page_as_markdown(NESTED).split("\n\n")[1:] == [
        "- check the boat",
        "    1. ropes",
        "    2. anchors",
        "        - the large one",
        "- tell the harbour master",
    ]
    html = MarkdownIt().render(page_as_markdown(NESTED))
    assert "<code>" not in html
    assert (html.count("<ul>"), html.count("<ol>")) == (2, 1)


def test_nested_lists_keep_their_levels_in_html() -> None:
    made = (
        '<ul><li>check the boat<ol><li value="1">ropes</li><li value="2">anchors<ul><li>the large one</li></ul></li>'
        "</ol></li><li>tell the harbour master</li></ul>"
    )
    assert page_as_html(NESTED).splitlines()[1:] == [made]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_levels_are_those_of_the_page_as_it_is_read(rotation: int) -> None:
    lines = []
    for each in NESTED.lines:
        edges = (each.box.left, each.box.top, each.box.right, each.box.bottom)
        box = Box(*rotated_box(edges, -rotation // 90, NESTED.width, NESTED.height))
        lines.append(TextLine(each.text, box, box.corners, 0.9))
    size = (NESTED.width, NESTED.height) if rotation % 180 == 0 else (NESTED.height, NESTED.width)
    turned = OcrPage(*size, tuple(lines), NESTED.text, rotation)
    assert [part.level for part in page_parts(turned)[1:]] == [0, 1, 1, 2, 0]


def test_lists_written_from_the_right_are_indented_there() -> None:
    right = page(line("• אחת", 500, 100, 200), line("• שתיים", 460, 130, 200), line("• שלוש", 520, 160, 180))
    assert [part.level for part in page_parts(right)] == [0, 1, 0]


def test_numbers_of_two_digits_and_items_of_another_column_are_not_nested() -> None:
    column = [line("9. oars", 108, 100, 90), line("10. sails", 100, 130, 90), line("11. masts", 100, 160, 100)]
    beside = [line("12. tar", 400, 100, 90), line("13. nets", 400, 130, 90)]
    assert [part.level for part in page_parts(page(*column, *beside))] == [0] * 5


CODE_TEXT = "Listing\n    total = net-\n        tax\n\n    return total"
CODE_LINES = tuple(
    line(text.strip(), 100 + 10 * (len(text) - len(text.lstrip())), 80 + 24 * row, 10 * len(text.strip()))
    for row, text in enumerate(CODE_TEXT.splitlines())
    if text
)
CODE_BLOCKS = (
    Block(BlockKind.PARAGRAPH, CODE_LINES[0].box, (0,)),
    Block(BlockKind.CODE, Box(100, 100, 400, 200), (1, 2, 3)),
)
CODE = OcrPage(800, 1000, CODE_LINES, CODE_TEXT, blocks=CODE_BLOCKS)


@pytest.mark.parametrize("joins_lines", [False, True])
@pytest.mark.parametrize("strips_hyphens", [False, True])
def test_code_stays_as_it_is_when_text_is_cleaned_up(joins_lines: bool, strips_hyphens: bool) -> None:
    assert cleaned_text(CODE, CleanUp(joins_lines, strips_hyphens)) == CODE_TEXT
    flush = replace(CODE, text=CODE_TEXT.replace("    ", ""))
    assert cleaned_text(flush, CleanUp(joins_lines, strips_hyphens)) == flush.text


def test_a_page_without_text_is_cleaned_up() -> None:
    assert cleaned_text(replace(CODE, text=""), CleanUp(strips_hyphens=True)) == ""


def test_a_selection_has_the_rows_of_the_page() -> None:
    texts = {number: line.text for number, line in enumerate(CODE.lines)}
    assert selected_text(CODE, texts, 0) == CODE_TEXT
    assert selected_text(CODE, {1: "net-", 2: "tax"}, 8) == "net-\n        tax"
    assert selected_text(CODE, {1: " = "}, 5) == " = "
    receipt = OcrPage(800, 1000, (line("Total", 0, 0), line("5", 700, 0), line("Cash", 0, 30)), "Total  5\nCash")
    assert selected_text(receipt, {1: "5", 2: "Cash"}, 0) == "5\nCash"


HOSTILE = '"><script>&\x00\x0b\ud800]]>\u200f'


def hostile_pages() -> list[OcrPage]:
    box = Box(10, 100, 300, 200)
    table = Table(1, 2, (Cell(0, 0, HOSTILE, box), Cell(0, 1, "b", box)), box, is_ruled=True)
    words = (Word(HOSTILE, Box(10, 10, 50, 30), 0.5), Word("ok", Box(60, 10, 90, 30), 2.0))
    first = TextLine.between(f"{HOSTILE} ok", line("", -10, 10).quad, 0.9, words)
    return [page(first, line(HOSTILE, 10, 300), tables=(table,)), REPORT, OcrPage(10, 10, (), "")]


def test_hocr_is_xml_with_pages_blocks_lines_and_words() -> None:
    root = etree.fromstring(document_text(hostile_pages(), HOSTILE, PageFormat.HOCR, CleanUp()).encode())
    pages = root.findall(f".//{XHTML}div[@class='ocr_page']")
    assert len(pages) == 3
    assert len({element.get("id") for element in root.iter() if element.get("id")}) == len(root.xpath("//*[@id]"))
    assert len(pages[1].findall(f".//{XHTML}span[@class='ocr_line']")) == len(REPORT.lines)
    assert "ok" in [word.text for word in pages[0].findall(f".//{XHTML}span[@class='ocrx_word']")]
    for element in root.xpath("//*[@title]"):
        if "bbox" in (title := element.get("title")):
            left, top, right, bottom = map(int, title.partition("bbox ")[2].partition(";")[0].split())
            assert 0 <= left <= right
            assert 0 <= top <= bottom
    assert not root.findall(f".//{XHTML}script")
    for of_line in root.findall(f".//{XHTML}span[@class='ocr_line']"):
        assert all("x_wconf" in word.get("title") for word in of_line)
        assert len(of_line)
    assert [page.get("title").rpartition("ppageno ")[2] for page in pages] == ["0", "1", "2"]


def test_alto_is_xml_in_the_order_of_its_schema() -> None:
    root = etree.fromstring(document_text(hostile_pages(), HOSTILE, PageFormat.ALTO, CleanUp()).encode())
    assert [child.tag for child in root] == [f"{ALTO}{name}" for name in ("Description", "Tags", "Layout")]
    pages = root.findall(f"{ALTO}Layout/{ALTO}Page")
    assert [page.get("PHYSICAL_IMG_NR") for page in pages] == ["1", "2", "3"]
    tags = {tag.get("ID") for tag in root.find(f"{ALTO}Tags")}
    numbers = [element.get("ID") for element in root.iter() if element.get("ID")]
    assert len(set(numbers)) == len(numbers)
    for block in root.iter(f"{ALTO}TextBlock"):
        assert block.get("TAGREFS") in tags
        assert block.getparent().tag == f"{ALTO}PrintSpace"
        assert {child.tag for child in block} == {f"{ALTO}TextLine"}
    for of_line in root.iter(f"{ALTO}TextLine"):
        found = [child.tag.removeprefix(ALTO) for child in of_line]
        assert found[::2] == ["String"] * len(found[::2])
        assert found[1::2] == ["SP"] * len(found[1::2])
    for word in root.iter(f"{ALTO}String"):
        assert 0 <= float(word.get("WC")) <= 1
        assert all(int(word.get(name)) >= 0 for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    texts = [
        " ".join(word.get("CONTENT") for word in line.iter(f"{ALTO}String"))
        for line in pages[1].iter(f"{ALTO}TextLine")
    ]
    assert texts == [line.text for line in REPORT.lines]


def test_json_has_the_blocks() -> None:
    made = json.loads(document_text([REPORT], "x.png", PageFormat.JSON, CleanUp()))
    assert made["blocks"][0] == {
        "kind": "heading", "box": {"left": 100, "top": 80, "right": 400, "bottom": 128}, "lines": [0], "level": 1,
    }  # fmt: skip


def test_the_main_text_has_no_page_numbers_and_headers() -> None:
    assert [line.text for line in main_text(REPORT).lines] == [line.text for line in REPORT.lines[:-1]]
    assert "17" not in document_text([REPORT], "x.png", PageFormat.TEXT, CleanUp(is_main_text=True))
    running = (line("400", 100, 30, 40), line("BRITISH HUSBANDRY", 300, 30, 200))
    whole = OcrPage(800, 1000, (*running, *REPORT.lines), f"400  BRITISH HUSBANDRY\n{REPORT.text}")
    assert main_text(whole).text.startswith("The harbour\n")


@pytest.mark.parametrize("text", ["-45.00", "- 120.50", "-€7.00", "-2+3", "− 3", "-17 %"])
def test_the_minus_of_an_amount_is_no_sign_of_a_list(text: str) -> None:
    amounts = page(line("Opening balance and other notes", 100, 100), line(text, 100, 160, 90))
    assert text in page_as_html(amounts)
    assert text in page_as_markdown(amounts)
