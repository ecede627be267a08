"""Images of any size, drawn here, read by the real models: every line once, whatever its size and place."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.engine.reader.find_lines import find_lines
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Quad, Recogniser
from tests.support.line_readers import NotAsked

WORDS = ["harbour", "quiet", "morning", "window", "silver", "bottle", "garden", "market", "pocket", "bridge"]
Placed = tuple[int, int, str, int]
"""x, y, text and size in pixels."""


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def drawn(size: tuple[int, int], texts: Sequence[Placed]) -> Image.Image:
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for x, y, text, height in texts:
        pen.text((x, y), text, "black", ImageFont.load_default(height))
    return image


def sentence(number: int, count: int) -> str:
    random = np.random.default_rng(number)
    return " ".join(str(word) for word in random.choice(WORDS, count))


def read(image: Image.Image, recogniser: Recogniser) -> list[list[str]]:
    page = read_page(image, recogniser, lambda: None)
    return [line.split() for line in page.text.splitlines()]


def test_every_line_of_a_long_screenshot(recogniser: Recogniser) -> None:
    texts = [(30, 20 + 200 * row, f"{row} {sentence(row, 4)}", 22) for row in range(99)]
    assert read(drawn((900, 20_000), texts), recogniser) == [text.split() for _, _, text, _ in texts]


@pytest.mark.parametrize("seed", range(3))
def test_seams_cut_and_double_no_line(recogniser: Recogniser, seed: int) -> None:
    random = np.random.default_rng(seed)
    tops = np.cumsum(random.integers(22, 90, 30))
    texts = [
        (int(random.integers(10, 300)), int(top), f"{row} {sentence(row + 100 * seed, 12)}", 15)
        for row, top in enumerate(tops)
    ]
    lines = read(drawn((2600, int(tops[-1]) + 60), texts), recogniser)
    assert lines == [text.split() for _, _, text, _ in texts]


def test_a_panorama(recogniser: Recogniser) -> None:
    texts = [(x, 100 + x % 300, sentence(x, 2), 28) for x in range(50, 11_500, 600)]
    lines = read(drawn((12_000, 800), texts), recogniser)
    assert sorted(word for line in lines for word in line) == sorted(
        word for _, _, text, _ in texts for word in text.split()
    )


def test_a_plan_with_a_title_and_small_notes(recogniser: Recogniser) -> None:
    notes = [(300 + 1100 * (row % 3), 900 + 700 * row, sentence(row, 4), 24) for row in range(5)]
    texts = [(400, 200, "SITE PLAN", 220), *notes]
    image = drawn((6600, 4700), texts)
    for x in range(3600, 6200, 14):  # Hatching has more detail than text.
        ImageDraw.Draw(image).line((x, 1500, x + 200, 3300), "black", 3)
    assert read(image, recogniser) == [text.split() for _, _, text, _ in texts]


def test_small_print_below_a_headline(recogniser: Recogniser) -> None:
    texts = [(100, 80, "Harbour News", 150), *((100, 2200 + 16 * row, sentence(row, 6), 9) for row in range(4))]
    lines = read(drawn((2400, 2400), texts), recogniser)
    # At nine pixels, spaces are a matter of opinion.
    assert ["".join(words) for words in lines] == [text.replace(" ", "") for _, _, text, _ in texts]


def test_a_thin_strip(recogniser: Recogniser) -> None:
    text = sentence(1, 40)
    assert read(drawn((9000, 36), [(40, 6, text, 22)]), recogniser) == [text.split()]


class NoText(NotAsked):
    """Finds nothing, and is not asked again."""

    def find(self, image: Image.Image) -> list[Quad]:
        return []


@pytest.mark.parametrize("size", [(900, 900), (4000, 3000)])
def test_an_image_without_small_text_is_looked_at_once(size: tuple[int, int]) -> None:
    shades = Image.linear_gradient("L").resize(size).convert("RGB")
    assert find_lines(shades, NoText(), lambda: None, lambda _: None) == []


def test_a_single_line_on_a_large_page(recogniser: Recogniser) -> None:
    assert read(drawn((2400, 3400), [(300, 300, "A single text line", 40)]), recogniser) == [
        ["A", "single", "text", "line"]
    ]
    assert read(drawn((2400, 3400), []), recogniser) == []


@pytest.mark.parametrize(("size", "text", "height"), [((2480, 3508), "12", 20), ((3300, 4600), "7", 26)])
def test_a_small_line_apart_from_others(recogniser: Recogniser, size: tuple[int, int], text: str, height: int) -> None:
    image = drawn(size, [(240, 480, "A summary", 90), (1100, 2900, text, height)])
    ImageDraw.Draw(image).line((240, 2700, 2100, 2700), "black", 2)
    assert read(image, recogniser) == [["A", "summary"], text.split()]


def test_a_line_of_three_hundred_heights_is_read(recogniser: Recogniser) -> None:
    image = Image.new("RGB", (9000, 30), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(20)
    words: list[str] = []
    x = 6.0
    while x < 8850:
        words.append(f"word {len(words)}")
        draw.text((x, 3), words[-1], "black", font)
        x += draw.textlength(words[-1] + "  ", font)
    line = recogniser.read(image, np.array([(0, 0), (9000, 0), (9000, 30), (0, 30)], np.float64))
    assert line.text.split() == " ".join(words).split()


def test_ink_nearly_as_light_as_its_paper_is_read(recogniser: Recogniser) -> None:
    image = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(image).text((40, 60), "quiet harbour", (251, 251, 251), ImageFont.load_default(40))
    assert read_page(image, recogniser, lambda: None).text == "quiet harbour"
