"""Searchable PDFs: the text lies where it is seen, and what is seen stays as it was."""

import os
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from app.domain.documents.pages import OcrPage
from app.domain.errors import Cancelled, ImageError, PasswordNeeded
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.domain.ports import NEVER_CANCELLED
from app.domain.text.word_spans import letter_edges, word_spans
from app.engine.backends.imaging_backend import ImagingBackend
from app.engine.imaging.open_pdf import page_layer, render_page
from app.engine.imaging.render_pdf import DOTS
from app.engine.imaging.searchable_pdf import write_searchable_pdf
from app.engine.process.descriptor_passing import using_descriptors
from app.engine.process.messages import Event, WritePdf
from tests.support.documents import drawn_pdf, locked_pdf, scanned_pdf, written_pdf

SENTENCE = "The total of all items is 12.40 EUR"


def line(text: str, left: float, top: float, right: float, bottom: float) -> TextLine:
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return TextLine.between(text, corners, 0.9)


def page(width: int, height: int, *lines: TextLine) -> OcrPage:
    return OcrPage(width, height, lines, "\n".join(item.text for item in lines))


def photo(path: Path, size: tuple[int, int] = (400, 200), **how: object) -> Path:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((40, 60), "Gate B14", fill="black", font=ImageFont.load_default(48))
    image.save(path, **how)  # type: ignore[arg-type]
    return path


def found(path: Path, words: str, number: int = 0, password: str | None = None) -> tuple[float, float, float, float]:
    """Where another reader finds `words` on a page, in its points: left, bottom, right, top."""
    document = pypdfium2.PdfDocument(path, password=password)
    try:
        layer = document[number].get_textpage()
        hit = layer.search(words).get_next()
        assert hit is not None, layer.get_text_range()
        first, count = hit
        boxes = [layer.get_charbox(index) for index in range(first, first + count)]
        lefts, bottoms, rights, tops = zip(*boxes, strict=True)
        return min(lefts), min(bottoms), max(rights), max(tops)
    finally:
        document.close()


def text_of(path: Path, number: int = 0) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        return str(document[number].get_textpage().get_text_range())
    finally:
        document.close()


def picture_of(pdf: pikepdf.Pdf) -> pikepdf.Stream:
    picture = pdf.pages[0].Resources.XObject.Picture
    assert isinstance(picture, pikepdf.Stream)
    return picture


