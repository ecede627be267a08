"""Tesseract's networks in this process: what they read, where, and that nothing else is asked of them."""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.text.scripts import OTHER_SCRIPTS
from app.engine.reader import tesseract
from app.engine.reader.line_crop import crop_line
from app.engine.reader.line_words import words_of
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tesseract import PACKS, read_in, read_surely

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
needs_font = pytest.mark.skipif(not FONT.exists(), reason="no DejaVu")


def drawn(text: str, rotation: int = 0) -> tuple[Image.Image, Quad]:
    """Return an image of a line of text, and its corners from where it begins."""
    font = ImageFont.truetype(FONT, 36, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    image = Image.new("RGB", (right - left + 40, bottom - top + 40), "white")
    ImageDraw.Draw(image).text((20 - left, 20 - top), text, "black", font)
    box = (12, 12, image.width - 12, image.height - 12)
    corners = np.array([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]], np.float64)
    if rotation:
        corners = np.array([[image.height - y, x] for x, y in corners], np.float64)
        image = image.rotate(-90, expand=True)
    return image, corners


def test_the_packs_are_those_of_the_list() -> None:
    lines = (PACKS / "SHA256SUMS").read_text("ascii").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    assert {path.name for path in PACKS.glob("*.traineddata")} == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((PACKS / name).read_bytes()).hexdigest() == digest, name


def test_every_script_has_a_pack() -> None:
    packs = [pack for script in OTHER_SCRIPTS for pack in (script.pack, *script.others)]
    assert all((PACKS / f"{pack}.traineddata").exists() for pack in packs)


@needs_font
@pytest.mark.parametrize(
    ("pack", "text"),
    [
        ("rus", "Съешь ещё этих мягких булок"),
        ("ell", "Καλημέρα σας, κόσμε"),
        ("kat", "გამარჯობა მსოფლიო"),
        ("vie", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
    ],
)
def test_lines_are_read_with_their_words(pack: str, text: str) -> None:
    image, quad = drawn(text)
    line = read_in(pack, image, quad)
    assert unicodedata.normalize("NFC", line.text) == text
    assert line.score > 0.6
    words = words_of(line, image.size)
    assert [word.text for word in words] == line.text.split()
    lefts = [word.box.left for word in words]
    assert lefts == sorted(lefts)


@needs_font
def test_writing_to_the_left_keeps_its_logical_order() -> None:
    text = "שלום עולם טוב"
    image, quad = drawn(text[::-1])  # This layout draws letters in the order of the string.
    line = read_in("heb", image, quad)
    assert line.text == text
    first, _, last = words_of(line, image.size)
    assert (first.text, last.text) == ("שלום", "טוב")
    assert first.box.left > last.box.right


@needs_font
def test_a_line_that_runs_from_top_to_bottom_is_rotated_first() -> None:
    image, quad = drawn("Москва слезам не верит", rotation=90)
    top_left_first = np.roll(quad, 1, axis=0)
    assert read_in("rus", image, top_left_first).text == "Москва слезам не верит"


@needs_font
def test_a_shadow_over_a_line_is_no_text() -> None:
    image, quad = drawn("Москва слезам не верит")
    paper = np.asarray(image, np.float64)
    shadow = np.linspace(1.0, 0.3, image.width)
    faint = (paper * 0.3 + 178) * shadow[None, :, None]
    assert crop_line(Image.fromarray(faint.astype(np.uint8)), quad)[0].getextrema() == (0, 255)
    assert read_in("rus", Image.fromarray(faint.astype(np.uint8)), quad).text == "Москва слезам не верит"


@needs_font
def test_light_text_is_read_as_dark() -> None:
    image, quad = drawn("Москва слезам не верит")
    crop, _, _ = crop_line(Image.eval(image, lambda level: 255 - level), quad)
    assert np.median(np.asarray(crop)) == 255


@needs_font
def test_a_line_of_which_the_network_is_not_sure_is_read_again_without_its_edges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, quad = drawn("Москва слезам не верит")
    alone = read_in("rus", image, quad)
    trims: list[float] = []

    def read(_pack: str, _image: Image.Image, quad: Quad, trim: float = 0.0) -> OcrLine:
        trims.append(trim)
        return replace(alone, text="Москва" if trim else "Мосва", score=0.8 if trim else 0.7)

    assert read_surely("rus", image, quad) == alone
    monkeypatch.setattr(tesseract, "read_in", read)
    assert read_surely("rus", image, quad).text == "Москва"
    assert trims == [0.0, tesseract.TRIM]


@pytest.mark.parametrize(
    "quad", [np.zeros((4, 2)), np.full((4, 2), np.nan), np.array([[0, 0], [9e9, 0], [9e9, 9], [0, 9]], np.float64)]
)
def test_degenerate_boxes_are_lines_without_text(quad: Quad) -> None:
    line = read_in("rus", Image.new("RGB", (30, 30), "white"), quad)
    assert (line.text, line.score, line.letters) == ("", 0.0, ())


def test_what_tesseract_finds_no_text_in_is_a_line_without_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        """Behaves as tesserocr does where nothing was recognised."""

        def GetUTF8Text(self) -> str:
            raise RuntimeError("No text returned")

        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_: None

    monkeypatch.setattr(tesseract, "_opened", lambda _: Silent())
    quad = np.array([[5, 5], [90, 5], [90, 50], [5, 50]], np.float64)
    image = Image.new("RGB", (99, 60), "white")
    ImageDraw.Draw(image).rectangle((20, 20, 60, 40), "black")
    assert read_in("rus", image, quad).text == ""
