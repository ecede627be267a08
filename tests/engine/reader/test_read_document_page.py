"""Pages of documents: read from their text layer, their picture, or both."""

from functools import partial
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import OcrPage
from app.domain.error_texts import document_texts
from app.domain.images.geometry import Box, TextLine
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.documents import open_document
from app.engine.reader.read_document_page import read_document_page
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from tests.support.documents import drawn_pdf, scanned_pdf, written_pdf

SENTENCE = "The total of all items is 12.40 EUR"
READ = OcrPage(9, 9, (), "read in the picture")


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def read(path: Path, recogniser: Recogniser) -> OcrPage:
    """Read the first page with the built-in OCR."""
    picture = partial(read_page, reader=recogniser, check=NEVER_CANCELLED)
    return read_document_page(open_document(path), 0, picture, NEVER_CANCELLED, lambda: recogniser)


def told(path: Path, recogniser: Recogniser) -> OcrPage:
    """Read the first page; READ stands for what its picture would give."""
    return read_document_page(open_document(path), 0, lambda _: READ, NEVER_CANCELLED, lambda: recogniser)


def enciphered_pdf(path: Path, content: str, font: str = "F1", letters: str = "", **page: object) -> Path:
    """A page one of whose fonts says that each of these letters, or any, is the next one: 1 is 2, and 9 is 0."""
    codes = [ord(letter) for letter in letters] or range(33, 126)
    shifted = "\n".join(f"<{code:02x}> <{48 if code == 57 else code + 1:04x}>" for code in codes)
    others = [code for code in range(32, 126) if code not in codes]
    shifted += "".join(f"\n<{code:02x}> <{code:04x}>" for code in others)
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def 1 begincodespacerange <00> <ff> "
        f"endcodespacerange {len(codes) + len(others)} beginbfchar\n{shifted}\nendbfchar endcmap end end"
    )
    with pikepdf.open(drawn_pdf(path.with_suffix(".drawn"), content, fonts=("Helvetica", "Courier"), **page)) as pdf:
        pdf.pages[0].Resources.Font[f"/{font}"].ToUnicode = pdf.make_stream(table.encode())
        pdf.save(path)
    return path


def stamped_pdf(path: Path, scan: str, stamp: str, mode: int = 0) -> Path:
    """A scanned page with one line of text."""
    with pikepdf.open(scanned_pdf(path.with_name("scan.pdf"), [scan])) as pdf:
        leaf = pdf.pages[0]
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        leaf.add_resource(font, pikepdf.Name.Font, pikepdf.Name.F1)
        leaf.contents_add(b"q\n", prepend=True)
        leaf.contents_add(f"\nQ BT {mode} Tr /F1 14 Tf 60 60 Td ({stamp}) Tj ET".encode())
        pdf.save(path)
    return path


def test_a_page_with_a_text_layer_is_not_read_in_its_picture(tmp_path: Path, recogniser: Recogniser) -> None:
    page = told(written_pdf(tmp_path / "a.pdf", SENTENCE), recogniser)
    assert page.text == SENTENCE
    assert [line.text for line in page.lines] == [SENTENCE]
    assert [word.text for word in page.lines[0].words] == SENTENCE.split()


@pytest.mark.parametrize("text", ["", "\x01\x02\x03" * 9])
def test_a_text_that_makes_no_sense_is_left_aside(tmp_path: Path, text: str, recogniser: Recogniser) -> None:
    assert told(written_pdf(tmp_path / "a.pdf", text), recogniser) is READ


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_lines_of_a_page_that_is_shown_on_its_side_are_in_order(
    tmp_path: Path, rotation: int, recogniser: Recogniser
) -> None:
    rows = [f"This is row number {number} of the page" for number in range(1, 5)]
    content = "BT /F1 14 Tf 30 TL 90 700 Td " + " ".join(f"({row}) Tj T*" for row in rows) + " ET"
    page = told(drawn_pdf(tmp_path / "a.pdf", content, Rotate=rotation), recogniser)
    assert page.text.splitlines() == rows
    assert page.rotation == -rotation % 360
    whole = Box(0, 0, page.width, page.height)
    assert Box.around([whole, *(line.box for line in page.lines)]) == whole


@pytest.mark.parametrize("stamp", ["Page 1 of 12", "Received 2024-03-18 by the town archive, file no. 4471-B"])
def test_a_stamp_does_not_hide_the_scan(tmp_path: Path, stamp: str, recogniser: Recogniser) -> None:
    page = read(stamped_pdf(tmp_path / "a.pdf", "Minutes of the meeting", stamp), recogniser)
    assert page.text.splitlines() == ["Minutes of the meeting", stamp]
    assert [line.score == 1.0 for line in page.lines] == [False, True]
    assert page.lines[0].box.left == pytest.approx(160, abs=25)  # 120 pixels at 150 dots per inch.


