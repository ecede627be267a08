"""Pages of documents: read from their text layer, their picture, or both."""

from pathlib import Path

import pytest
from PIL import Image

from app.domain.documents.pages import OcrPage
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.documents import open_document
from app.engine.reader.read_document_page import read_document_page
from tests.support.documents import drawn_pdf, written_pdf

SENTENCE = "The total of all items is 12.40 EUR"
READ = OcrPage(9, 9, (), "read in the picture")


def read(path: Path) -> OcrPage:
    return read_document_page(open_document(path), 0, lambda _: READ, NEVER_CANCELLED)


def test_a_page_with_a_text_layer_is_not_read_in_its_picture(tmp_path: Path) -> None:
    page = read(written_pdf(tmp_path / "a.pdf", SENTENCE))
    assert page.text == SENTENCE
    assert [line.text for line in page.lines] == [SENTENCE]


@pytest.mark.parametrize("text", ["", "Too short", "\x01\x02\x03" * 9 + "letters enough"])
def test_a_text_that_makes_no_sense_is_left_aside(tmp_path: Path, text: str) -> None:
    assert read(written_pdf(tmp_path / "a.pdf", text)) is READ


def test_a_poor_text_behind_a_scan_is_left_aside(tmp_path: Path) -> None:
    poor = "Th3 t0ta| 0f a|l it3ms i5 tw3lve e|_|ros and f0rty c3nts; p|ease p@y w|thin f0urteen d@ys of r3ceipt"
    content = f"/F1 9 Tf 30 700 Td ({poor}) Tj ({poor}) Tj ET"
    assert read(drawn_pdf(tmp_path / "seen.pdf", f"BT {content}")) is not READ
    assert read(drawn_pdf(tmp_path / "unseen.pdf", f"BT 3 Tr {content}")) is READ


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_lines_of_a_page_that_is_shown_on_its_side_are_in_order(tmp_path: Path, rotation: int) -> None:
    rows = [f"This is row number {number} of the page" for number in range(1, 5)]
    content = "BT /F1 14 Tf 30 TL 90 700 Td " + " ".join(f"({row}) Tj T*" for row in rows) + " ET"
    page = read(drawn_pdf(tmp_path / "a.pdf", content, Rotate=rotation))
    assert page.text.splitlines() == rows
    assert page.rotation == -rotation % 360
    size = Image.new("1", (page.width, page.height)).size
    assert all(0 <= corner.x <= size[0] and 0 <= corner.y <= size[1] for line in page.lines for corner in line.quad)
