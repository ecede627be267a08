"""Images as cameras, scanners, faxes, tools and broken connections leave them."""

import io
import zlib
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from app.domain.documents.pages import OcrPage
from app.domain.errors import ImageError
from app.domain.ports import NEVER_CANCELLED
from app.engine.imaging.cut_short import SHOWN_SHARE
from app.engine.imaging.documents import open_document
from app.engine.imaging.open_image import open_image, probe_image
from app.engine.imaging.searchable_pdf import write_searchable_pdf

SIZE = (400, 300)


def note(mode: str = "RGB", ink: str = "black", paper: str = "white") -> Image.Image:
    image = Image.new(mode, SIZE, paper)
    ImageDraw.Draw(image).text((40, 60), "Gate B14", fill=ink, font=ImageFont.load_default(48))
    return image


def contrast(image: Image.Image) -> int:
    grey = np.asarray(image.convert("L"))
    return int(grey.max()) - int(grey.min())


def empty_page(image: Image.Image) -> OcrPage:
    return OcrPage(image.width, image.height, (), "")


@pytest.fixture
def preview_photo(tmp_path: Path) -> Path:
    """A camera's photo with a preview in it, in the orientation that cameras store."""
    exif = Image.Exif()
    exif[0x0112] = 6
    note().save(tmp_path / "p.jpg", "MPO", save_all=True, append_images=[note().reduce(4)], exif=exif)
    return tmp_path / "p.jpg"


def test_a_photo_with_a_preview_in_it_is_one_image(preview_photo: Path) -> None:
    facts, _ = probe_image(preview_photo, 100)
    assert (facts.frames, facts.media_type, facts.width, facts.height) == (1, "image/jpeg", 300, 400)
    assert (open_document(preview_photo).page_count, open_document(preview_photo).is_animation) == (1, False)


def test_its_pdf_has_its_own_data_without_the_preview(preview_photo: Path, tmp_path: Path) -> None:
    write_searchable_pdf(
        preview_photo, [empty_page(open_image(preview_photo))], tmp_path / "a.pdf", "", NEVER_CANCELLED
    )
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        (page,) = pdf.pages
        picture = page.Resources.XObject.Picture
        assert picture.Filter == "/DCTDecode"
        data = picture.read_raw_bytes()
    stored = preview_photo.read_bytes()
    assert stored.startswith(data)
    assert data.count(b"\xff\xd9") == 1
    assert stored.count(b"\xff\xd9") > 1


@pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iCCP"])
def test_a_png_opens_that_has_megabytes_of_metadata(tmp_path: Path, kind: str) -> None:
    texts = PngImagePlugin.PngInfo()
    text = "node " * 400_000
    if kind == "iCCP":
        note().save(tmp_path / "a.png", icc_profile=text.encode())
    else:
        texts.add_text("workflow", text, zip=True) if kind == "zTXt" else texts.add_itxt("workflow", text, zip=True)
        note().save(tmp_path / "a.png", pnginfo=texts)
    assert open_image(tmp_path / "a.png").tobytes() == note().tobytes()


def test_metadata_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    note().save(data, "PNG")
    bomb = b"zTXtworkflow\0\0" + zlib.compress(bytes(80_000_000), 9)
    chunk = (len(bomb) - 4).to_bytes(4) + bomb + zlib.crc32(bomb).to_bytes(4)
    whole = data.getvalue()
    (tmp_path / "a.png").write_bytes(whole[:33] + chunk + whole[33:])
    with pytest.raises(ImageError, match="damaged"):
        open_image(tmp_path / "a.png")


@pytest.mark.parametrize(("black", "white"), [(0, 1020), (0, 4080), (0, 16380), (0, 65535), (57_960, 60_000)])
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_deep_grey_is_seen_whatever_part_of_its_range_it_uses(
    tmp_path: Path, black: int, white: int, suffix: str
) -> None:
    values = black + np.asarray(note("L"), dtype=np.float64) / 255 * (white - black)
    Image.fromarray(values.round().astype(np.uint16)).save(tmp_path / f"a.{suffix}")
    opened = open_image(tmp_path / f"a.{suffix}")
    assert np.abs(np.asarray(opened, dtype=float) - np.asarray(note(), dtype=float)).max() <= 2


