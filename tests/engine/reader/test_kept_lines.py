"""Lines that were detected and not read well, by a reader of our own."""

import numpy as np
import pytest
from PIL import Image

from app.domain.documents.pages import UNCERTAIN_SCORE, UNREAD, OcrPage
from app.engine.reader.doubled_ends import without_doubled_ends
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import OcrLine, Quad
from tests.support.line_readers import NotAsked

Seen = tuple[str, float, int, int]
"""Text, score, width and height of a line."""
GOOD: Seen = ("Opening hours", 0.97, 300, 30)


class FixedReader(NotAsked):
    """Finds these lines below one another."""

    def __init__(self, lines: tuple[Seen, ...]) -> None:
        self._lines = {40.0 + 100 * row: line for row, line in enumerate(lines)}

    def find(self, image: Image.Image) -> list[Quad]:
        sizes = [(top, *line[2:]) for top, line in self._lines.items()]
        return [np.array([(40, y), (40 + w, y), (40 + w, y + h), (40, y + h)], np.float64) for y, w, h in sizes]

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        text, score, _, _ = self._lines[float(quad[:, 1].min())]
        return OcrLine(text, quad, score)


def page_of(*lines: Seen) -> OcrPage:
    return read_page(Image.new("RGB", (700, 600), "white"), FixedReader(lines), lambda: None)


@pytest.mark.parametrize(
    ("text", "score", "shown"),
    [("M0n lonwUs", 0.42, "M0n lonwUs"), ("A2 |", 0.2, UNREAD), ("", 0.0, UNREAD), ("x", 0.4, UNREAD)],
)
def test_a_line_that_is_not_read_well_is_kept_and_uncertain(text: str, score: float, shown: str) -> None:
    page = page_of(GOOD, GOOD, (text, score, 200, 34))
    assert page.text.splitlines() == ["Opening hours", "Opening hours", shown]
    assert [line.score for line in page.lines] == [0.97, 0.97, score]
    assert (page.uncertain_lines, page.notice) == (1, "")


@pytest.mark.parametrize(("width", "height"), [(30, 30), (200, 90), (60, 12), (400, 200)])
def test_what_does_not_look_like_the_other_lines_is_noise(width: int, height: int) -> None:
    assert page_of(GOOD, ("S", 0.3, width, height)).text == "Opening hours"


def test_noise_alone_is_no_text() -> None:
    page = page_of(("hi", 0.45, 300, 30), ("", 0.0, 200, 30))
    assert (page.lines, page.text, page.notice) == ((), "", "No text was found on this image.")


def test_uncertain_lines_do_not_make_the_others_uncertain() -> None:
    assert page_of(GOOD, ("rnisread as this", 0.35, 300, 30), ("and also this one", 0.31, 300, 30)).notice == ""


@pytest.mark.parametrize(
    ("text", "score"),
    [("****ネ****ネ***", 0.68), ("一木", 0.7), ("=:::", 0.69), ("京京本水本家本軍軍本東本京本水本", 0.36)],
)
def test_a_row_of_stars_or_dashes_read_as_chinese_is_left_out(text: str, score: float) -> None:
    assert page_of(GOOD, (text, score, 400, 30)).text == "Opening hours"


@pytest.mark.parametrize(("text", "score"), [("***", 0.85), ("-", 0.6), ("谢谢光临", 0.7), ("京京京大大大", 0.6)])
def test_signs_and_chinese_that_may_be_meant_are_kept(text: str, score: float) -> None:
    assert page_of(GOOD, (text, score, 400, 30)).text == f"Opening hours\n{text}"


@pytest.mark.parametrize(
    ("text", "score", "width", "height"), [("区八川", 0.93, 240, 90), ("天天", 0.67, 120, 90), ("少", 0.94, 60, 60)]
)
def test_a_drawing_read_as_chinese_signs_is_uncertain(text: str, score: float, width: int, height: int) -> None:
    page = page_of(GOOD, (text, score, width, height))
    assert page.text == f"Opening hours\n{text}"
    assert page.lines[1].score < UNCERTAIN_SCORE


@pytest.mark.parametrize(("text", "score", "width"), [("四", 0.9, 150), ("禾", 0.71, 390)])
def test_a_drawing_read_as_one_sign_in_a_wide_box_is_left_out(text: str, score: float, width: int) -> None:
    assert page_of(GOOD, (text, score, width, 100)).text == "Opening hours"
    assert page_of((text, score, width, 100)).text == ""


@pytest.mark.parametrize("text", ["出口", "元"])
def test_a_few_signs_are_believed_if_they_are_sure_or_the_page_has_more(text: str) -> None:
    beside: tuple[Seen, ...] = (("营业时间", 0.8, 300, 60), ("見本", 0.98, 80, 40))
    assert page_of(GOOD, (text, 0.98, 60, 34)).lines[1].score == 0.98
    assert all(page_of(other, (text, 0.8, 60, 34)).lines[1].score == 0.8 for other in beside)


def test_korean_read_by_its_own_network_is_believed() -> None:
    assert page_of(GOOD, ("서울", 0.8, 70, 34)).lines[1].score == 0.8


def test_a_row_of_dashes_on_a_chinese_page_is_kept() -> None:
    assert page_of(("营业时间", 0.97, 300, 30), ("一二", 0.7, 100, 30)).text == "营业时间\n一二"


def box(text: str, left: float, right: float, top: float = 0) -> OcrLine:
    return OcrLine(text, np.array([(left, top), (right, top), (right, top + 40), (left, top + 40)], np.float64), 0.99)


def test_a_letter_that_was_detected_twice_is_told_once() -> None:
    line = box("港町だより第十二号", 60, 394)
    assert without_doubled_ends([line, box("号", 371, 413), box("港", 50, 90)]) == [line]
    assert without_doubled_ends([]) == []


@pytest.mark.parametrize(
    "beside", [box("号", 385, 427), box("号", 371, 413, 50), box("八", 371, 413), box("第十二号", 300, 413)]
)
def test_a_letter_beside_or_below_a_line_is_kept(beside: OcrLine) -> None:
    assert len(without_doubled_ends([box("港町だより第十二号", 60, 394), beside])) == 2


def test_a_row_of_stars_is_left_out_beside_a_wide_colon_and_a_lone_sign() -> None:
    """Both are read on pages without a Chinese letter, as ":" and "=", and prove none."""
    stars = ("京京尾專家本水本家本軍軍本東本海基京日星上本家本客京本京京", 0.36, 500, 30)
    proofs: tuple[Seen, ...] = (("CASHIER ：HASSAN", 0.95, 300, 30), ("二", 0.89, 30, 28))
    assert page_of(GOOD, *proofs, stars).text.splitlines()[:2] == ["Opening hours", "CASHIER :HASSAN"]
    assert stars[0] not in page_of(GOOD, *proofs, stars).text
    chinese = page_of(GOOD, ("謝謝光臨", 0.9, 200, 30), *proofs, stars).text
    assert stars[0] in chinese
    assert "CASHIER ：HASSAN" in chinese
