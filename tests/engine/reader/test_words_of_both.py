"""Latin words within lines in other scripts: by drawn lines, and by readings of a line that is ten heights long."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.ports import NEVER_CANCELLED
from app.domain.text.scripts import CYRILLIC, OTHER_SCRIPTS
from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import OcrLine, Quad, Recogniser
from app.engine.reader.tesseract import read_in
from app.engine.reader.words_of_both import has_more, outside_latin, with_known_words, without_latin
from tests.support.line_readers import NotAsked

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
needs_font = pytest.mark.skipif(not FONT.exists(), reason="no DejaVu")

HEBREW = next(script for script in OTHER_SCRIPTS if script.pack == "heb")
PAPER = Image.new("RGB", (240, 40), "white")
QUAD = np.array([[0, 10], [200, 10], [200, 30], [0, 30]], np.float64)
PITCH = 0.02


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def line(*words: tuple[str, float, float]) -> OcrLine:
    """Return a line of words, each with its place and score; those in Hebrew run from there to the left."""
    letters: list[Letter] = []
    for text, place, score in words:
        letters += [Letter(" ", place, place, 1.0)] if letters else []
        step = -PITCH if HEBREW.has(text[0]) else PITCH
        letters += [Letter(of, place + n * step, place + n * step + PITCH, score) for n, of in enumerate(text)]
    return OcrLine("".join(letter.text for letter in letters), QUAD, 0.9, tuple(letters))


class Reads(NotAsked):
    """Reads these words in every box, side by side over all of it."""

    def __init__(self, text: str, score: float = 0.99) -> None:
        self._text, self._score = text, score

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        edges = np.linspace(0.02, 0.98, len(self._text) + 1).tolist()
        letters = [Letter(of, edges[n], edges[n + 1], self._score) for n, of in enumerate(self._text)]
        return OcrLine(self._text, quad, self._score, tuple(letters))


def test_a_word_in_doubt_is_as_pp_ocr_reads_it() -> None:
    russian = line(("Программа", 0.0, 0.96), ("Гогдпейе", 0.3, 0.5), ("работает", 0.6, 0.96))
    assert with_known_words(russian, line(), CYRILLIC, PAPER, Reads("Lorgnette")).text == "Программа Lorgnette работает"


@pytest.mark.parametrize(("text", "score"), [("TOP", 0.99), ("Lorgnette", 0.7), ("x", 0.99), ("Гогд", 0.99), ("", 0.0)])
def test_what_is_not_surely_latin_stays(text: str, score: float) -> None:
    russian = line(("Программа", 0.0, 0.96), ("Гогдпейе", 0.3, 0.5))
    assert with_known_words(russian, line(), CYRILLIC, PAPER, Reads(text, score)).text == russian.text


def test_words_that_are_sure_are_not_read_again() -> None:
    sure = line(("Слова", 0.0, 0.96), ("написаны", 0.3, 0.95))
    assert with_known_words(sure, line(), CYRILLIC, PAPER, NotAsked()).text == sure.text


def test_words_in_doubt_are_not_read_again_where_pp_ocr_has_seen_no_latin_letters() -> None:
    doubtful = line(("חברת", 0.9, 0.92), ("סחשסו", 0.5, 0.3))
    assert with_known_words(doubtful, line(("7", 0.45, 0.9)), HEBREW, PAPER, NotAsked()).text == doubtful.text


def test_latin_words_in_a_line_to_the_left_run_to_the_right() -> None:
    hebrew = line(("חברת", 0.9, 0.92), ("סחשסו", 0.5, 0.3), ("סאטו", 0.38, 0.2), ("את", 0.1, 0.93))
    seen = line(("Visual", 0.3, 0.9), ("Studio", 0.42, 0.9))
    read = with_known_words(hebrew, seen, HEBREW, PAPER, Reads("Visual Studio"))
    assert read.text == "חברת Visual Studio את"


def test_latin_words_tell_nothing_of_a_lines_script() -> None:
    known = line(("Lorgnette", 0.3, 0.9), ("nn", 0.1, 0.9))
    hebrew = line(("התוכנה", 0.15, 0.92), ("10700666", 0.32, 0.5))
    assert outside_latin(hebrew, known).text.strip() == "התוכנה"
    assert outside_latin(hebrew, line(("nn", 0.1, 0.9))) == hebrew
    assert without_latin(line(("התוכנה", 0.15, 0.92), ("Lorgnette", 0.3, 0.99))).text == "התוכנה"


def test_a_line_has_more_where_pp_ocr_is_not_sure_of_words_in_its_script() -> None:
    hebrew = line(("התוכנה", 0.15, 0.92), ("Lorgnette", 0.3, 0.99))
    assert has_more(hebrew, line(("n7", 0.1, 0.6), ("Lorgnette", 0.3, 0.99)), HEBREW, 4)
    assert not has_more(hebrew, line(("Library", 0.05, 0.99)), HEBREW, 4)
    assert not has_more(hebrew, line(("Lorgnette", 0.3, 0.99)), HEBREW, 7)
    assert not has_more(hebrew, OcrLine("Library", QUAD, 0.99), HEBREW, 4)


def drawn(*texts: str) -> Image.Image:
    font = ImageFont.truetype(FONT, 30, layout_engine=ImageFont.Layout.BASIC)
    image = Image.new("RGB", (960, 60 * len(texts) + 60), "white")
    for number, text in enumerate(texts):
        ImageDraw.Draw(image).text((40, 30 + 60 * number), text, "black", font)
    return image


@needs_font
@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (
            ("Компания Microsoft выпустила Visual Studio", "Он купил BMW и продал Audi вчера"),
            ("Microsoft", "Visual Studio", "BMW", "Audi", "Компания", "выпустила"),
        ),
        (
            ("Το αρχείο config.json είναι στον φάκελο Documents", "Η νέα έκδοση της Python και της βιβλιοθήκης Qt"),
            ("config.json", "Documents", "Python", "αρχείο", "βιβλιοθήκης"),
        ),
        (
            (
                f"Visual Studio {'תא האיצוה'} Microsoft {'תרבח'}",
                "ללכב תורז םילימ ילב הליגר הרוש",
            ),
            ("חברת Microsoft הוציאה את Visual Studio",),
        ),
    ],
)
def test_latin_words_on_pages_in_other_scripts(
    seen: tuple[str, ...], wanted: tuple[str, ...], recogniser: Recogniser
) -> None:
    text = read_page(drawn(*seen), recogniser, NEVER_CANCELLED).text
    assert [part for part in wanted if part not in text] == []


@needs_font
def test_a_word_ends_before_the_next_one() -> None:
    image = drawn("Адрес почты support@example.com указан ниже")
    read = read_in("rus", image, np.array([[30, 24], [800, 24], [800, 74], [30, 74]], np.float64))
    starts = [of.start for before, of in zip(read.letters, read.letters[1:], strict=False) if before.text == " "]
    ends = [of.end for of, after in zip(read.letters, read.letters[1:], strict=False) if after.text == " "]
    assert all(end <= start + 0.02 for end, start in zip(ends, starts, strict=True))