def test_no_value_of_a_floating_point_image_is_too_odd(tmp_path: Path) -> None:
    values = np.asarray(note("L"), dtype=np.float32).copy()
    values[0, :3] = np.nan, np.inf, -np.inf
    Image.fromarray(values).save(tmp_path / "a.tiff")
    assert open_image(tmp_path / "a.tiff").size == SIZE


def test_dark_and_light_on_nothing_are_both_seen(tmp_path: Path) -> None:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    for top, ink in ((40, "black"), (160, "white")):
        ImageDraw.Draw(image).text((40, top), "Gate B14", fill=ink, font=ImageFont.load_default(48))
    image.save(tmp_path / "a.png")
    opened = open_image(tmp_path / "a.png")
    halves = opened.crop((0, 0, 400, 140)), opened.crop((0, 140, 400, 300))
    assert min(contrast(half) for half in halves) > 100


@pytest.mark.parametrize(("ink", "ground"), [("black", 255), ("white", 0), ("#808080", 255), ("orange", 0)])
def test_one_ink_on_nothing_lies_on_white_or_on_black(tmp_path: Path, ink: str, ground: int) -> None:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    ImageDraw.Draw(image).text((40, 60), "Gate B14", fill=ink, font=ImageFont.load_default(48))
    image.save(tmp_path / "a.png")
    assert open_image(tmp_path / "a.png").getpixel((0, 0)) == (ground, ground, ground)


@pytest.mark.parametrize(
    ("name", "dots", "size"),
    [
        ("fax.tiff", (204, 98), (400, 624)), ("fine.tiff", (204, 196), (400, 312)), ("a.jpg", (300, 150), (400, 600)),
        ("a.png", (100, 200), (800, 300)), ("odd.jpg", (72, 2000), SIZE), ("usual.jpg", (300, 300), SIZE),
    ],
)  # fmt: skip
def test_pixels_are_made_square(tmp_path: Path, name: str, dots: tuple[int, int], size: tuple[int, int]) -> None:
    note("L").save(tmp_path / name, dpi=dots)
    opened = open_image(tmp_path / name)
    facts, thumbnail = probe_image(tmp_path / name, 100)
    assert opened.size == open_document(tmp_path / name).picture(0).size == (facts.width, facts.height) == size
    assert thumbnail.width / thumbnail.height == pytest.approx(size[0] / size[1], abs=0.05)


def test_a_photo_on_its_side_with_odd_pixels_is_upright_first(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    note().save(tmp_path / "a.jpg", dpi=(300, 150), exif=exif)
    facts, _ = probe_image(tmp_path / "a.jpg", 100)
    assert open_image(tmp_path / "a.jpg").size == (facts.width, facts.height) == (600, 400)


@pytest.mark.parametrize("name", ["fax.tiff", "fax.jpg"])
def test_a_fax_is_written_in_its_own_shape(tmp_path: Path, name: str) -> None:
    note("L").save(tmp_path / name, dpi=(204, 98))
    write_searchable_pdf(
        tmp_path / name, [empty_page(open_image(tmp_path / name))], tmp_path / "a.pdf", "", NEVER_CANCELLED
    )
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        _, _, width, height = (float(side) for side in pdf.pages[0].MediaBox)
        assert (width, height) == pytest.approx((400 / 204 * 72, 300 / 98 * 72), abs=0.5)
        assert (pdf.pages[0].Resources.XObject.Picture.Filter == "/DCTDecode") == (name == "fax.jpg")


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_that_ends_early_is_shown_as_far_as_it_goes(tmp_path: Path, mode: str) -> None:
    rows = np.linspace(0, 90, SIZE[0] * SIZE[1], dtype=np.uint8).reshape(SIZE[::-1])
    noise = np.random.default_rng(3).integers(0, 20, SIZE[::-1], dtype=np.uint8)
    image = Image.fromarray(rows + noise).convert("RGB").convert(mode)
    data = io.BytesIO()
    image.save(data, "JPEG")
    (tmp_path / "a.jpg").write_bytes(data.getvalue()[: len(data.getvalue()) // 2])
    opened = open_image(tmp_path / "a.jpg")
    share = opened.info[SHOWN_SHARE]
    facts, _ = probe_image(tmp_path / "a.jpg", 100)
    assert 0.35 < share < 0.65
    assert facts.shown_share == pytest.approx(share, abs=0.05)
    shown = round(SIZE[1] * share) - 20
    whole = np.asarray(image.convert("RGB"), dtype=float)
    assert np.abs(np.asarray(opened, dtype=float) - whole)[:shown].mean() < 6


def test_a_whole_jpeg_with_anything_after_it_is_whole(tmp_path: Path) -> None:
    data = io.BytesIO()
    note().save(data, "JPEG")
    (tmp_path / "a.jpg").write_bytes(data.getvalue() + bytes(1000))
    assert SHOWN_SHARE not in open_image(tmp_path / "a.jpg").info
    assert probe_image(tmp_path / "a.jpg", 100)[0].shown_share == 1


def noisy_png(path: Path, mode: str, exif: Image.Exif | None = None) -> tuple[Image.Image, bytes]:
    """A PNG that zlib hardly makes smaller, so that half of the file is half of the rows."""
    pixels = np.random.default_rng(5).integers(0, 256, (*SIZE[::-1], 4), dtype=np.uint8)
    image = Image.fromarray(pixels).convert("RGB").convert(mode)
    image.save(path, "PNG", exif=exif)
    return image, path.read_bytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "RGBA"])
@pytest.mark.parametrize("rest", [0, 3, 7, 2000])
def test_a_png_that_ends_early_is_shown_as_far_as_it_goes(tmp_path: Path, mode: str, rest: int) -> None:
    image, data = noisy_png(tmp_path / "a.png", mode)
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2 - rest])
    opened = open_image(tmp_path / "a.png")
    share = opened.info[SHOWN_SHARE]
    facts, thumbnail = probe_image(tmp_path / "a.png", 100)
    assert 0.3 < share < 0.65
    assert facts.shown_share == pytest.approx(share)
    assert thumbnail.getpixel((5, thumbnail.height - 2)) == (127, 127, 127)
    rows = round(SIZE[1] * share)
    assert opened.crop((0, 0, SIZE[0], rows)).tobytes() == image.convert("RGB").crop((0, 0, SIZE[0], rows)).tobytes()
    assert set(opened.crop((0, rows, *SIZE)).get_flattened_data()) == {(127, 127, 127)}


