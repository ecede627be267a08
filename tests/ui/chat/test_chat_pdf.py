"""A chat on paper: what is in it, and that nothing else is loaded."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pypdfium2 import PdfDocument
from pypdfium2.raw import FPDF_PAGEOBJ_PATH
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication

from app.domain.chat.sections import MAX_CELLS, MAX_CHARACTERS, MAX_HEAD
from app.domain.ids import Digest
from app.ui.chat import chat_pdf as chat_pdf_module
from app.ui.chat.chat_pdf import MAX_SECTIONS, chat_pdf
from app.ui.markdown.markdown_document import set_markdown


def png(colour: Qt.GlobalColor, width: int, height: int) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(colour)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def image_sizes(pdf: bytes) -> set[tuple[int, int]]:
    return {
        (int(width), int(height))
        for width, height in re.findall(rb"/Subtype /Image\s+/Width (\d+)\s+/Height (\d+)", pdf)
    }


def test_a_long_chat_has_pages_and_its_own_images(qapp: QApplication, tmp_path: Path) -> None:
    foreign = tmp_path / "private.png"
    foreign.write_bytes(png(Qt.GlobalColor.red, 77, 33))
    text = f"# Chat\n\n![n](<image:abc>)\n\n![f]({foreign}) ![g]({foreign.as_uri()})\n\n" + "many words " * 3000
    pdf = chat_pdf(text, {Digest("abc"): png(Qt.GlobalColor.blue, 1500, 900)})
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 2
    sizes = image_sizes(pdf)
    assert (1500, 900) in sizes
    assert (77, 33) not in sizes


def test_formulas_are_drawn(qapp: QApplication) -> None:
    with_formula, without = chat_pdf("It is $\\frac{a}{b}$.", {}), chat_pdf("It is $5.", {})
    assert len(image_sizes(with_formula)) > len(image_sizes(without))


def test_links_lead_to_web_pages_and_mailboxes_alone(qapp: QApplication) -> None:
    harmless = ["http://a.example/", "https://b.example/", "mailto:c@d.example"]
    others = [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "smb://e.example/share",
        "/etc/passwd",
        "//f.example",
        "data:x",
    ]
    text = (
        " ".join(f"[*l*](<{address}>)" for address in others + harmless)
        + f"\n\n- [a [b]]({others[1]})\n\n[r]: smb://x\n\n[r]"
    )
    with pikepdf.open(BytesIO(chat_pdf(text, {}))) as pdf:
        actions = [entry.A for page in pdf.pages for entry in page.get("/Annots", [])]
        assert [str(action.URI) for action in actions] == harmless
        assert {str(action.S) for action in actions} == {"/URI"}


def record_inserted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said in a PDF besides the chat."""
    inserted: list[str] = []

    class Cursor(QTextCursor):
        def insertText(self, text: str, *_: object) -> None:
            inserted.append(text)

    monkeypatch.setattr(chat_pdf_module, "QTextCursor", Cursor)
    return inserted


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "|a|b|\n|-|-|\n" + "|1|2|\n" * 50_000, "- " * 30_000 + "a", "- a\n" * 60_000, "a\n\n" * 300_000],
    ids=["word", "table", "lists", "items", "paragraphs"],
)
def test_a_chat_of_any_length_is_set_in_short_parts(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    parsed: list[str] = []
    inserted = record_inserted(monkeypatch)

    def set_short(document: QTextDocument, part: str, *arguments: Any) -> bool:  # noqa: ANN401 - set_markdown's
        parsed.append(part)
        return set_markdown(document, "a", *arguments)

    monkeypatch.setattr(chat_pdf_module, "set_markdown", set_short)
    assert chat_pdf(text, {}).startswith(b"%PDF")
    assert len(parsed) <= MAX_SECTIONS
    assert max(len(part) for part in parsed) <= MAX_CHARACTERS + MAX_HEAD
    assert max(part.count("|") for part in parsed) <= 2 * MAX_CELLS
    left_out = [int(count) for sentence in inserted for count in re.findall(r"\d+", sentence)]
    assert len(left_out) == len(inserted) <= 1
    assert all(0 < count < len(text) for count in left_out)


def test_what_is_left_out_is_told(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    inserted = record_inserted(monkeypatch)
    monkeypatch.setattr(chat_pdf_module, "MAX_SECTIONS", 2)
    chat_pdf("many words " * 3000, {})
    (sentence,) = inserted
    (count,) = re.findall(r"\d+", sentence)
    assert 33_000 - 2 * MAX_CHARACTERS <= int(count) < 33_000
    assert "web page" in sentence


def test_parts_follow_one_another_with_their_formulas_and_code(qapp: QApplication) -> None:
    text = "$a$\n\n" + "many words " * 800 + "\n\n$b$\n\n```python\nx = 1\n```\n\n" + "words " * 2000 + "\n\n$c$"
    with pikepdf.open(BytesIO(chat_pdf(text, {}))) as pdf:
        assert len(pdf.pages) < 9
    assert len(image_sizes(chat_pdf(text, {}))) >= 3


def test_long_lines_of_code_wrap_and_numbers_in_wide_tables_stay_whole(qapp: QApplication) -> None:
    """A page cannot be scrolled: what is beyond its edge is lost."""
    code = "```python\nx = '" + " ".join(f"word{number}" for number in range(40)) + "'\ny = '" + "a" * 150 + "ZZZ'\n```"
    head, numbers = (["Column"] * 14, [f"{number}035.00" for number in range(101, 115)])
    table = "\n".join(f"|{'|'.join(row)}|" for row in (head, ["---"] * 14, numbers))
    page = PdfDocument(chat_pdf(f"{code}\n\n{table}\n\nAfter", {}))[0]
    text = page.get_textpage()
    boxes = [text.get_charbox(index) for index in range(text.count_chars()) if text.get_text_range(index, 1).strip()]
    assert max(right for _, _, right, _ in boxes) < page.get_width() - 40
    words = text.get_text_bounded().split()
    assert "word39'" in words
    assert set(numbers) <= set(words)
    assert words.count("Column") == 14


def test_turns_quotations_and_code_are_set_apart(qapp: QApplication) -> None:
    page = PdfDocument(chat_pdf("One\n\n---\n\nTwo\n\n> Quoted\n\n```\ncode\n```", {}))[0]
    text = page.get_textpage()
    left = {word: text.get_charbox(text.get_text_bounded().index(word))[0] for word in ("One", "Quoted", "code")}
    assert left["Quoted"] > left["One"] + 20
    areas = sorted(item.get_bounds() for item in page.get_objects((FPDF_PAGEOBJ_PATH,)))
    heights = sorted(top - bottom for _, bottom, _, top in areas)
    assert len(heights) == 3
    assert 0.2 < heights[0] < 2 < heights[1]
