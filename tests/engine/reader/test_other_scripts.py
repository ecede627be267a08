"""Which lines are read by which network: by drawn lines, and by what PP-OCR makes of such."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.text.scripts import OTHER_SCRIPTS
from app.engine.reader import other_scripts
from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.other_scripts import read_other_scripts
from app.engine.reader.recognise import OcrLine, Quad
from tests.support.line_readers import NotAsked

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
pytestmark = pytest.mark.skipif(not FONT.exists(), reason="no DejaVu")


class PpOcr(NotAsked):
    """Reads every box as a number, surely."""

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        return OcrLine("42", quad, 0.99)


def page(*lines: tuple[str, str, float]) -> tuple[Image.Image, list[OcrLine]]:
    """Return a picture of lines, and what PP-OCR is supposed to have read of each: the text and its score."""
    font = ImageFont.truetype(FONT, 30, layout_engine=ImageFont.Layout.BASIC)
    image = Image.new("RGB", (700, 60 * len(lines) + 20), "white")
    found = []
    for number, (text, read, score) in enumerate(lines):
        top = 20 + 60 * number
        ImageDraw.Draw(image).text((30, top), text, "black", font)
        right, bottom = 30 + font.getlength(text), top + 40
        found.append(OcrLine(read, np.array([[24, top], [right + 6, top], [right + 6, bottom], [24, bottom]]), score))
    return image, found


def read(*lines: tuple[str, str, float]) -> tuple[list[str], str]:
    image, found = page(*lines)
    result, script = read_other_scripts(image, found, PpOcr(), lambda: None)
    return [line.text for line in result], script.name if script else ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Славянские языки большая семья", "Cyrillic"),
        ("ეროვნული ბიბლიოთეკა თბილისში", "Georgian"),
        ("Հայաստանի ազգային գրադարան", "Armenian"),
        ("הספרייה הלאומית בירושלים"[::-1], "Hebrew"),
    ],
)
def test_lines_that_were_not_read_tell_their_script(text: str, name: str) -> None:
    (line,), script = read((text, ".", 0.95))
    assert script == name
    assert line.split()[0] in {text.split(maxsplit=1)[0], text[::-1].split(maxsplit=1)[0]}


def test_several_scripts_on_a_page_are_each_read_by_their_own() -> None:
    lines, script = read(
        ("National Library, 3rd floor", "National Library, 3rd floor", 0.99),
        ("Национальная библиотека, этаж", "HauoHaa", 0.5),
        ("ეროვნული ბიბლიოთეკა", "", 0.0),
    )
    assert lines == ["National Library, 3rd floor", "Национальная библиотека, этаж", "ეროვნული ბიბლიოთეკა"]
    assert script == "Cyrillic"


def test_words_that_look_latin_are_read_again_on_a_page_in_such_a_script() -> None:
    lines, _ = read(("Правила пользования метро", "", 0.0), ("МОСКВА", "MOCKBA", 0.99), ("HOTEL", "HOTEL", 0.99))
    assert lines[1:] == ["МОСКВА", "HOTEL"]


def test_greek_is_told_by_the_letters_that_formulas_have() -> None:
    lines, script = read(("ΠΡΟΣΟΧΗ ΕΙΣΟΔΟΣ ΕΞΟΔΟΣ", "NPOΣOXH EIΣOΔOΣ EEOΔOΣ", 0.9))
    assert (lines, script) == (["ΠΡΟΣΟΧΗ ΕΙΣΟΔΟΣ ΕΞΟΔΟΣ"], "Greek")


def test_vietnamese_is_read_again_for_its_marks() -> None:
    lines, script = read(
        ("Đường phố trưởng thành", "Đưng ph trưng thành", 0.99), ("Nước và lửa mượt mà", "Nưc và lửa mươt mà", 0.98)
    )
    assert (lines, script) == (["Đường phố trưởng thành", "Nước và lửa mượt mà"], "")


def test_noise_is_in_no_script() -> None:
    generator = np.random.default_rng(3)
    image = Image.fromarray(generator.integers(0, 255, (200, 600, 3), dtype=np.uint8))
    quads = [np.array([[20, y], [560, y], [560, y + 40], [20, y + 40]], np.float64) for y in (10, 60, 110)]
    lines = [OcrLine("", quad, 0.0) for quad in quads]
    assert read_other_scripts(image, lines, PpOcr(), lambda: None) == (lines, None)


def test_a_share_of_letters_leaves_out_numbers_and_signs() -> None:
    thai = next(script for script in OTHER_SCRIPTS if script.name == "Thai")
    assert thai.share_of("๑๕ กา ab") == pytest.approx(2 / 6)
    assert thai.share_of(" ") == 0


def test_a_sign_that_looks_like_a_letter_tells_no_script() -> None:
    lines, script = read(("Good evening to you all", "Good evening to you all", 0.99), ("იი", "", 0.0))
    assert (lines[0], script) == ("Good evening to you all", "")


def test_a_latin_line_beside_other_scripts_stays_latin() -> None:
    latin = "The quick brown fox jumps 1,234.56"
    for other in ("Съешь же ещё этих мягких булок", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"):
        lines, _ = read((latin, latin, 0.99), (other, "", 0.0))
        assert lines == [latin, other]


def test_vietnamese_is_known_by_its_letters_though_most_are_left_out() -> None:
    said = ("Cộng hòa xã hội chủ nghĩa Việt Nam", "Độc lập - Tự do - Hạnh phúc", "Съешь же ещё этих")
    lines, _ = read((said[0], "Cng hòa xã hi ch nghĩa Vit Nam", 0.99), (said[1], "Đc lp - T do - Hnh phúc", 0.99), (said[2], "", 0.0))  # fmt: skip  # noqa: E501
    assert lines == list(said)


def test_croatian_is_not_taken_for_vietnamese() -> None:
    said = "Među građanima grada Đakova"
    assert read((said, said, 0.97), (said, said, 0.97))[0] == [said, said]


def test_more_than_three_scripts_stand_on_a_page() -> None:
    said = ("Национальная библиотека", "Ξεσκεπάζω την ψυχοφθόρα", "ეროვნული ბიბლიოთეკა", "Հայաստանի գրադարան")
    assert read(*((text, "", 0.0) for text in said))[0] == list(said)


def photographed(monkeypatch: pytest.MonkeyPatch, best: float, others: float) -> str:
    """Return the script of lines that the Korean network reads with one confidence, and all others with another."""

    def read_in(pack: str, _image: Image.Image, quad: Quad) -> OcrLine:
        script = next(script for script in OTHER_SCRIPTS if script.pack == pack)
        own = {"kor": "용지를오른쪽그림과같이절반씩잘라", "tha": "กกกกกกก"}.get(pack, "")
        return OcrLine(own, quad, (best if pack == "kor" else others) / script.weight)

    monkeypatch.setattr(other_scripts, "read_in", read_in)
    quads = [np.array([[20, y], [560, y], [560, y + 30], [20, y + 30]], np.float64) for y in (10, 60, 110, 160)]
    lines = [OcrLine("", quad, 0.0) for quad in quads]
    _, script = read_other_scripts(Image.new("RGB", (600, 220)), lines, PpOcr(), lambda: None)
    return script.name if script else ""


def test_photographed_lines_tell_their_script_by_its_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    assert photographed(monkeypatch, 0.4, 0.22) == "Korean"
    assert photographed(monkeypatch, 0.4, 0.32) == ""
    assert photographed(monkeypatch, 0.3, 0.1) == ""


def test_lines_of_a_known_script_are_not_asked_again_for_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def read_in(pack: str, _image: Image.Image, quad: Quad) -> OcrLine:
        asked.append(pack)
        text = "용지를오른쪽그림과같이절반씩" if pack == "kor" else ""
        return OcrLine(text, quad, 0.6, tuple(Letter(letter, 0.0, 1.0, 0.6) for letter in text))

    monkeypatch.setattr(other_scripts, "read_in", read_in)
    monkeypatch.setattr(other_scripts, "read_surely", read_in)
    quads = [np.array([[20, y], [560, y], [560, y + 30], [20, y + 30]], np.float64) for y in (10, 60, 110, 160)]
    read_other_scripts(Image.new("RGB", (600, 220)), [OcrLine("", quad, 0.0) for quad in quads], PpOcr(), lambda: None)
    assert asked.count("tha") == len(quads)


@pytest.mark.parametrize(
    "text",
    [
        "Європейська вища школа, її історія",
        "Љубав и њежност ђака пред ћупом",
        "Зіма ў лесе, ціха і бела",
        "Национальная библиотека открыта",
    ],
)
def test_languages_with_letters_of_their_own_are_read_by_their_packs(text: str) -> None:
    assert read((text, "", 0.0), (text, "", 0.0)) == ([text, text], "Cyrillic")
