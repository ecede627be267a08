"""Documents of Word from OCR pages."""

from io import BytesIO
from pathlib import Path

from docx import Document

from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Cell, Table
from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point, TextLine
from app.storage.documents.word_document import save_word, word_document


def line(text: str, left: float, top: float, width: float = 600, height: float = 20) -> TextLine:
    corners = (Point(left, top), Point(left + width, top), Point(left + width, top + height), Point(left, top + height))
    return TextLine.between(text, corners, 0.9)


BOX = Box(100, 400, 500, 500)
SPANNING = Table(
    2, 2, (Cell(0, 0, "wide \x00<b>", BOX, 1, 2), Cell(1, 0, "=1+1", BOX), Cell(1, 1, "b", BOX)), BOX, is_ruled=True
)
LINES = (
    line("The harbour", 100, 80, 300, 48),
    line("It was quiet that morning, and the boats lay along", 100, 160),
    line("the pier.", 100, 184, 100),
    line("• oars", 100, 240, 80),
    line("3. ropes", 100, 300, 80),
)
PAGE = OcrPage(
    800,
    1000,
    LINES,
    "\n".join(line.text for line in LINES),
    tables=(SPANNING,),
    codes=(Code("QR Code", "x\x0by", BOX),),
)


def test_a_document_has_headings_paragraphs_lists_and_tables(tmp_path: Path) -> None:
    save_word(tmp_path / "x.docx", [PAGE, PAGE])
    document = Document(str(tmp_path / "x.docx"))
    found = [(paragraph.style and paragraph.style.name, paragraph.text) for paragraph in document.paragraphs][:4]
    assert found == [
        ("Heading 1", "The harbour"),
        ("Normal", "It was quiet that morning, and the boats lay along the pier."),
        ("List Bullet", "oars"),
        ("List", "3. ropes"),
    ]
    assert len(document.tables) == 2
    made = document.tables[0]
    assert made.cell(0, 0).text == made.cell(0, 1).text == "wide <b>"
    assert made.cell(1, 0).text == "=1+1"
    assert document.core_properties.author == ""


def test_nested_lists_have_the_styles_of_their_levels() -> None:
    rows = [line(f"• item {level}", 100 + 40 * level, 100 + 30 * n, 120) for n, level in enumerate((0, 1, 2, 3, 1))]
    rows.append(line("3. ropes", 140, 250, 120))
    page = OcrPage(800, 1000, tuple(rows), "\n".join(row.text for row in rows))
    document = Document(BytesIO(word_document([page])))
    assert [paragraph.style and paragraph.style.name for paragraph in document.paragraphs] == [
        "List Bullet",
        "List Bullet 2",
        "List Bullet 3",
        "List Bullet 3",
        "List Bullet 2",
        "List 2",
    ]


def test_an_empty_page_and_a_wide_table_are_documents() -> None:
    wide = Table(1, 70, tuple(Cell(0, column, f"c{column}", BOX) for column in range(70)), BOX, is_ruled=False)
    document = Document(BytesIO(word_document([OcrPage(10, 10, (), ""), OcrPage(10, 10, (), "", tables=(wide,))])))
    assert "c0\tc1\tc2" in document.paragraphs[-1].text
    assert not document.tables
