"""Every kind of file that people drop, made here: what opens, and in which words the rest is refused."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.domain.errors import ImageError
from app.engine.imaging.open_image import MAX_PIXELS, open_image, probe_image

ROUNDS = 60
RED, BLUE = (200, 30, 30), (30, 30, 200)


def two_colours(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, 64 x 40."""
    image = Image.new("RGB", (64, 40), RED)
    image.paste(BLUE, (32, 0, 64, 40))
    return image.quantize() if mode == "P" else image.convert(mode)


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    pixel = np.asarray(image.convert("RGB"))[place[1], place[0]].astype(int)
    return bool(np.abs(pixel - colour).max() <= 12)


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        ("png", "RGB"), ("png", "P"), ("png", "RGBA"), ("jpg", "RGB"), ("jpg", "CMYK"), ("webp", "RGB"), ("gif", "P"),
        ("bmp", "RGB"), ("tiff", "RGB"), ("tiff", "CMYK"), ("avif", "RGB"), ("ppm", "RGB"), ("jp2", "RGB"),
        ("ico", "RGB"), ("tga", "RGB"),
    ],
)  # fmt: skip
def test_formats_open_by_their_content_whatever_the_name(tmp_path: Path, suffix: str, mode: str) -> None:
    saved = tmp_path / f"image.{suffix}"
    two_colours(mode).save(saved)
    nameless = saved.rename(tmp_path / "no_suffix")

    image = open_image(nameless)

    assert image.mode == "RGB"
    assert near(image, (2, image.height // 2), RED)
    assert near(image, (image.width - 3, image.height // 2), BLUE)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [(1, (64, 40), (2, 20)), (3, (64, 40), (61, 20)), (6, (40, 64), (20, 2)), (8, (40, 64), (20, 61))],
)
def test_exif_orientation_is_applied(
    tmp_path: Path, orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    two_colours().save(tmp_path / "photo.jpg", exif=exif)

    image = open_image(tmp_path / "photo.jpg")
    facts, thumbnail = probe_image(tmp_path / "photo.jpg", 32)

    assert image.size == size == (facts.width, facts.height)
    assert near(image, red_at, RED)
    assert (thumbnail.width > thumbnail.height) == (size[0] > size[1])


def test_16_bit_grey_keeps_its_shades(tmp_path: Path) -> None:
    values = np.array([[0, 16384, 32768, 65535]], np.uint16).repeat(4, axis=0)
    Image.fromarray(values).save(tmp_path / "scan.png")

    shades = np.asarray(open_image(tmp_path / "scan.png"))[0, :, 0]

    assert shades.tolist() == [0, 64, 128, 255]


@pytest.mark.parametrize(("foreground", "ground"), [((0, 0, 0), 255), ((255, 255, 255), 0)])
def test_a_drawing_on_nothing_is_laid_on_a_ground_that_shows_it(
    tmp_path: Path, foreground: tuple[int, int, int], ground: int
) -> None:
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((*foreground, 255), (10, 10, 20, 20))
    image.save(tmp_path / "drawing.png")

    opened = np.asarray(open_image(tmp_path / "drawing.png"))

    assert opened[0, 0].tolist() == [ground] * 3
    assert opened[15, 15].tolist() == list(foreground)


def test_an_animation_is_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])

    facts, _ = probe_image(tmp_path / "moving.gif", 16)

    assert facts.frames == 2
    assert near(open_image(tmp_path / "moving.gif"), (5, 5), RED)


def test_facts_and_thumbnail(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("RGB", (1000, 250), RED).save(path)

    facts, thumbnail = probe_image(path, 100)

    assert (facts.media_type, facts.width, facts.height, facts.frames) == ("image/png", 1000, 250, 1)
    assert facts.byte_size == path.stat().st_size
    assert thumbnail.size == (100, 25)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is this large, and holds nothing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + crc + struct.pack(">I", 0) + b"IDAT\x35\xaf\x06\x1e"


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    two_colours().resize((400, 300)).save(file, kind)
    return file.getvalue()


REFUSED = {
    "empty.png": (b"", "empty (0 bytes)"),
    "bomb.png": (png_header(30_000, 30_000), "30000 × 30000 pixels"),
    "thread.png": (png_header(70_000, 10), "70000 × 10 pixels"),
    "short.png": (png_header(100, 100), "damaged or incomplete"),
    "odd.png": (png_header(9, 9)[:16] + b"\xff" * 40, "damaged or incomplete"),
    "cut.jpg": (encoded("JPEG")[:600], "damaged or incomplete"),
    "cut.webp": (encoded("WEBP")[:60], "damaged or incomplete"),
    "letter.pdf": (b"%PDF-1.7 ...", "is a PDF document"),
    "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0", "damaged or incomplete"),
    "logo.svg": (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG drawing"),
    "video.mp4": (b"\0\0\0\x18ftypisom\0\0\0\0", "is a video"),
    "song.mp3": (b"ID3\x03" + bytes(100), "is an audio file"),
    "letter.docx": (b"PK\x03\x04....[Content_Types].xml", "is an office document"),
    "all.zip": (b"PK\x03\x04" + bytes(60), "is an archive"),
    "page.html": (b"<!DOCTYPE html><html></html>", "is a web page"),
    "notes.png": ("Grüße, nothing but words".encode(), "is a text file"),
    "tool.exe": (b"MZ" + bytes(100), "is a program"),
    "noise.png": (bytes(range(256)) * 4, "is not a supported image"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_usable_image_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    data, words = REFUSED[name]
    (tmp_path / name).write_bytes(data)

    with pytest.raises(ImageError) as refused:
        probe_image(tmp_path / name, 64)

    problem = refused.value.problem
    assert words in problem.what
    assert f"“{name}”" in problem.what
    assert problem.todo


def test_the_limit_is_checked_before_pixels_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "black.png"
    side = int(MAX_PIXELS**0.5) + 1
    Image.new("1", (side, side)).save(path)

    with pytest.raises(ImageError, match="megapixels that can be opened safely"):
        open_image(path)


def test_things_that_are_not_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ImageError, match="is a folder"):
        open_image(tmp_path)
    with pytest.raises(ImageError, match="not a regular file"):
        open_image(tmp_path / "pipe")
    with pytest.raises(ImageError, match="was not found"):
        open_image(tmp_path / "gone.png")
    with pytest.raises(ImageError, match="could not be read"):
        open_image(Path("nul\0byte.png"))


@pytest.mark.expects_log_warnings  # Pillow logs a few of them.
def test_no_damage_escapes_as_anything_else(tmp_path: Path) -> None:
    """Hundreds of broken files: each opens or is refused, and none raises what the window could not show."""
    random = np.random.default_rng(5)
    path = tmp_path / "broken"
    opened = refused = 0
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "TGA", "ICO", "AVIF", "JPEG2000"):
        good = np.frombuffer(encoded(kind), np.uint8)
        for round_ in range(ROUNDS):
            bad = good.copy()
            places = random.integers(0, min(len(bad), 600), size=random.integers(1, 8))
            bad[places] = random.integers(0, 256, size=len(places))
            end = random.integers(1, len(bad) + 1) if round_ % 2 else len(bad)
            path.write_bytes(bad[:end].tobytes())
            try:
                opened += open_image(path).mode == "RGB"
            except ImageError as error:
                refused += bool(error.problem.what)
    assert opened + refused == 11 * ROUNDS
    assert min(opened, refused) > ROUNDS