def test_a_turned_png_that_ends_early_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    _, data = noisy_png(tmp_path / "a.png", "RGB", exif=exif)
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    opened = open_image(tmp_path / "a.png")
    assert opened.size == SIZE[::-1]
    assert set(opened.crop((0, 0, 100, SIZE[0])).get_flattened_data()) == {(127, 127, 127)}


def test_a_png_without_its_end_mark_alone_is_whole(tmp_path: Path) -> None:
    image, data = noisy_png(tmp_path / "a.png", "RGB")
    (tmp_path / "a.png").write_bytes(data[:-12])
    assert SHOWN_SHARE not in open_image(tmp_path / "a.png").info
    assert open_image(tmp_path / "a.png").tobytes() == image.tobytes()


def test_a_damaged_png_is_refused_as_before(tmp_path: Path) -> None:
    _, data = noisy_png(tmp_path / "a.png", "RGB")
    middle = len(data) // 2
    for broken in (data[:60], data[:middle] + bytes(600) + data[middle + 600 :]):
        (tmp_path / "a.png").write_bytes(broken)
        with pytest.raises(ImageError):
            open_image(tmp_path / "a.png")


def test_a_jpeg_that_ends_before_its_first_row_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    note().save(data, "JPEG")
    start = data.getvalue().index(b"\xff\xda") + 14
    for end in (start // 2, start):
        (tmp_path / "a.jpg").write_bytes(data.getvalue()[:end])
        with pytest.raises(ImageError, match="damaged or incomplete"):
            open_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_an_animation_begins_where_there_is_something(tmp_path: Path, suffix: str) -> None:
    blank = Image.new("RGB", SIZE, "white")
    path = tmp_path / f"a.{suffix}"
    blank.save(path, save_all=True, append_images=[Image.new("RGB", SIZE, "#ddd"), note(), blank], duration=100)
    assert contrast(open_image(path)) > 200
    assert contrast(probe_image(path, 200)[1]) > 150
    document = open_document(path)
    assert contrast(document.picture(0)) > 200
    assert document.is_animation


def test_a_transparent_first_frame_is_blank_as_well(tmp_path: Path) -> None:
    first = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    first.save(tmp_path / "a.webp", save_all=True, append_images=[note("RGBA")], duration=100)
    assert contrast(open_image(tmp_path / "a.webp")) > 200
