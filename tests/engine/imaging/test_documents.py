"""Files that have pages, opened one way, and HEIC photos."""

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError, PasswordNeeded
from app.domain.ids import Digest
from app.domain.images.geometry import Box
from app.domain.ports import NEVER_CANCELLED
from app.engine.backends.imaging_backend import ImagingBackend
from app.engine.imaging import open_frames
from app.engine.imaging.documents import open_document
from app.engine.imaging.open_frames import FrameFile
from app.engine.imaging.open_image import MAX_SIDE, open_decoder, open_image, probe_image
from app.engine.process.messages import DrawPage, Event, ImageProbed, PagesFound, ProbeImage
from tests.support.documents import locked_pdf, scanned_pdf, written_pdf

SENTENCE = "The total of all items is 12.40 EUR"
HEIC = base64.b64decode(  # 32 x 16 pixels, the left half red, the right half blue.
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAA"
    "AERAAAEAAQAAAAABoAABAAAAAAAAAFEAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAAAADc"
    "aXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAA"
    "AwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFw"
    "AAAAIAAAAAEAAAAQAAAAAf///+AAAAAC////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAWW1kYXQAAABN"
    "KAGvUhdPbOb86r//h+f/oQ5DxqAK/+dvVfaKk/0ayEH7QNqklgR7T7xW5lArqymQy0CVRELTThmWDb9mnb3FyIrjbLeteDyagOMACzg="
)


def scan(path: Path, *colours: str) -> Path:
    first, *others = (Image.new("RGB", (80 + 10 * place, 60), colour) for place, colour in enumerate(colours))
    first.save(path, save_all=True, append_images=others, dpi=(150, 150))
    return path


def test_a_scan_of_several_pages_has_them_all(tmp_path: Path) -> None:
    document = open_document(scan(tmp_path / "a.tiff", "red", "lime", "blue"))
    assert (document.page_count, document.is_animation) == (3, False)
    assert document.picture(2).getpixel((5, 5)) == (0, 0, 255)
    assert document.picture(0).getpixel((5, 5)) == (255, 0, 0)
    assert document.picture(1).size == (90, 60)
    assert document.layer(0) is None


def test_what_moves_is_no_document_of_pages(tmp_path: Path) -> None:
    document = open_document(scan(tmp_path / "a.gif", "red", "lime"))
    assert (document.page_count, document.is_animation) == (2, True)
    pixel = document.picture(1).getpixel((5, 5))
    assert pixel == (0, 255, 0)


