"""Screenshots of code and terminals, drawn here, read by the real models: text with its indentation and gaps."""

import pytest
from PIL import Image

from app.domain.documents.markdown_pages import page_as_markdown
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from tests.support.monospaced_text import monospaced_image

CODE = '''class _Fields:
    """Reads one JSON object; errors name the field."""

    def __init__(self, raw: dict[str, int]) -> None:
        self._raw = dict(
            raw,
            names=["a_b", 'c_d'],
        )

    def sum_up(self, key_name: str) -> int:
        return sum(self._raw.values()) | len(key_name)
'''.splitlines()

SESSION = """$ ls -l
-rw-r--r-- 1 anna  staff   1204 Nov  2 12:07 __init__.py
-rwxr-x--- 3 root  staff 178461 Nov 17 17:45 page_rows.py
$ python -m pytest -q
tests/test_grid                 ...........     [ 49%]
tests/test_alignment            ....            [100%]
""".splitlines()


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def read(image: Image.Image, recogniser: Recogniser) -> list[str]:
    return read_page(image, recogniser, lambda: None).text.splitlines()


@pytest.mark.parametrize("dark", [True, False])
def test_code_keeps_indentation_empty_lines_and_underscores(recogniser: Recogniser, dark: bool) -> None:
    assert read(monospaced_image(CODE, dark=dark), recogniser) == CODE


def test_markdown_has_code_in_a_fence(recogniser: Recogniser) -> None:
    page = read_page(monospaced_image(CODE), recogniser, lambda: None)
    assert page_as_markdown(page).splitlines() == ["```", *CODE, "```"]


def test_a_terminal_keeps_its_columns(recogniser: Recogniser) -> None:
    assert read(monospaced_image(SESSION), recogniser) == SESSION


def test_line_numbers_stay_beside_their_lines(recogniser: Recogniser) -> None:
    found = read(monospaced_image(CODE, numbers=97), recogniser)
    margin = found[0].index("class")
    assert [line[:margin].strip() for line in found] == [str(number) for number in range(97, 97 + len(CODE))]
    assert [line[margin:] for line in found] == CODE


def test_line_numbers_that_begin_below_one_another_are_kept_whole(recogniser: Recogniser) -> None:
    code = [line.replace("JSON ", "") for line in CODE]
    rows = [f"{number:<4}{line}".rstrip() for number, line in enumerate(code, start=1)]
    assert read(monospaced_image(rows), recogniser) == rows


def test_code_beside_line_numbers_is_no_table(recogniser: Recogniser) -> None:
    page = read_page(monospaced_image(CODE, numbers=1), recogniser, lambda: None)
    assert not page.tables
    assert page_as_markdown(page).splitlines() == ["```", *page.text.splitlines(), "```"]


def test_lines_of_a_page_of_code_have_words_and_single_spaces(recogniser: Recogniser) -> None:
    page = read_page(monospaced_image(SESSION), recogniser, lambda: None)
    assert all(" ".join(word.text for word in line.words) == line.text for line in page.lines)
    assert all(0 <= line.box.left < line.box.right <= page.width for line in page.lines)


def test_an_amount_of_a_screenshot_that_may_lack_its_point_is_marked(recogniser: Recogniser) -> None:
    texts = ("TWO COFFEES", "6.40"), ("SANDWICH WITH HAM", "4 95"), ("CHOCOLATE CAKE", "3.25"), ("SUBTOTAL", "14.60")
    totals = ("TIP AND SERVICE", "2.00"), ("TOTAL DUE", "16.60"), ("CASH RECEIVED", "16.60"), ("TOTAL SAVINGS", "1.10")
    rows = [f"{name:<25}{amount:>8}" for name, amount in (*texts, *totals)]
    found = read(monospaced_image(["THE CORNER SHOP AND BAKERY", *rows]), recogniser)
    assert [row for row in found if row.endswith("?")] == [f"{rows[1]}?"]
