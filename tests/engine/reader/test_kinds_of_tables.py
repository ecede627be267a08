"""Kinds of tables in published documents: spans, wrapped texts, rules for some rows, and what only looks like one."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from app.domain.documents.blocks import Area, BlockKind
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.engine.reader.tables.columns import find_gutters
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.tables.overlaps import without_overlaps
from app.engine.reader.tables.rules import Rule, Rules
from app.engine.reader.tables.words import without_rule_signs
from app.engine.reader.text_boxes import TextBox, rows_of

HEIGHT = 20
SIZE = (900, 700)
Text = tuple[float, float, str]
"""Left and top in pixels, and a text, each letter of which is 11 pixels wide."""
Segment = tuple[float, float, float, float]


def line(left: float, top: float, text: str) -> TextLine:
    words, x = [], left
    for word in text.split(" "):
        right = x + 11 * len(word)
        words.append(Word(word, Box(x, top, right, top + HEIGHT), 1.0))
        x = right + 6
    right, bottom = words[-1].box.right, top + HEIGHT
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return TextLine.between(text, corners, 1.0, tuple(words))


def tables_of(texts: Sequence[Text], rules: Sequence[Segment] = (), areas: Sequence[Area] = ()) -> tuple[Table, ...]:
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    for rule in rules:
        draw.line(rule, fill="black", width=2)
    return find_tables([line(*text) for text in texts], picture, lambda: areas)


def level(*ys: float, left: float = 50, right: float = 650) -> list[Segment]:
    return [(left, y, right, y) for y in ys]


def spans(table: Table) -> dict[str, tuple[int, int, int, int]]:
    return {cell.text: (cell.row, cell.column, cell.row_span, cell.column_span) for cell in table.cells if cell.text}


BODY = [(60.0, 160.0 + 30 * row, name) for row, name in enumerate(("Ada", "Bea", "Cleo", "Dora"))] + [
    (x, 160.0 + 30 * row, str(10 * row + column)) for row in range(4) for column, x in enumerate((260, 360, 460, 560))
]


def test_a_header_spans_the_columns_over_which_its_rule_lies() -> None:
    head = [(60, 100, "Name"), (285, 70, "2005"), (485, 70, "2010")]
    head += [(x, 110, text) for x, text in ((250, "No."), (350, "Rate"), (450, "No."), (550, "Rate"))]
    rules = [*level(60, 140, 290), *level(98, left=240, right=400), *level(98, left=440, right=610)]
    (table,) = tables_of([*head, *BODY], rules)
    found = spans(table)
    assert found["2005"] == (0, 1, 1, 2)
    assert found["2010"] == (0, 3, 1, 2)
    assert found["Name"] == (0, 0, 2, 1)
    assert table.grid()[2] == ["Ada", "0", "1", "2", "3"]
    assert (table.rows, table.columns) == (6, 5)


def test_lines_of_a_header_are_one_text_in_each_column() -> None:
    head = [
        (240, 70, "Body"),
        (240, 95, "weight"),
        (340, 95, "Count"),
        (440, 70, "Mean"),
        (440, 95, "age"),
        (550, 95, "n"),
    ]
    (table,) = tables_of([*head, *BODY], level(60, 140, 290))
    assert table.grid()[0] == ["", "Body weight", "Count", "Mean age", "n"]
    assert table.rows == 5


def test_a_label_that_goes_on_with_a_small_letter_is_one_cell_and_a_heading_is_a_row() -> None:
    texts = [
        (60, 70, "Kind"),
        (400, 70, "Share"),
        (60, 110, "Schools"),
        (60, 140, "Income of the"),
        (60, 165, "household"),
    ]
    texts += [(400, 140, "12.5"), (60, 190, "Age"), (400, 190, "13.5"), (60, 215, "Sex"), (400, 215, "10.1")]
    (table,) = tables_of(texts, level(60, 100, 245))
    assert table.grid() == [
        ["Kind", "Share"], ["Schools", ""], ["Income of the household", "12.5"], ["Age", "13.5"], ["Sex", "10.1"],
    ]  # fmt: skip


def test_titles_and_notes_within_the_frame_are_no_rows() -> None:
    title = [(100, 65, "Exhibit 4 Shares of all that was counted in a year")]
    notes = [(60, 300, "Note: these are the shares of all those who were asked"), (60, 325, "in that year.")]
    frame = [(50, 55, 650, 55), (50, 355, 650, 355), (50, 55, 50, 355), (650, 55, 650, 355)]
    inner = [*level(95, 145, 290), *[(x, 95, x, 290) for x in (240, 340, 440, 540)]]
    head = [(60, 110, "Name"), *[(x, 110, text) for x, text in ((260, "A"), (360, "B"), (460, "C"), (560, "D"))]]
    (table,) = tables_of([*title, *head, *BODY, *notes], [*frame, *inner])
    assert (table.rows, table.columns) == (5, 5)
    assert table.grid()[0] == ["Name", "A", "B", "C", "D"]


def test_a_cell_spans_the_rows_whose_rules_leave_it_out() -> None:
    texts = [(60, 70, "Year"), (200, 70, "Group"), (400, 70, "Share")]
    rules = level(60, 100, 220, 340)
    for block, year in enumerate(("1991", "1996")):
        texts.append((60, 150 + 120 * block, year))
        for row, group in enumerate(("Men", "Women", "Total")):
            y = 110 + 120 * block + 40 * row
            texts += [(200, y, group), (400, y, f"{row}{block}.5")]
            rules += level(y + 30, left=180) if row < 2 else []
    (table,) = tables_of(texts, rules)
    assert spans(table)["1991"] == (1, 0, 3, 1)
    assert table.grid()[1] == ["1991", "Men", "00.5"]


def test_columns_of_prose_between_the_rules_of_a_page_are_no_table() -> None:
    prose = "many words that go on and on without any end"
    texts = [(left, 80 + 26 * row, prose[:38]) for row in range(20) for left in (40, 470)]
    assert tables_of(texts, level(60, 620, left=40, right=880)) == ()


def test_the_axes_and_labels_of_a_chart_are_no_table() -> None:
    frame = [(150, 100, 700, 100), (150, 500, 700, 500), (150, 100, 150, 500), (700, 100, 700, 500)]
    bars = [(x, 500 - 60 * n, x, 500) for n, x in enumerate((250, 350, 450, 550))]
    labels = [(90, 100 + 80 * n, f"{100 - 20 * n}") for n in range(6)]
    labels += [(200 + 100 * n, 520, f"199{n}") for n in range(5)]
    assert tables_of(labels, [*frame, *bars]) == ()


@pytest.mark.parametrize("title", ["TABLE III - Rates by age", "Table 2. Rates", "Tabelle 4: Raten"])
def test_a_title_between_its_rules_parts_two_tables(title: str) -> None:
    rows = [("Name", "Rate"), ("Ada", "10"), ("Bea", "20")]
    texts = [
        (x, top + 30 * row, text)
        for top in (110, 270)
        for row, pair in enumerate(rows)
        for x, text in zip((60, 460), pair, strict=True)
    ]
    found = tables_of([*texts, (200, 230, title)], level(100, 135, 200, 260, 295, 360))
    assert [(table.rows, table.columns) for table in found] == [(3, 2), (3, 2)]


def test_boxes_as_high_as_the_distance_of_rows_do_not_join_them() -> None:
    labels = ["Never", "Ever", "Duration", "Short", "Long", "Intensity", "Low", "High"]
    texts = [(60, 100 + 13 * row, label) for row, label in enumerate(labels)]
    values = [row for row, label in enumerate(labels) if label not in {"Duration", "Intensity"}]
    texts += [(x, 100 + 13 * row, f"{row}.5") for row in values for x in (260, 360)]
    (table,) = tables_of(texts, level(95, 215))
    assert [row[0] for row in table.grid()] == labels


GRID = [*level(150, 180, 210, 240, 270), *((x, 150, x, 270) for x in (50, 230, 330, 430, 530, 650))]


def test_a_fold_beside_a_table_does_not_make_it_longer() -> None:
    below = [(60.0, 330.0 + 30 * row, "and so it went on for years") for row in range(4)]
    (table,) = tables_of([*BODY, *below], [*GRID, (658, 20, 658, 680)])
    assert (table.rows, table.columns) == (4, 5)
    assert table.box.bottom < 300


def test_a_table_between_the_rules_of_a_column_is_found() -> None:
    text = "the boats lay along the pier all day"
    left = [(20.0, 60.0 + 26 * row, text) for row in range(20)]
    right = [(470.0, 60.0 + 26 * row, text) for row in [*range(4), *range(14, 20)]]
    cells = [
        (x, 203.0 + 30 * row, str(10 * row + column)) for row in range(4) for column, x in enumerate((500, 600, 700))
    ]
    grid = [(480, y, 760, y) for y in (200, 230, 260, 290, 320)]
    grid += [(x, 200, x, 320) for x in (480, 575, 670, 760)]
    page = [(450, 40, 450, 660), (20, 300, 440, 300), (458, 180, 880, 180), (458, 400, 880, 400), (20, 520, 440, 520)]
    (table,) = tables_of([*left, *right, *cells], [*grid, *page])
    assert (table.rows, table.columns) == (4, 3)
    assert table.grid()[3] == ["30", "31", "32"]


def test_strokes_of_digits_below_one_another_are_no_rule() -> None:
    texts = [(60.0, 100.0 + 22 * row, f"item {row}") for row in range(8)]
    texts += [(300.0, 100.0 + 22 * row, "1111") for row in range(8)]
    strokes = [(x, 100 + 22 * row, x, 119 + 22 * row) for row in range(8) for x in (306, 328)]
    rules = [*level(90, 118, 280), (200, 90, 200, 280)]
    (table,) = tables_of(texts, [*rules, *strokes])
    assert table.columns == 2


def test_a_heading_over_all_columns_within_the_drawn_sides_is_a_row() -> None:
    head = [(270.0, 123.0, "Birthday money")]
    rules = [*GRID, (50, 120, 650, 120), (50, 120, 50, 150), (650, 120, 650, 150)]
    (table,) = tables_of([*head, *BODY], rules)
    assert spans(table)["Birthday money"] == (0, 0, 1, 5)


def test_the_layout_model_knows_a_table_within_the_rules_of_a_page() -> None:
    prose = [(60.0, 300.0 + 26 * row, "the boats lay along the pier all day and we") for row in range(10)]
    rules = [(20, 30, 880, 30), (20, 600, 880, 600)]
    known = Area(BlockKind.TABLE, Box(50, 150, 600, 280), 0.9)
    (table,) = tables_of([*BODY, *prose], rules, [known])
    assert (table.rows, table.columns) == (4, 5)
    assert table.box.bottom < 300


def test_boxes_that_reach_into_the_lines_above_and_below_are_parted() -> None:
    tall = [
        TextBox(f"{row}{column}", 100.0 * column, 14.0 * row, 100.0 * column + 40, 14.0 * row + 29)
        for row in range(6)
        for column in range(3)
    ]
    assert len(rows_of(without_overlaps(tall))) == 6
    usual = [TextBox("word", 0, 22.0 * row, 40, 22.0 * row + 20) for row in range(6)]
    assert without_overlaps(usual) == usual
    assert without_overlaps([]) == []


def test_a_text_that_ends_in_a_gap_does_not_cross_it() -> None:
    def box(left: float, row: int, right: float) -> TextBox:
        return TextBox("text", left, 30 * row, right, 30 * row + 20)

    lines = [[box(108, 0, 240)], [box(0, 1, 103), box(160, 1, 200)]]
    lines += [[box(0, row, 100), box(160, row, 200)] for row in range(2, 6)]
    (gutter,) = find_gutters(lines, 20)
    assert 100 <= gutter.left < gutter.right <= 160


def test_a_rotated_page_places_its_words_by_their_own_boxes() -> None:
    texts = [(60, 60 + 40 * row, f"Name {row}") for row in range(4)] + [
        (260, 60 + 40 * row, f"{row}.5") for row in range(4)
    ]
    (table,) = tables_of(texts)
    assert table.grid()[1] == ["Name 1", "1.5"]


numbers = st.one_of(st.floats(-1e9, 1e9), st.floats(0, 900), st.just(math.nan), st.just(math.inf))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(numbers, numbers, st.floats(0, 300), st.floats(0, 60), st.text(max_size=8)), max_size=25))
def test_any_boxes_give_cells_within_their_table(
    boxes: Sequence[tuple[float, float, float, float, str]],
) -> None:
    lines = []
    for left, top, width, height, text in boxes:
        right, bottom = left + width, top + height
        quad = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
        lines.append(TextLine.between(text, quad, 0.5))
    picture = Image.fromarray(np.zeros((60, 80, 3), np.uint8))
    for table in (*find_tables(lines, None), *find_tables(lines, picture)):
        taken: set[tuple[int, int]] = set()
        for cell in table.cells:
            places = {
                (cell.row + down, cell.column + across)
                for down in range(cell.row_span)
                for across in range(cell.column_span)
            }
            assert not places & taken
            taken |= places
        assert all(0 <= row < table.rows and 0 <= column < table.columns for row, column in taken)


@pytest.mark.parametrize("count", [2_000])
def test_a_page_of_many_words_is_done(count: int) -> None:
    texts = [(7 * (number % 100), 12 * (number // 100), str(number)) for number in range(count)]
    find_tables([line(*text) for text in texts], None)


def test_headers_that_repeat_show_what_the_ones_above_span() -> None:
    head = [(252.0, 100.0, "Agency"), (452.0, 100.0, "Person")]
    head += [(x, 125.0, text) for x, text in ((250, "First"), (350, "Then"), (450, "First"), (550, "Then"))]
    (table,) = tables_of([*head, *BODY], level(90, 150, 290))
    found = spans(table)
    assert found["Agency"] == (0, 1, 1, 2)
    assert found["Person"] == (0, 3, 1, 2)


def test_small_words_that_repeat_do_not_go_on_from_the_row_above() -> None:
    head = [(x, 100.0, text) for x, text in ((60, "Item"), (260, "First"), (360, "Next"), (460, "Last"))]
    body = [(60.0, 130.0 + 24 * row, f"{'abcdef'[row]}x") for row in range(6)]
    body += [(x, 130.0 + 24 * row, "yes" if (row + x) % 3 else "no") for row in range(6) for x in (260, 360, 460)]
    (table,) = tables_of([*head, *body], level(90, 122, 280))
    assert (table.rows, table.columns) == (7, 4)


def test_a_table_is_found_below_the_rule_at_the_top_of_a_page() -> None:
    text = "the boats lay along the pier and all the men were asleep"
    prose = [(60.0, 60.0 + 26 * row, text if row % 3 else "and so  it went") for row in range(3)]
    (table,) = tables_of([*prose, *BODY], [*level(30), *level(150, 180, 290)])
    assert (table.rows, table.columns) == (4, 5)


def test_bars_that_are_read_where_a_rule_is_drawn_are_no_text() -> None:
    rule = Rule(100, 0, 60)
    words = [TextBox("|", 97, 10, 103, 30), TextBox("|ab", 98, 32, 140, 52), TextBox("c|d", 160, 10, 200, 30)]
    found = without_rule_signs([*words, TextBox("|", 300, 10, 306, 30)], Rules((), (rule,)))
    assert [word.text for word in found] == ["ab", "c|d", "|"]


def test_a_second_header_between_rules_begins_another_table() -> None:
    heads = [
        (x, 125.0, text) for x, text in ((60, "Name"), (260, "Cases"), (360, "Rate"), (460, "Share"), (560, "Rank"))
    ]
    other = [(x, 305.0, text) for x, text in ((60, "Name"), (300, "Weight"), (500, "Height"))]
    cells = [(60.0, 340.0 + 30 * row, name) for row, name in enumerate(("Ada", "Bea", "Cleo"))]
    cells += [(x, 340.0 + 30 * row, f"{row}.{column}") for row in range(3) for column, x in enumerate((300, 500))]
    first, second = tables_of([*heads, *BODY, *other, *cells], level(118, 150, 295, 330, 430))
    assert (first.rows, first.columns) == (5, 5)
    assert (second.rows, second.columns) == (4, 3)


def test_labels_beside_the_rules_over_the_values_belong_to_the_table() -> None:
    values = [
        (x, 160.0 + 30 * row, f"{row},{column}15") for row in range(4) for column, x in enumerate((460, 580, 700))
    ]
    heads = [(x, 125.0, month) for month, x in (("May", 460), ("June", 580), ("July", 700))]
    names = ("Cost of revenue", "Research", "Sales and administration", "Total")
    labels = [(60.0, 160.0 + 30 * row, name) for row, name in enumerate(names)]
    rules = [rule for y in (118, 150, 285) for rule in level(y, left=440, right=800)]
    (table,) = tables_of([(560.0, 94.0, "Year ended"), *heads, *values, *labels], rules)
    assert table.grid()[2] == ["Cost of revenue", "0,015", "0,115", "0,215"]
    assert spans(table)["Year ended"] == (0, 1, 1, 3)


def test_a_rule_of_the_page_below_a_table_does_not_make_it_wider() -> None:
    aside = [(20.0, 160.0 + 30 * row, name) for row, name in enumerate(("see also", "and others", "of them", "all"))]
    moved = [(x + 180, y, text) for x, y, text in BODY]
    rules = [*level(150, 183, left=230, right=830), (15, 290, 830, 290)]
    (table,) = tables_of([*aside, *moved], rules)
    assert table.columns == 5
    assert table.box.left > 200
