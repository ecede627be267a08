"""Names and values of a page: pairs are found as they stand, and no page makes up anything."""

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.documents.labelled_values import MAX_NAME_CHARS, labelled_values
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, Point, TextLine


def line(text: str, left: float, top: float) -> TextLine:
    corners = (Point(left, top), Point(left + 80, top), Point(left + 80, top + 20), Point(left, top + 20))
    return TextLine.between(text, corners, 0.9)


def page(*rows: list[str]) -> OcrPage:
    """A page whose lines stand where their places in the rows say."""
    lines = [line(text, 100 * x, 30 * y) for y, row in enumerate(rows) for x, text in enumerate(row)]
    return OcrPage(1000, 1000, tuple(lines), "\n".join("  ".join(row) for row in rows))


def pairs(*rows: list[str]) -> list[tuple[str, str]]:
    return [(found.name, found.value) for found in labelled_values(page(*rows))]


words = st.text(st.characters(categories=["Ll", "Lu"]), min_size=2, max_size=10)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)
values = st.lists(st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=8), min_size=1).map(" ".join)
wild = st.text(st.sampled_from("aB1 :：\t\n.日"), max_size=12)


@given(names, values, st.sampled_from([":", ": ", " : ", "：", ":  "]))
def test_a_pair_is_found_in_one_line_and_in_two(name: str, value: str, colon: str) -> None:
    assert pairs([f"{name}{colon}{value}"]) == [(name, value)]
    assert pairs(["12 May"], [f"{name}{colon}".rstrip(), value]) == [(name, value)]


@given(st.lists(st.lists(wild, min_size=1, max_size=3), max_size=4))
@example([["Total:", ""]])
@example([["Total:", "Date:"]])
def test_any_page_has_pairs_of_its_own_lines(rows: list[list[str]]) -> None:
    read = page(*rows)
    found = labelled_values(read)
    boxes: Counter[Box] = Counter(box for pair in found for box in pair.boxes)
    assert boxes <= Counter(one.box for one in read.lines)
    texts = {one.box: one.text for one in read.lines}
    for pair in found:
        evidence = [texts[box] for box in pair.boxes]
        assert 2 <= len(pair.name) <= MAX_NAME_CHARS
        assert pair.name in evidence[0]
        assert pair.value in evidence[-1]
        assert (pair.name, pair.value) == (pair.name.strip(), pair.value.strip())
        assert not pair.is_unverified
