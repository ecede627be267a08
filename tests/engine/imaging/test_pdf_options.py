"""Searchable PDFs on request: PDF/A, deskewed and compressed."""

from collections.abc import Callable
from math import atan2, cos, degrees, radians, sin
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pikepdf import pdfa
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import OcrPage
from app.domain.documents.pdf_options import PdfOptions
from app.domain.errors import ImageError
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.open_pdf import page_layer, render_page
from app.engine.imaging.searchable_pdf import write_searchable_pdf
from tests.support.documents import drawn_pdf, written_pdf

SIZE = (1000, 1400)
ROWS = 12


def leaf(skew: float = 0.0, mode: str = "L") -> tuple[Image.Image, OcrPage]:
    """A page of printed rows that rise by `skew` degrees, and what is read on it."""
    image = Image.new(mode, SIZE, "white")
    drawing, font = ImageDraw.Draw(image), ImageFont.load_default(30)
    boxes: list[tuple[str, Box]] = []
    for row in range(ROWS):
        text = f"Row {row} of this page has some words"
        place = (150, 200 + 80 * row)
        drawing.text(place, text, fill="black", font=font)
        boxes.append((text, Box(*drawing.textbbox(place, text, font=font))))
    turned = image.rotate(skew, fillcolor="white", resample=Image.Resampling.NEAREST)

    def moved(point: Point) -> Point:
        across, down = point.x - SIZE[0] / 2, point.y - SIZE[1] / 2
        cosine, sine = cos(radians(skew)), sin(radians(skew))
        return Point(SIZE[0] / 2 + across * cosine + down * sine, SIZE[1] / 2 + down * cosine - across * sine)

    lines = []
    for text, box in boxes:
        first, second, third, fourth = map(moved, box.corners)
        lines.append(TextLine.between(text, (first, second, third, fourth), 0.9))
    return turned, OcrPage(*SIZE, tuple(lines), "\n".join(line.text for line in lines))


def write_image(folder: Path, image: Image.Image, page: OcrPage, suffix: str, options: PdfOptions) -> Path:
    source = folder / f"a.{suffix}"
    image.save(source, resolution=120)
    write_searchable_pdf(source, [page], folder / "written.pdf", "", NEVER_CANCELLED, options)
    return folder / "written.pdf"


