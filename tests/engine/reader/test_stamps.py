"""A stamp across dark text: both are read, and what an opaque one hides is uncertain."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from app.domain.documents.pages import UNCERTAIN_SCORE, OcrPage
from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from app.engine.reader.stamps import separated
from tests.support.monospaced_text import monospaced_image
from tests.support.stamped_letter import FOUND, TEXTS, letter, stamp

RED, BLUE = (200, 20, 20), (40, 60, 190)


@pytest.fixture(scope="module")
def reader() -> Recogniser:
    return Recogniser()


def stamped(colour: tuple[int, int, int]) -> Image.Image:
    """Return the letter below ink that light passes, as real ink is."""
    image = letter()
    ink = Image.new("RGB", image.size, "white")
    ink.paste(colour, mask=stamp(image.size))
    return ImageChops.multiply(image, ink)


def as_jpeg(image: Image.Image) -> Image.Image:
    saved = BytesIO()
    image.save(saved, "JPEG", quality=60)
    return Image.open(saved).convert("RGB")


def uncertain(page: OcrPage) -> set[str]:
    return {word.text for line in page.lines for word in line.words if word.score < UNCERTAIN_SCORE}


@pytest.mark.parametrize("colour", [RED, BLUE])
@pytest.mark.parametrize("is_jpeg", [False, True])
def test_text_and_stamp_are_both_read(reader: Recogniser, colour: tuple[int, int, int], is_jpeg: bool) -> None:
    image = as_jpeg(stamped(colour)) if is_jpeg else stamped(colour)
    read = read_page(image, reader, NEVER_CANCELLED).text
    assert [text for text in (*TEXTS, "PAID 9 MAY") if text not in read] == []


def test_what_an_opaque_stamp_hides_is_uncertain(reader: Recogniser) -> None:
    image = letter()
    image.paste(RED, mask=stamp(image.size))
    page = read_page(image, reader, NEVER_CANCELLED)
    assert "PAID 9 MAY" in page.text
    words = {word for text in TEXTS for word in text.split()}
    wrong = {word.text for line in page.lines for word in line.words} - words - {"PAID", "9", "MAY"}
    assert wrong
    assert wrong <= uncertain(page)
    assert not uncertain(page) & {"The", "price", "payable"}


def test_only_ink_across_lines_is_a_stamp() -> None:
    beside, ground, underlined = letter(), letter(), letter()
    ImageDraw.Draw(beside).text((640, 40), "PAID", RED, ImageFont.load_default(40))
    ImageDraw.Draw(underlined).line((40, 88, 600, 88), RED, 3)
    ImageDraw.Draw(ground).rectangle((20, 20, 740, 160), BLUE)
    for image in (letter(), beside, ground, underlined):
        assert separated(image, FOUND) is None
    assert separated(stamped(RED), []) is None
    assert separated(stamped(RED), FOUND) is not None


def test_the_pictures_of_text_and_stamp_hold_one_of_them_each() -> None:
    parts = separated(stamped(BLUE), FOUND)
    assert parts is not None
    assert not parts.is_opaque
    text, alone = np.asarray(parts.text), np.asarray(parts.stamp)
    assert np.abs(text.astype(int) - np.asarray(letter())).mean() < 2
    assert alone[np.asarray(stamp(letter().size)) == 0].mean() > 250
    assert np.abs(alone[parts.mask].astype(int) - BLUE).mean() < 30


RECEIPT = """Keller and Sons Hardware
14 Mill Lane, Bristol
Hex bolts M8x40  2 at 3.15    6.30
Wood screws 200 pieces       11.49
Paint brush 50 mm             4.07
Discount 10%                 -2.19
Subtotal                     19.67
VAT 20%                       3.93
Total              GBP       23.60
Card 8081    Reference 11107717100""".splitlines()


def ringed(left: float, right: float) -> tuple[Image.Image, Image.Image]:
    """Return monospaced text, and a mask of its size: a ring between two shares of its width."""
    text = ImageOps.expand(monospaced_image(RECEIPT, dark=False), 40, "white")
    width, height = text.size
    mask = Image.new("L", text.size)
    ImageDraw.Draw(mask).ellipse((width * left, height * 0.05, width * right, height * 0.95), outline=255, width=6)
    return text, mask


def test_a_stamp_is_not_in_the_gaps_of_monospaced_text(reader: Recogniser) -> None:
    image, mask = ringed(0.35, 0.75)
    ink = Image.new("RGB", image.size, "white")
    ink.paste(RED, mask=mask)
    page = read_page(ImageChops.multiply(image, ink), reader, NEVER_CANCELLED)
    assert page.text.splitlines()[: len(RECEIPT)] == RECEIPT


def test_words_that_lost_a_letter_below_a_stamp_are_uncertain(reader: Recogniser) -> None:
    image, mask = ringed(0.5, 0.8)
    image.paste(RED, mask=mask)
    page = read_page(image, reader, NEVER_CANCELLED)
    words = {word for text in RECEIPT for word in text.split()}
    wrong = {word.text for line in page.lines for word in line.words} - words - {"C", "O"}  # The ring itself.
    assert wrong
    assert wrong <= uncertain(page)