def test_hidden_text_where_there_is_no_ink_is_not_told(tmp_path: Path, recogniser: Recogniser) -> None:
    path = stamped_pdf(tmp_path / "a.pdf", "Minutes of the meeting", "a secret remark", mode=3)
    assert read(path, recogniser).text == "Minutes of the meeting"


@pytest.mark.parametrize("content", ["1 g", "0 Tr 0 g 0 0 595 842 re f"])
def test_text_that_is_not_seen_is_not_told(tmp_path: Path, content: str, recogniser: Recogniser) -> None:
    content = f"BT /F1 14 Tf 72 700 Td (first row) Tj ET {content} BT /F1 14 Tf 72 600 Td (second row) Tj ET"
    assert "second" not in told(drawn_pdf(tmp_path / "a.pdf", content), recogniser).text


def test_letters_that_stand_for_others_are_read_in_the_picture(tmp_path: Path, recogniser: Recogniser) -> None:
    content = "BT /F1 18 Tf 24 TL 72 700 Td (Invoice 4821) Tj T* (Total due 1,250.00 USD) Tj ET"
    page = read(enciphered_pdf(tmp_path / "a.pdf", content), recogniser)
    assert page.text.splitlines() == ["Invoice 4821", "Total due 1,250.00 USD"]


def test_figures_that_stand_for_others_are_read_while_the_rest_is_believed(
    tmp_path: Path, recogniser: Recogniser
) -> None:
    content = "BT /F1 18 Tf 72 700 Td (Total due in March) Tj ET BT /F2 18 Tf 400 700 Td (1250.00) Tj ET"
    page = read(enciphered_pdf(tmp_path / "a.pdf", content, "F2"), recogniser)
    assert page.text == "Total due in March  1250.00"
    assert sorted(line.score == 1.0 for line in page.lines) == [False, True]


LETTER = (
    "Thank you for your order of garden furniture",
    "It was sent to your address in the first days of this month",
    "Amount due 1250.00",
    "Please pay before 17.03.2024",
)


def letter(tmp_path: Path, digits: str) -> Path:
    content = "BT /F1 14 Tf 24 TL 72 700 Td " + " ".join(f"({row}) Tj T*" for row in LETTER) + " ET"
    return enciphered_pdf(tmp_path / "a.pdf", content, letters=digits)


def test_wrong_digits_of_a_font_with_right_letters_are_read_in_the_picture_and_told(
    tmp_path: Path, recogniser: Recogniser
) -> None:
    page = read(letter(tmp_path, "0123456789"), recogniser)
    assert page.text.splitlines() == list(LETTER)
    assert page.notice_problem is not None
    assert page.notice_problem.id == document_texts.WRONG_FIGURES.id
    assert not page.is_uncertain
    assert [line.score == 1.0 for line in page.lines[:2]] == [True, True]


def test_right_digits_are_believed_without_a_notice(tmp_path: Path, recogniser: Recogniser) -> None:
    page = told(letter(tmp_path, "~"), recogniser)
    assert page.text.splitlines() == list(LETTER)
    assert page.notice == ""


def test_a_poor_text_behind_a_scan_is_replaced(tmp_path: Path, recogniser: Recogniser) -> None:
    content = "BT /F1 18 Tf 72 700 Td (Minutes of the garden committee) Tj ET"
    drawn = open_document(drawn_pdf(tmp_path / "a.pdf", content)).picture(0)
    drawn.save(tmp_path / "scan.pdf", resolution=200)
    with pikepdf.open(tmp_path / "scan.pdf") as pdf:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        pdf.pages[0].add_resource(font, pikepdf.Name.Font, pikepdf.Name.F1)
        pdf.pages[0].contents_add(b"\nBT 3 Tr /F1 18 Tf 72 700 Td (Minute5 0f tbe gorden c0mmitlee) Tj ET")
        pdf.save(tmp_path / "b.pdf")
    assert read(tmp_path / "b.pdf", recogniser).text == "Minutes of the garden committee"


def test_a_picture_of_text_is_read(tmp_path: Path, recogniser: Recogniser) -> None:
    picture = Image.new("L", (900, 120), 255)
    ImageDraw.Draw(picture).text((20, 30), "Rent 1,200.00", fill=0, font=ImageFont.load_default(48))
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", "BT /F1 14 Tf 72 700 Td (Quarterly report) Tj ET")) as pdf:
        image = pdf.make_stream(
            picture.tobytes(),
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=900, Height=120, BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceGray,
        )  # fmt: skip
        pdf.pages[0].add_resource(image, pikepdf.Name.XObject, pikepdf.Name.X1)
        pdf.pages[0].contents_add(b"\nq 360 0 0 48 72 500 cm /X1 Do Q")
        pdf.save(tmp_path / "b.pdf")
    page = read(tmp_path / "b.pdf", recogniser)
    assert page.text.splitlines() == ["Quarterly report", "Rent 1,200.00"]
    assert page.lines[1].box.left == pytest.approx(80 * 200 / 72, abs=20)


