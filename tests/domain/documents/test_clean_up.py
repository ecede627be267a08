"""The text of a page as somebody wants to go on with it."""

import pytest

from app.domain.documents.clean_up import CleanUp, cleaned_text, without_ignored
from app.domain.documents.labelled_values import labelled_values
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.page_rows import page_rows
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Cell, Table
from app.domain.ids import Digest
from app.domain.images.geometry import Box, Point, TextLine


def line(text: str, left: float, top: float, right: float = 400, height: float = 20) -> TextLine:
    corners = (Point(left, top), Point(right, top), Point(right, top + height), Point(left, top + height))
    return TextLine.between(text, corners, 0.9)


def page(*rows: tuple[TextLine, ...], tables: tuple[Table, ...] = ()) -> OcrPage:
    text = "\n".join("  ".join(line.text for line in row) for row in rows)
    return OcrPage(500, 600, tuple(line for row in rows for line in row), text, tables=tables)


JOINED = CleanUp(joins_lines=True, strips_hyphens=True)


def test_lines_of_a_paragraph_are_joined_and_paragraphs_stay_apart() -> None:
    prose = page(
        (line("The quick brown fox", 10, 10),),
        (line("jumps over it.", 10, 34, 300),),
        (line("Then it slept, and", 34, 58),),
        (line("all was well.", 10, 82, 250),),
    )
    assert cleaned_text(prose, JOINED) == "The quick brown fox jumps over it.\nThen it slept, and all was well."
    assert cleaned_text(prose, CleanUp()) == prose.text


def test_a_short_line_ends_a_paragraph() -> None:
    prose = page((line("A short one", 10, 10, 150),), (line("A long line that fills all", 10, 34),))
    assert cleaned_text(prose, JOINED) == prose.text


def test_a_headline_is_no_part_of_what_follows() -> None:
    prose = page((line("A HEADLINE OF SIZE", 10, 10, height=40),), (line("and its long first line", 10, 54),))
    assert "\n" in cleaned_text(prose, JOINED)


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        ("ein Fahr-", "rad kaufen", "ein Fahrrad kaufen"),
        ("the so-called infor-", "mation", "the so-called information"),
        ("Baden-", "Württemberg", "Baden- Württemberg"),
        ("pages 3-", "4", "pages 3- 4"),
        ("今天天气", "很好", "今天天气很好"),
    ],
)
def test_words_that_are_parted_are_whole_again(above: str, below: str, expected: str) -> None:
    assert cleaned_text(page((line(above, 10, 10),), (line(below, 10, 34),)), JOINED) == expected


def test_where_lines_stay_the_rest_of_a_word_moves_up() -> None:
    parted = page((line("ein Fahr-", 10, 10),), (line("rad kaufen", 10, 34),))
    assert cleaned_text(parted, CleanUp(strips_hyphens=True)) == "ein Fahrrad\nkaufen"


def test_rows_and_tables_are_not_joined() -> None:
    box = Box(0, 0, 500, 100)
    table = Table(2, 1, (Cell(0, 0, "one cell", box), Cell(1, 0, "another", box)), box, is_ruled=True)
    rows = page((line("one cell", 10, 10),), (line("another", 10, 34),), tables=(table,))
    assert cleaned_text(rows, JOINED) == rows.text
    receipt = page(
        (line("Milk", 10, 10, 90), line("3.20", 300, 10)), (line("Bread", 10, 34, 90), line("2.10", 300, 34))
    )
    assert cleaned_text(receipt, JOINED) == "Milk  3.20\nBread  2.10"


def test_ignored_areas_are_left_out() -> None:
    whole = page((line("Page 7", 10, 560),), (line("The text", 10, 100), line("beside", 420, 100, 480)))
    ignored = (Box(0, 0.9, 1, 1),)
    assert without_ignored(whole, ignored).text == "The text  beside"
    assert cleaned_text(whole, CleanUp(ignored=ignored)) == "The text  beside"
    assert len(without_ignored(whole, ignored).lines) == 2


def test_rows_are_found_in_the_text_again() -> None:
    rows = page((line("a", 0, 0), line("b", 50, 0)), (line("c", 0, 30),))
    assert page_rows(rows) == [[0, 1], [2]]
    assert page_rows(OcrPage(1, 1, rows.lines, "something else")) == [[0], [1], [2]]


def test_corrections_reach_text_and_tables_and_can_be_taken_back() -> None:
    box = Box(0, 0, 100, 100)
    table = Table(1, 1, (Cell(0, 0, "T0tal", box),), box, is_ruled=False)
    ocr_result = OcrResult(
        digest=Digest("ab"), number=0, page=page((line("T0tal", 0, 0), line("5", 50, 0)), tables=(table,))
    )
    corrected = ocr_result.with_correction(0, "Total")
    assert corrected.corrected_page().text == "Total  5"
    assert corrected.corrected_page().tables[0].cells[0].text == "Total"
    assert corrected.page == ocr_result.page
    assert corrected.with_correction(0, "T0tal") == ocr_result


def test_names_and_values_are_found_with_their_places() -> None:
    receipt = page(
        (line("Total: 12.50", 10, 10),),
        (line("Date:", 10, 40, 60), line("01.02.2025", 100, 40)),
        (line("At 15:53:00 it closed", 10, 70),),
        (line("Nothing here", 10, 100),),
    )
    values = labelled_values(receipt)
    assert [(value.name, value.value) for value in values] == [("Total", "12.50"), ("Date", "01.02.2025")]
    assert len(values[1].boxes) == 2
