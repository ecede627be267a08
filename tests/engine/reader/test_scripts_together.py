"""Lines of several scripts on one page, each of which is left to the pack of its own."""

from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

from app.domain.ports import NEVER_CANCELLED
from app.domain.text.scripts import CYRILLIC, GREEK, Script
from app.engine.reader import other_scripts
from app.engine.reader.other_scripts import read_other_scripts
from app.engine.reader.recognise import OcrLine

PAPER = Image.new("RGB", (1200, 1200), "white")
RUSSIAN, GREEKS = "Привет это русский текст", "Καλημέρα κόσμε τι κάνεις"
CONFUSED = {
    ("rus", GREEKS): "Каламера коспе",
    ("ell", RUSSIAN): "Πρνβετ το ργςεκηη τεκοτ",
    ("ell", "faint"): "κζυ εσζ κζυ",
}


def line(row: int, text: str, score: float = 0.99, length: int = 600) -> OcrLine:
    top = 60.0 * row
    quad = np.array([(30.0, top), (30.0 + length, top), (30.0 + length, top + 46), (30.0, top + 46)])
    return OcrLine(text, quad, score)


@pytest.fixture
def packs(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """What stands in each row; the right pack reads it surely, the other look-alike fairly, all others nothing."""
    rows: dict[int, str] = {}

    def read(pack: str, _: Image.Image, quad: np.ndarray) -> OcrLine:
        text = rows.get(round(quad[0][1] / 60), "")
        own: dict[str, Script] = {"rus": CYRILLIC, "ell": GREEK}
        if pack in own and own[pack].share_of(text) > 0.5:
            return OcrLine(text, quad, 0.93)
        return OcrLine(CONFUSED.get((pack, text), ""), quad, 0.62)

    monkeypatch.setattr(other_scripts, "read_in", read)
    monkeypatch.setattr(other_scripts, "read_surely", read)
    monkeypatch.setattr(other_scripts, "with_known_words", lambda line, *_: line)
    monkeypatch.setattr(other_scripts, "with_finer_lines", lambda _, known, unread, *__: [*known, *unread])
    return rows


def texts(lines: list[OcrLine]) -> list[str]:
    read, _ = read_other_scripts(PAPER, lines, Mock(), NEVER_CANCELLED)
    return [part.text for part in sorted(read, key=lambda part: part.quad[0][1])]


def test_a_line_of_which_spaces_and_a_year_are_read_is_not_read(packs: dict[int, str]) -> None:
    packs[1] = RUSSIAN
    assert texts([line(1, ",    2024", 0.988)]) == [RUSSIAN]


def test_each_line_is_left_to_its_own_script(packs: dict[int, str]) -> None:
    packs |= {1: RUSSIAN, 2: GREEKS, 3: RUSSIAN, 4: GREEKS}
    assert texts([line(row, "", 0.1) for row in packs]) == [RUSSIAN, GREEKS, RUSSIAN, GREEKS]


def test_one_line_of_a_script_among_many_of_another(packs: dict[int, str]) -> None:
    packs |= dict.fromkeys(range(1, 8), RUSSIAN) | {8: GREEKS}
    assert texts([line(row, "", 0.1, 500 + row) for row in packs]) == [RUSSIAN] * 7 + [GREEKS]


def test_faint_lines_of_a_japanese_page_stay_japanese(packs: dict[int, str]) -> None:
    japanese = "日本の平均気温は様々な変動を繰り返しながら上昇しています"
    packs |= dict.fromkeys(range(4, 14), "faint")
    faint = [line(row, "年の頻響に現", 0.5) for row in packs]
    assert texts([*(line(row, japanese) for row in range(1, 4)), *faint]) == [japanese] * 3 + ["年の頻響に現"] * 10


def test_chinese_is_not_read_as_more_letters_of_another_script(packs: dict[int, str]) -> None:
    chinese = "繁體中文測試：臺灣大學圖書館"
    packs |= {1: RUSSIAN, 2: "Chinese"}
    assert texts([line(1, "", 0.1), line(2, chinese)]) == [RUSSIAN, chinese]


def test_a_formula_does_not_make_a_page_greek(packs: dict[int, str]) -> None:
    packs[9] = GREEKS
    formula = line(9, "σπ αβγ π", length=120)
    vietnamese = [line(row, "Chọn khẳng định đúng trong các câu") for row in range(1, 9)]
    assert texts([*vietnamese, formula])[-1] == formula.text