def look_alike(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is None


def test_a_photo_becomes_a_page_with_its_own_data_and_its_text_in_place(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.jpg", dpi=(144, 144))
    write_searchable_pdf(
        source, [page(400, 200, line("Gate B14", 40, 60, 250, 110))], tmp_path / "a.pdf", "", NEVER_CANCELLED
    )
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        (sheet,) = pdf.pages
        assert [float(side) for side in sheet.MediaBox] == [0, 0, 200, 100]  # 144 dots are two for a point.
        assert sheet.Resources.XObject.Picture.read_raw_bytes() == source.read_bytes()
    assert found(tmp_path / "a.pdf", "Gate B14") == pytest.approx((20, 45, 125, 70), abs=1)
    assert text_of(tmp_path / "a.pdf").strip() == "Gate B14"


@pytest.mark.parametrize(("orientation", "turned"), [(3, 180), (6, 270), (8, 90)])
def test_a_photo_that_lies_on_its_side_is_shown_upright(tmp_path: Path, orientation: int, turned: int) -> None:
    upright = Image.open(photo(tmp_path / "u.png"))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright.rotate(-turned, expand=True).save(tmp_path / "a.jpg", exif=exif, quality=95, subsampling=0)
    write_searchable_pdf(
        tmp_path / "a.jpg",
        [page(400, 200, line("Gate B14", 40, 60, 250, 110))],
        tmp_path / "a.pdf",
        "",
        NEVER_CANCELLED,
    )
    drawn = render_page(tmp_path / "a.pdf", 0).convert("L").resize((400, 200))
    difference = ImageChops.difference(drawn, upright.convert("L"))
    assert sum(difference.histogram()[128:]) < 800  # Of 80,000 pixels, along the edges of letters.


def test_other_images_keep_every_pixel(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png", dpi=(DOTS, DOTS))
    write_searchable_pdf(
        source, [page(400, 200, line("Gate B14", 40, 60, 250, 110))], tmp_path / "a.pdf", "", NEVER_CANCELLED
    )
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        picture = pikepdf.PdfImage(picture_of(pdf)).as_pil_image()
    assert look_alike(picture.convert("RGB"), Image.open(source).convert("RGB"))


def test_a_scan_in_black_and_white_takes_a_bit_a_pixel(tmp_path: Path) -> None:
    image = Image.new("1", (64, 64), 1)
    image.putpixel((3, 3), 0)
    image.save(tmp_path / "a.tiff")
    write_searchable_pdf(tmp_path / "a.tiff", [page(64, 64)], tmp_path / "a.pdf", "", NEVER_CANCELLED)
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        picture = picture_of(pdf)
        assert picture.BitsPerComponent == 1
        shown = pikepdf.PdfImage(picture).as_pil_image().convert("1")
    assert shown.tobytes() == image.tobytes()


def test_every_page_of_a_scan_has_its_own_text(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (80, 60), "red"), Image.new("RGB", (60, 90), "blue")
    first.save(tmp_path / "a.tiff", save_all=True, append_images=[second])
    pages = [page(80, 60, line("one", 10, 10, 70, 30)), page(60, 90, line("two", 10, 10, 50, 30))]
    write_searchable_pdf(tmp_path / "a.tiff", pages, tmp_path / "a.pdf", "", NEVER_CANCELLED)
    assert (text_of(tmp_path / "a.pdf", 0).strip(), text_of(tmp_path / "a.pdf", 1).strip()) == ("one", "two")
    assert render_page(tmp_path / "a.pdf", 1).getpixel((20, 20)) == (0, 0, 255)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_documents_pages_look_the_same_and_have_text_where_it_is_seen(tmp_path: Path, turn: int) -> None:
    with pikepdf.open(scanned_pdf(tmp_path / "a.pdf", ["Invoice"])) as pdf:
        pdf.pages[0].Rotate = turn
        pdf.pages[0].CropBox = pikepdf.Array([20, 30, 560, 800])
        pdf.save(tmp_path / "b.pdf")
    before = render_page(tmp_path / "b.pdf", 0)
    seen = line("Invoice 12", 300, 400, 700, 460)
    write_searchable_pdf(tmp_path / "b.pdf", [page(*before.size, seen)], tmp_path / "c.pdf", "", NEVER_CANCELLED)
    assert look_alike(before, render_page(tmp_path / "c.pdf", 0))
    left, bottom, right, top = found(tmp_path / "c.pdf", "Invoice 12")
    document = pypdfium2.PdfDocument(tmp_path / "c.pdf")
    width, height = document[0].get_size()
    document.close()
    scale = before.width / width
    crop_width, crop_height = (width, height) if turn % 180 == 0 else (height, width)
    across, down = (left - 20, right - 20), (bottom - 30, top - 30)
    boxes = {
        0: (across[0], crop_height - down[1], across[1], crop_height - down[0]),
        90: (down[0], across[0], down[1], across[1]),
        180: (crop_width - across[1], down[0], crop_width - across[0], down[1]),
        270: (crop_height - down[1], crop_width - across[1], crop_height - down[0], crop_width - across[0]),
    }
    assert [edge * scale for edge in boxes[turn]] == pytest.approx((300, 400, 700, 460), abs=6)


@pytest.mark.parametrize(
    "text", ["ポイ捨て禁止 NO LITTER", "第12个月 café", "naïve “quotes” – ½ €", "emoji 😀 end", "مرحبا"]
)
def test_every_script_is_found(tmp_path: Path, text: str) -> None:
    source = photo(tmp_path / "a.png")
    write_searchable_pdf(
        source, [page(400, 200, line(text, 40, 60, 350, 110))], tmp_path / "a.pdf", "", NEVER_CANCELLED
    )
    assert "".join(text_of(tmp_path / "a.pdf").split()) in {"".join(text.split()), "".join(text.split())[::-1]}


def test_words_lie_apart_as_on_the_picture(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png", dpi=(72, 72))
    seen = line("iiii MMMM", 0, 100, 360, 130)
    write_searchable_pdf(source, [page(400, 200, seen)], tmp_path / "a.pdf", "", NEVER_CANCELLED)
    narrow, wide = found(tmp_path / "a.pdf", "iiii"), found(tmp_path / "a.pdf", "MMMM")
    assert narrow[2] - narrow[0] < 0.5 * (wide[2] - wide[0])
    assert wide[2] == pytest.approx(360, abs=2)


def test_a_tilted_line_stays_tilted(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png", dpi=(72, 72))
    corners = (Point(100, 40), Point(300, 140), Point(290, 160), Point(90, 60))
    write_searchable_pdf(
        source, [page(400, 200, TextLine.between("up and away", corners, 0.9))], tmp_path / "a.pdf", "", NEVER_CANCELLED
    )
    first, last = found(tmp_path / "a.pdf", "up"), found(tmp_path / "a.pdf", "away")
    assert last[1] < first[1] - 40
    assert last[0] > first[2]


def test_a_text_without_places_lies_over_the_whole_page(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png", dpi=(72, 72))
    write_searchable_pdf(source, [OcrPage(400, 200, (), "first\n\nsecond")], tmp_path / "a.pdf", "", NEVER_CANCELLED)
    assert found(tmp_path / "a.pdf", "first")[1] > found(tmp_path / "a.pdf", "second")[1]


def test_a_page_with_text_of_its_own_gets_no_second_one(tmp_path: Path) -> None:
    source = written_pdf(tmp_path / "a.pdf", SENTENCE)
    (own,) = page_layer(source, 0).lines
    told = page(1653, 2339, TextLine.between(own.text, own.quad, 1.0), line("Received", 900, 900, 1100, 940))
    write_searchable_pdf(source, [told], tmp_path / "b.pdf", "", NEVER_CANCELLED)
    assert text_of(tmp_path / "b.pdf").split("\r\n") == [SENTENCE, "Received"]


def test_a_locked_document_needs_its_password_here_too(tmp_path: Path) -> None:
    source = locked_pdf(tmp_path / "a.pdf", SENTENCE, "sesame")
    with pytest.raises(PasswordNeeded):
        write_searchable_pdf(source, [page(9, 9)], tmp_path / "b.pdf", "", NEVER_CANCELLED)
    write_searchable_pdf(source, [page(9, 9)], tmp_path / "b.pdf", "sesame", NEVER_CANCELLED)
    assert text_of(tmp_path / "b.pdf").strip() == SENTENCE


def test_what_fails_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "out" / "a.pdf"
    target.parent.mkdir()
    target.write_text("precious")
    (tmp_path / "broken.pdf").write_bytes(written_pdf(tmp_path / "a.pdf", SENTENCE).read_bytes()[:200])

    def stop() -> None:
        raise Cancelled

    with pytest.raises(ImageError):
        write_searchable_pdf(tmp_path / "broken.pdf", [page(9, 9)], target, "", NEVER_CANCELLED)
    with pytest.raises(Cancelled):
        write_searchable_pdf(photo(tmp_path / "a.png"), [page(9, 9)], target, "", stop)
    with pytest.raises(ImageError, match="could not be written"):
        write_searchable_pdf(tmp_path / "a.png", [page(9, 9)], tmp_path / "gone" / "a.pdf", "", NEVER_CANCELLED)
    assert target.read_text() == "precious"
    assert [path.name for path in target.parent.iterdir()] == ["a.pdf"]


def test_the_images_process_writes_it(tmp_path: Path) -> None:
    events: list[Event] = []
    pages = (page(400, 200, line("Gate B14", 40, 60, 250, 110)),)
    request = WritePdf(str(photo(tmp_path / "a.png")), pages, str(tmp_path / "a.pdf"))
    ImagingBackend().handle(request, events.append, NEVER_CANCELLED)
    assert events == []
    assert text_of(tmp_path / "a.pdf").strip() == "Gate B14"


def test_letters_have_widths() -> None:
    edges = letter_edges("iM字")
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(1)
    assert edges[1] < edges[2] - edges[1] < edges[3] - edges[2]
    assert letter_edges("") == [0.0]
    first, second = word_spans(" a  b ")
    assert (first.text, first.first, first.last, second.text) == ("a", 1, 2, "b")
    assert 0 < first.start < first.end < second.start < second.end < 1


def test_the_original_is_never_written_over(tmp_path: Path) -> None:
    source = scanned_pdf(tmp_path / "a.pdf", ["Invoice"])
    original = source.read_bytes()
    (tmp_path / "link.pdf").hardlink_to(source)
    for target in (source, tmp_path / "link.pdf"):
        with pytest.raises(ImageError, match="replace the original"):
            write_searchable_pdf(source, [page(100, 100, line("Invoice", 0, 0, 90, 9))], target, "", NEVER_CANCELLED)
    assert source.read_bytes() == original


def test_many_pages_are_written_in_order(tmp_path: Path) -> None:
    colours = [(50 * number, 0, 200) for number in range(5)]
    first, *others = (Image.new("RGB", (80, 60), colour) for colour in colours)
    first.save(tmp_path / "a.tiff", save_all=True, append_images=others)
    pages = [page(80, 60, line(f"page{number}", 10, 10, 70, 30)) for number in range(5)]
    write_searchable_pdf(tmp_path / "a.tiff", pages, tmp_path / "a.pdf", "", NEVER_CANCELLED)
    assert [text_of(tmp_path / "a.pdf", number).strip() for number in range(5)] == [f"page{n}" for n in range(5)]
    assert [render_page(tmp_path / "a.pdf", number).getpixel((9, 9)) for number in range(5)] == colours
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.tiff"]
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert pdf.check_pdf_syntax() == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_no_damage_of_the_original(tmp_path: Path) -> None:
    sources = photo(tmp_path / "a.png"), scanned_pdf(tmp_path / "b.pdf", ["Invoice"])
    for source in sources:
        target = tmp_path / "c.pdf"
        full = os.open("/dev/full", os.O_RDWR)
        with using_descriptors({str(target): full}), pytest.raises(ImageError, match="could not be written"):
            write_searchable_pdf(source, [page(400, 200, line("text", 0, 0, 9, 9))], target, "", NEVER_CANCELLED)
    assert sorted(tmp_path.iterdir()) == sorted(sources)


def test_a_grey_scan_takes_a_byte_a_pixel_and_keeps_them_all(tmp_path: Path) -> None:
    image = Image.linear_gradient("L")
    image.save(tmp_path / "a.png")
    write_searchable_pdf(tmp_path / "a.png", [page(256, 256)], tmp_path / "a.pdf", "", NEVER_CANCELLED)
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        picture = picture_of(pdf)
        assert str(picture.ColorSpace) == "/DeviceGray"
        assert picture.read_bytes() == image.tobytes()


def test_poor_hidden_text_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    content = (
        "BT /F1 24 Tf 72 600 Td (Stamp) Tj ET q BT 3 Tr /F1 24 Tf 72 700 Td (Minute5 0f) Tj "
        "0 -40 Td (tbe gorden) Tj ET Q"
    )
    source = drawn_pdf(tmp_path / "a.pdf", content)
    first, *_ = (item for item in page_layer(source, 0).lines if item.is_hidden)
    told = page(1654, 2339, TextLine.between("Minutes of", first.quad, 0.9))
    write_searchable_pdf(source, [told], tmp_path / "b.pdf", "", NEVER_CANCELLED)
    assert sorted(text_of(tmp_path / "b.pdf").split("\r\n")) == ["Minutes of", "Stamp"]


def test_words_lie_where_they_were_read(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png", dpi=(72, 72))
    words = (Word("Gate", Box(40, 60, 100, 110), 0.9), Word("B14", Box(200, 60, 250, 110), 0.9))
    told = page(400, 200, replace(line("Gate B14", 40, 60, 250, 110), words=words))
    write_searchable_pdf(source, [told], tmp_path / "a.pdf", "", NEVER_CANCELLED)
    assert found(tmp_path / "a.pdf", "Gate")[::2] == pytest.approx((40, 100), abs=1)
    assert found(tmp_path / "a.pdf", "B14")[::2] == pytest.approx((200, 250), abs=1)
    assert text_of(tmp_path / "a.pdf").strip() == "Gate B14"
