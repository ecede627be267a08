"""What an image is taken for, by what the built-in OCR has read on it."""

from app.domain.documents.page_kinds import PageKind, kind_of
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box, TextLine

WIDTH, HEIGHT = 600, 800


def line(text: str, left: float, top: float, width: float = 120, score: float = 0.95) -> TextLine:
    box = Box(left, top, left + width, top + 20)
    return TextLine(text=text, box=box, quad=box.corners, score=score)


def page(*lines: TextLine, tables: tuple[Table, ...] = ()) -> OcrPage:
    return OcrPage(WIDTH, HEIGHT, lines, "\n".join(item.text for item in lines), tables=tables)


def column(values: list[str], left: float = 20, step: float = 60) -> list[TextLine]:
    return [line(value, left, 40 + step * place, 50) for place, value in enumerate(values)]


PROSE = [line("All human beings are born free and equal in dignity.", 20, 40 + 30 * row, 500) for row in range(5)]


def test_a_total_makes_a_receipt_even_of_a_table() -> None:
    lines = [line("Espresso", 20, 40), line("5.00", 400, 40, 60), line("TOTAL", 20, 80), line("5.00", 400, 80, 60)]
    whole = Table(2, 2, (), Box(0, 0, WIDTH, HEIGHT), is_ruled=False)
    assert kind_of(page(*lines, tables=(whole,))) is PageKind.RECEIPT


def test_numbers_that_grow_upwards_by_equal_steps_make_a_chart() -> None:
    bars = [line("Apples", 120, 340), line("Pears", 300, 340)]
    for axis in (["4000k", "3000k", "2000k", "1000k", "0k"], ["100 %", "75 %", "50 %", "25 %"]):
        assert kind_of(page(*column(axis), *bars)) is PageKind.CHART
    for no_axis in (["1", "2", "3", "4", "5"], ["9", "7", "2", "1"], ["30", "20", "10"]):
        assert kind_of(page(*column(no_axis), *bars)) is PageKind.PHOTO
    uneven = [*column(["40", "30", "20"]), line("10", 20, 400, 50)]
    assert kind_of(page(*uneven, *bars)) is PageKind.PHOTO


def test_a_table_has_at_least_half_of_the_lines() -> None:
    cells = [line(f"cell {row}", left, 300 + 40 * row) for row in range(3) for left in (20, 300)]
    table = Table(3, 2, (), Box(0, 290, WIDTH, 420), is_ruled=True)
    assert kind_of(page(*PROSE, *cells, tables=(table,))) is PageKind.TABLE
    assert kind_of(page(*PROSE, *cells[:4], tables=(table,))) is PageKind.TEXT


def test_text_is_what_covers_some_of_the_image_and_can_be_read() -> None:
    assert kind_of(page(*PROSE)) is PageKind.TEXT
    assert kind_of(page(line("EXIT", 20, 40))) is PageKind.PHOTO
    assert kind_of(page(*(line(item.text, 20, item.box.top, 500, score=0.3) for item in PROSE))) is PageKind.PHOTO
    assert kind_of(page()) is PageKind.PHOTO
