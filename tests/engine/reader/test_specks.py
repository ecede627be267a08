"""Single dark and light pixels all over a page, as a bad copy has them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from app.engine.reader.specks import without_specks

TEXTS = ("SUBTOTAL 19.67", "VAT 3.93", "TOTAL GBP 23.60")


def receipt() -> Image.Image:
    image = Image.new("RGB", (420, 200), "white")
    for row, text in enumerate(TEXTS):
        ImageDraw.Draw(image).text((30, 30 + 45 * row), text, "black", ImageFont.load_default(26))
    return image


def speckled(image: Image.Image, share: float) -> Image.Image:
    pixels = np.array(image)
    chance = np.random.default_rng(0).random(pixels.shape[:2])
    pixels[chance < share / 2] = 0
    pixels[chance > 1 - share / 2] = 255
    return Image.fromarray(pixels)


def test_points_are_read_among_specks() -> None:
    text = read_page(speckled(receipt(), 0.06), Recogniser(), NEVER_CANCELLED).text
    assert [line for line in TEXTS if line not in " ".join(text.split())] == []


@pytest.mark.parametrize("share", [0.0, 0.004])
def test_a_picture_with_few_specks_is_left_as_it_is(share: float) -> None:
    image = speckled(receipt(), share)
    assert without_specks(image) is image


def test_most_specks_are_taken_off_and_letters_are_kept() -> None:
    clean, noisy = (np.asarray(image).astype(int) for image in (receipt(), speckled(receipt(), 0.08)))
    cleaned = np.asarray(without_specks(speckled(receipt(), 0.08))).astype(int)
    assert np.abs(cleaned - clean).mean() < np.abs(noisy - clean).mean() / 2


def test_what_is_known_of_a_picture_is_kept() -> None:
    image = speckled(receipt(), 0.08)
    image.info["dpi"] = (200, 200)
    assert without_specks(image).info == {"dpi": (200, 200)}