def test_values_of_form_fields_are_told(tmp_path: Path, recogniser: Recogniser) -> None:
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", "BT /F1 14 Tf 72 700 Td (Given name:) Tj ET")) as pdf:
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="name", V="Luise Example",
                Rect=pikepdf.Array([200, 694, 400, 716]), F=4, DA="/F1 14 Tf 0 g", P=pdf.pages[0].obj,
            )
        )  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array([field])
        fonts = pdf.pages[0].Resources.Font
        pdf.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array([field]), NeedAppearances=True, DR=pikepdf.Dictionary(Font=fonts), DA="/F1 14 Tf 0 g"
        )
        pdf.save(tmp_path / "b.pdf")
    assert told(tmp_path / "b.pdf", recogniser).text == "Given name:  Luise Example"
    assert open_document(tmp_path / "b.pdf").picture(0).getpixel((1100, 370)) == (255, 255, 255)  # Not tinted.


def test_passwords_and_boxes_without_a_frame_are_told_as_signs(tmp_path: Path, recogniser: Recogniser) -> None:
    rows = "BT /F1 14 Tf 30 TL 72 700 Td (Password:) Tj T* (Agreed:) Tj T* (Hidden:) Tj ET"
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", rows)) as pdf:
        name = pikepdf.Name
        kinds: tuple[dict[str, Any], ...] = (
            {"FT": name.Tx, "V": "hunter2", "Ff": 1 << 13, "F": 4, "DA": "/F1 14 Tf 0 g"},
            {"FT": name.Btn, "V": name.Off, "AS": name.Off, "F": 4},
            {"FT": name.Btn, "V": name.Off, "AS": name.Off, "F": 2},
        )
        fields = [
            pdf.make_indirect(
                pikepdf.Dictionary(
                    **kind, Type=name.Annot, Subtype=name.Widget, T=f"field {number}", P=pdf.pages[0].obj,
                    Rect=pikepdf.Array([200, 697 - 30 * number, 200 + (14, 100)[not number], 713 - 30 * number]),
                )
            )
            for number, kind in enumerate(kinds)
        ]  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array(fields)
        fonts = pdf.pages[0].Resources.Font
        pdf.Root.AcroForm = pikepdf.Dictionary(
            Fields=pikepdf.Array(fields), NeedAppearances=True, DR=pikepdf.Dictionary(Font=fonts), DA="/F1 14 Tf 0 g"
        )
        pdf.save(tmp_path / "b.pdf")
    page = read(tmp_path / "b.pdf", recogniser)
    assert [row.split() for row in page.text.splitlines()] == [["Password:", "*******"], ["Agreed:", "☐"], ["Hidden:"]]


def test_bullets_that_are_drawn_are_no_lines(tmp_path: Path, recogniser: Recogniser) -> None:
    content = "BT /F1 14 Tf 30 TL 90 700 Td (first row of the list) Tj T* (second row of the list) Tj ET"
    corners = Box(200, 300, 220, 320).corners
    drawn = OcrPage(9, 9, (TextLine.between("■ ■", corners, 0.9),), "■ ■")
    triangles = (f"{x} 600 m {x + 5} 600 l {x + 2} 606 l f" for x in range(70, 126, 7))
    ink = " ".join(triangles)
    document = open_document(drawn_pdf(tmp_path / "a.pdf", f"{content} {ink}"))
    page = read_document_page(document, 0, lambda _: drawn, NEVER_CANCELLED, lambda: recogniser)
    assert page.text.splitlines() == ["first row of the list", "second row of the list"]


@pytest.mark.parametrize("is_radio", [False, True])
def test_ticks_of_forms_are_told(tmp_path: Path, recogniser: Recogniser, *, is_radio: bool) -> None:
    with pikepdf.open(drawn_pdf(tmp_path / "a.pdf", "BT /F1 14 Tf 30 TL 102 700 Td (Coffee) Tj T* (Tea) Tj ET")) as pdf:
        box = pikepdf.Array([0, 0, 14, 14])
        states = {
            name: pdf.make_stream(content, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=box)
            for name, content in (("/Yes", b"1 1 12 12 re S 2 2 m 12 12 l S"), ("/Off", b"1 1 12 12 re S"))
        }
        fields = [
            pdf.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Btn, T=f"box {number}",
                    V=pikepdf.Name(state), AS=pikepdf.Name(state), Ff=(1 << 15) * is_radio, F=4,
                    Rect=pikepdf.Array([72, 698 - 30 * number, 86, 712 - 30 * number]), P=pdf.pages[0].obj,
                    AP=pikepdf.Dictionary(N=pikepdf.Dictionary(states)),
                )
            )
            for number, state in enumerate(("/Yes", "/Off"))
        ]  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array(fields)
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(fields))
        pdf.save(tmp_path / "b.pdf")
    assert [row.split() for row in told(tmp_path / "b.pdf", recogniser).text.splitlines()] == [
        ["☑", "Coffee"],
        ["☐", "Tea"],
    ]