def ink(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L")) < 128


def covered(path: Path) -> float:
    """The fraction of the ink that lies in the boxes of the words."""
    picture, layer = ink(render_page(path, 0)), page_layer(path, 0)
    assert picture.shape == (layer.height, layer.width)
    found = np.zeros_like(picture)
    for line in layer.lines:
        box = Box.around_points(line.quad)
        found[max(0, int(box.top) - 2) : int(box.bottom) + 3, max(0, int(box.left) - 2) : int(box.right) + 3] = True
    return float((found & picture).sum() / picture.sum())


def slopes(path: Path) -> list[float]:
    ends = [line.quad[:2] for line in page_layer(path, 0).lines]
    return [degrees(atan2(end.y - start.y, end.x - start.x)) for start, end in ends]


@pytest.mark.parametrize("suffix", ["png", "jpg", "pdf", "tiff"])
@pytest.mark.parametrize("skew", [3.0, -6.0, 0.0])
def test_a_skewed_scan_is_deskewed_with_its_text(tmp_path: Path, suffix: str, skew: float) -> None:
    written = write_image(tmp_path, *leaf(skew), suffix, PdfOptions(is_deskewed=True))
    layer = page_layer(written, 0)
    assert len(layer.lines) == ROWS
    assert slopes(written) == pytest.approx([0] * ROWS, abs=1)
    rows = ink(render_page(written, 0)).any(axis=1)
    assert int((np.diff(rows.astype(int)) == 1).sum()) == ROWS  # Blank stripes between all rows.
    assert covered(written) > 0.94


def test_a_straight_or_bent_page_stays_as_it_is(tmp_path: Path) -> None:
    image, page = leaf()
    bent = []
    for number, line in enumerate(page.lines):
        first, second, third, fourth = line.quad
        lowered = (Point(corner.x, corner.y + 40 * number) for corner in (second, third))
        bent.append(TextLine.between(line.text, (first, *lowered, fourth), 0.9))  # type: ignore[arg-type]
    for lines in (page.lines, tuple(bent), page.lines[:2]):
        read = OcrPage(*SIZE, lines, page.text)
        plain = write_image(tmp_path, image, read, "png", PdfOptions()).read_bytes()
        assert write_image(tmp_path, image, read, "png", PdfOptions(is_deskewed=True)).read_bytes() == plain


def noisy() -> Image.Image:
    """A scan with the noise of paper."""
    noise = Image.effect_noise(SIZE, 12)
    return Image.blend(leaf()[0], noise, 0.2)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_lossless_scan_is_compressed(tmp_path: Path, suffix: str, mode: str) -> None:
    image, page = noisy().convert(mode), leaf()[1]
    plain = write_image(tmp_path, image, page, suffix, PdfOptions()).stat().st_size
    written = write_image(tmp_path, image, page, suffix, PdfOptions(is_compressed=True))
    assert written.stat().st_size < plain / 3
    with pikepdf.open(written) as pdf:
        picture = pdf.pages[0].Resources.XObject.Picture
        assert [str(entry) for entry in (picture.Filter, picture.ColorSpace)] == ["/DCTDecode", "/DeviceGray"]


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_black_and_white_is_coded_as_faxes_are(tmp_path: Path, suffix: str) -> None:
    image, page = leaf()
    image = image.point(lambda level: 255 * (level > 128)).convert("1")
    written = write_image(tmp_path, image, page, suffix, PdfOptions(is_compressed=True))
    with pikepdf.open(written) as pdf:
        assert pdf.pages[0].Resources.XObject.Picture.Filter == "/CCITTFaxDecode"
    drawn = ink(render_page(written, 0).resize(SIZE))
    assert (drawn != ink(image)).mean() < 0.02


def scan(folder: Path, image: Image.Image, **entries: object) -> Path:
    """A PDF with a losslessly stored picture."""
    with pikepdf.open(drawn_pdf(folder / "b.pdf", "q 595 0 0 842 0 0 cm /Im Do Q")) as pdf:
        bits, space = (
            (1, "/DeviceGray") if image.mode == "1" else (8, "/DeviceRGB" if image.mode == "RGB" else "/DeviceGray")
        )
        picture = pdf.make_stream(
            image.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=image.width,
            Height=image.height, ColorSpace=pikepdf.Name(space), BitsPerComponent=bits,
        )  # fmt: skip
        for key, value in entries.items():
            picture[f"/{key}"] = value if not isinstance(value, Image.Image) else pdf.make_stream(
                value.tobytes(), Subtype=pikepdf.Name.Image, Width=value.width, Height=value.height,
                ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8,
            )  # fmt: skip
        pdf.pages[0].Resources.XObject = pikepdf.Dictionary(Im=picture)
        pdf.save(folder / "c.pdf", compress_streams=True)
    return folder / "c.pdf"


def black_and_white() -> Image.Image:
    return leaf()[0].point(lambda level: 255 * (level > 128))


SCANS: dict[str, tuple[Callable[[], Image.Image], str]] = {
    "grey": (noisy, "/DCTDecode"),
    "colours": (lambda: noisy().convert("RGB"), "/DCTDecode"),
    "black and white in grey": (black_and_white, "/CCITTFaxDecode"),
    "one bit": (lambda: leaf(2.0)[0].convert("1"), "/CCITTFaxDecode"),
}


@pytest.mark.parametrize("kind", sorted(SCANS))
def test_the_pictures_of_a_document_are_compressed(tmp_path: Path, kind: str) -> None:
    make, coding = SCANS[kind]
    source = scan(tmp_path, make())
    write_searchable_pdf(source, [leaf()[1]], tmp_path / "d.pdf", "", NEVER_CANCELLED, PdfOptions(is_compressed=True))
    with pikepdf.open(tmp_path / "d.pdf") as pdf:
        assert pdf.pages[0].Resources.XObject.Im.Filter == coding
    before, after = ink(render_page(source, 0)), ink(render_page(tmp_path / "d.pdf", 0))
    assert (before != after).mean() < 0.005


def test_masks_and_inverted_pictures_stay_as_they_are(tmp_path: Path) -> None:
    inverted = pikepdf.Array([1, 0])
    for entries in ({"SMask": noisy()}, {"Decode": inverted}):
        source = scan(tmp_path, noisy(), **entries)
        write_searchable_pdf(
            source, [leaf()[1]], tmp_path / "d.pdf", "", NEVER_CANCELLED, PdfOptions(is_compressed=True)
        )
        with pikepdf.open(tmp_path / "d.pdf") as pdf:
            picture = pdf.pages[0].Resources.XObject.Im
            assert (picture.SMask if "SMask" in entries else picture).Filter == "/FlateDecode"


@pytest.mark.parametrize("suffix", ["png", "jpg", "pdf", "tiff"])
@pytest.mark.parametrize("is_small", [False, True])
def test_an_image_or_scan_becomes_pdf_a(tmp_path: Path, suffix: str, *, is_small: bool) -> None:
    written = write_image(tmp_path, *leaf(2.0), suffix, PdfOptions(True, is_small, is_small))
    assert pdfa.validate_written(written, "2b").verdict == "pass"
    assert page_layer(written, 0).lines[3].text == "Row 3 of this page has some words"
    with pikepdf.open(written) as pdf:
        assert (
            b"<pdfaid:part>2" in pdf.Root.Metadata.read_bytes() or b'pdfaid:part="2"' in pdf.Root.Metadata.read_bytes()
        )
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert not pdf.is_encrypted


def test_a_document_that_cannot_be_pdf_a_is_refused_in_words(tmp_path: Path) -> None:
    source = written_pdf(tmp_path / "a.pdf", "Helvetica is not embedded")
    layer = page_layer(source, 0)
    page = OcrPage(layer.width, layer.height, (), "")
    with pytest.raises(ImageError, match=r"“a\.pdf” cannot become PDF/A"):
        write_searchable_pdf(source, [page], tmp_path / "b.pdf", "", NEVER_CANCELLED, PdfOptions(is_archival=True))
    assert not (tmp_path / "b.pdf").exists()


def test_a_field_outside_the_form_is_not_remarked_on(tmp_path: Path) -> None:
    image, page = leaf()
    image.save(tmp_path / "a.pdf", resolution=120)
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        look = pdf.make_stream(
            b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=pikepdf.Array([0, 0, 9, 9])
        )
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="lost", F=4,
            Rect=pikepdf.Array([9, 9, 18, 18]), AP=pikepdf.Dictionary(N=look),
        )  # fmt: skip
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(field)])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([]))
        with pytest.warns(pikepdf.PageCopyWarning):
            pdf.save(tmp_path / "b.pdf")
    write_searchable_pdf(tmp_path / "b.pdf", [page], tmp_path / "c.pdf", "", NEVER_CANCELLED)
    assert len(page_layer(tmp_path / "c.pdf", 0).lines) == ROWS