@pytest.mark.parametrize("suffix", ["gif", "png", "tiff"])
def test_frames_that_are_asked_for_in_order_are_decoded_once_each(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scan(tmp_path / f"a.{suffix}", "red", "lime", "blue", "white")
    opened: list[Path] = []

    def open_and_note(file: Path) -> AbstractContextManager[Image.Image]:
        opened.append(file)
        return open_decoder(file)

    monkeypatch.setattr(open_frames, "open_decoder", open_and_note)
    document = open_document(path)
    alone = [document.picture(number).tobytes() for number in range(4)]
    assert len(opened) == 4
    with document.in_order():
        assert [document.picture(number).tobytes() for number in range(4)] == alone
        assert len(opened) == 5
        assert [document.picture(number).tobytes() for number in (2, 2, 0)] == [alone[2], alone[2], alone[0]]
        assert len(opened) == 7
    path.unlink()  # It is closed; Windows lets nobody delete a file that is not.


def test_a_frame_that_is_damaged_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = open_document(scan(tmp_path / "a.gif", "red", "lime", "blue"))
    alone = document.picture(2).tobytes()

    def seek(image: GifImageFile, number: int, whole: Callable[[GifImageFile, int], None] = GifImageFile.seek) -> None:
        if number == 1:
            raise EOFError
        whole(image, number)

    with document.in_order():
        assert document.picture(0).size == (80, 60)
        monkeypatch.setattr(GifImageFile, "seek", seek)
        with pytest.raises(ImageError, match="damaged"):
            document.picture(1)
        assert document.picture(2).tobytes() == alone


def test_an_image_has_one_page(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    document = open_document(tmp_path / "a.png")
    assert (document.page_count, document.is_animation) == (1, False)


@pytest.mark.parametrize(("dpi", "told"), [((150, 150), 150), ((0, 0), None), ((1, 1), None), ((99_999, 9), None)])
def test_the_dots_to_the_inch_are_believed_where_they_make_sense(
    tmp_path: Path, dpi: tuple[int, int], told: float | None
) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "a.tiff", dpi=dpi)
    assert FrameFile(tmp_path / "a.tiff").dots(0) == (pytest.approx(told) if told else None)


def test_a_scan_that_breaks_off_keeps_its_first_pages(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.tiff", "red", "lime", "blue")
    whole = path.read_bytes()
    document = open_document(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError):
        document.picture(2)


def test_a_locked_document_opens_with_its_password_alone(tmp_path: Path) -> None:
    path = locked_pdf(tmp_path / "a.pdf", SENTENCE, "sesame")
    with pytest.raises(PasswordNeeded, match="is password-protected"):
        open_document(path)
    with pytest.raises(PasswordNeeded, match="a different password"):
        open_document(path, "open")
    document = open_document(path, "sesame")
    layer = document.layer(0)
    assert layer is not None
    assert layer.text == SENTENCE


def test_a_document_without_pages_is_not_called_damaged(tmp_path: Path) -> None:
    with pikepdf.new() as pdf:
        pdf.save(tmp_path / "empty.pdf")
    with pytest.raises(ImageError, match=r"“empty.pdf” has no pages\.") as raised:
        open_document(tmp_path / "empty.pdf")
    assert raised.value.problem.id == image_texts.PDF_WITHOUT_PAGES.id
    (tmp_path / "broken.pdf").write_bytes((tmp_path / "empty.pdf").read_bytes()[:60])
    with pytest.raises(ImageError, match="is damaged or incomplete"):
        open_document(tmp_path / "broken.pdf")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_text_of_a_turned_and_cropped_page_lies_where_its_ink_is(tmp_path: Path, turn: int) -> None:
    with pikepdf.open(written_pdf(tmp_path / "a.pdf", SENTENCE)) as pdf:
        pdf.pages[0].Rotate = turn
        pdf.pages[0].CropBox = pikepdf.Array([40, 300, 580, 820])
        pdf.save(tmp_path / "b.pdf")
    document = open_document(tmp_path / "b.pdf")
    layer, picture = document.layer(0), document.picture(0)
    assert layer is not None
    assert (layer.width, layer.height) == picture.size
    foreground = Image.eval(picture.convert("L"), lambda value: 255 - value).getbbox()
    assert foreground is not None
    (line,) = layer.lines
    around = Box.around_points(line.quad)
    box = (around.left, around.top, around.right, around.bottom)
    assert box == pytest.approx(foreground, abs=14)
    # Its first corner is where the text begins.
    begins = {0: (box[0], box[1]), 90: (box[2], box[1]), 180: (box[2], box[3]), 270: (box[0], box[3])}[turn]
    assert (line.quad[0].x, line.quad[0].y) == pytest.approx(begins)


def test_scans_become_pages_and_animations_images(tmp_path: Path) -> None:
    events: list[Event] = []
    backend = ImagingBackend()
    backend.handle(ProbeImage(str(scan(tmp_path / "a.tiff", "red", "lime")), 64), events.append, NEVER_CANCELLED)
    backend.handle(
        DrawPage(str(tmp_path / "a.tiff"), 1, str(tmp_path / "page.png"), 64), events.append, NEVER_CANCELLED
    )
    backend.handle(ProbeImage(str(scan(tmp_path / "a.gif", "red", "lime")), 64), events.append, NEVER_CANCELLED)
    pages, drawn, moving = events
    assert pages == PagesFound(2, Digest(sha256((tmp_path / "a.tiff").read_bytes()).hexdigest()))
    assert isinstance(drawn, ImageProbed)
    assert (drawn.width, drawn.height) == (90, 60)
    assert isinstance(moving, ImageProbed)
    assert moving.frames == 2


def test_a_locked_document_is_probed_with_its_password(tmp_path: Path) -> None:
    path = locked_pdf(tmp_path / "a.pdf", SENTENCE, "sesame")
    events: list[Event] = []
    with pytest.raises(PasswordNeeded):
        ImagingBackend().handle(ProbeImage(str(path), 64), events.append, NEVER_CANCELLED)
    ImagingBackend().handle(ProbeImage(str(path), 64, "sesame"), events.append, NEVER_CANCELLED)
    assert events == [PagesFound(1, Digest(sha256(path.read_bytes()).hexdigest()), is_encrypted=True)]


def test_an_heic_photo_is_an_image_like_others(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(HEIC)  # Phones and mail programs rename them.
    facts, _ = probe_image(tmp_path / "photo.jpg", 64)
    assert (facts.media_type, facts.width, facts.height) == ("image/heif", 32, 16)
    image = open_image(tmp_path / "photo.jpg")
    left, right = image.getpixel((6, 8)), image.getpixel((26, 8))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > left[2] + 80
    assert right[2] > right[0] + 80


def test_a_broken_heic_photo_is_refused_in_words(tmp_path: Path) -> None:
    for cut in (40, 200, len(HEIC) - 40):
        (tmp_path / "photo.heic").write_bytes(HEIC[:cut])
        with pytest.raises(ImageError, match=r"damaged|could not be read"):
            open_image(tmp_path / "photo.heic")


def test_a_page_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    for path in (scanned_pdf(tmp_path / "a.pdf", ["one"]), scan(tmp_path / "a.tiff", "red", "lime")):
        document = open_document(path)
        with pytest.raises(ImageError):
            document.picture(7)


def broken_pdfs(folder: Path) -> dict[str, bytes]:
    """Documents that lie about themselves."""
    whole = written_pdf(folder / "whole.pdf", SENTENCE).read_bytes()
    empty = folder / "empty.pdf"
    with pikepdf.new() as pdf:
        pdf.save(empty)
    return {
        "cut in the head": whole[:10],
        "cut in an object": whole[:200],
        "cut before its table": whole[:400],
        "without its end": whole[:-60],
        "noise": b"%PDF-1.7\n" + bytes(range(256)) * 20,
        "its own child": whole.replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]"),
        "pages that are not there": whole.replace(b"/Count 1", b"/Count 99"),
        "fewer than no pages": whole.replace(b"/Count 1", b"/Count -5"),
        "drawn by itself": whole.replace(b"/Contents 4 0 R", b"/Contents 3 0 R"),
        "no pages": empty.read_bytes(),
    }


LEGIBLE = {"pages that are not there", "fewer than no pages", "drawn by itself"}


@pytest.mark.parametrize(
    "how",
    [
        *sorted(LEGIBLE), "cut in the head", "cut in an object", "cut before its table", "without its end", "noise",
        "its own child", "no pages",
    ],
)  # fmt: skip
def test_a_broken_document_is_opened_or_refused_in_words(tmp_path: Path, how: str) -> None:
    path = tmp_path / "two\nlines.pdf"
    path.write_bytes(broken_pdfs(tmp_path)[how])
    if how in LEGIBLE:
        document = open_document(path)
        document.layer(0)
        assert document.picture(0).size == (1653, 2339)
    else:
        with pytest.raises(ImageError, match=r"two\nlines\.pdf"):
            open_document(path).picture(0)


@pytest.mark.parametrize("box", [(35_000, 35_000), (1e9, 1e9), (100_000, 1), (1e7, 0.001), (0, 0)])
def test_pages_as_large_as_houses_have_small_pictures(tmp_path: Path, box: tuple[float, float]) -> None:
    with pikepdf.open(scanned_pdf(tmp_path / "a.pdf", ["one"])) as pdf:
        pdf.pages[0].MediaBox = pikepdf.Array([0, 0, *box])
        pdf.save(tmp_path / "b.pdf")
    picture = open_document(tmp_path / "b.pdf").picture(0)
    assert picture.width * picture.height < 4_100_000
    assert max(picture.size) <= MAX_SIDE + 1  # PDFium rounds up.
