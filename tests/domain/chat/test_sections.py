"""Long messages in sections: nothing is lost, everything is bounded, and blocks are whole wherever they can be."""

import random
import time
from itertools import pairwise

import pytest

from app.domain.chat.sections import (
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_HEAD,
    MAX_LINES,
    STREAMED_CHARACTERS,
    Section,
    sections,
    whole_code,
    whole_table,
)

ALL = 10**9
PARAGRAPH = "Words of a paragraph that go on for a while. " * 8 + "\n\n"
TABLE = "| name | price |\n|------|------:|\n" + "| bread | 2.40 |\n" * 500
CODE = "```python\n" + "x = f(1)\n" * 1500 + "```\n"
BOXES = "```json\n[" + '{"bbox_2d": [1, 2, 30, 40], "label": "B"},' * 500 + "]\n```"


def rejoined(text: str, parts: tuple[Section, ...]) -> str:
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    return "".join(text[part.start : part.end] for part in parts)


@pytest.mark.parametrize("text", ["", "one line", PARAGRAPH * 10, "| a |\n|---|\n| b |\n\n```\ncode\n```\n"])
def test_an_ordinary_message_is_one_section(text: str) -> None:
    assert sections(text) == (Section(0, len(text)),)
    assert sections(text)[0].of(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "word " * 200_000,
        "ab\n" * 100_000,
        TABLE * 20,
        CODE * 10,
        BOXES * 5,
        "<div>&amp;" * 20_000,
        "`" * 100_000,
        "~" * 20_000 + "\n" + "x\n" * 20_000,
        ("|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + ("|" + "x|" * 2000 + "\n") * 20),
        "|" + "a" * 5000 + "|b|\n|-|-|\n" + "|x|y|\n" * 3000,
        "---\n\n" * 20_000,
        "漢字🙂" * 50_000,
        ">" * 10_000 + " x",
        "\n" * 100_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_every_section_is_bounded_and_nothing_is_lost(text: str) -> None:
    begin = time.monotonic()
    parts = sections(text, max_sections=ALL)
    assert time.monotonic() - begin < 20  # It has taken a second for the slowest; a square would take hours.
    assert rejoined(text, parts) == text
    for part in parts:
        shown = part.of(text)
        assert part.end - part.start <= MAX_CHARACTERS
        assert len(shown) <= MAX_CHARACTERS + 2 * MAX_HEAD + 10
        assert shown.count("\n") <= MAX_LINES + 6
        rows = [line for line in shown.split("\n") if line.count("|") > 1]
        counts = [(above.count("|"), row.count("|")) for above, row in pairwise(rows) if set(row) <= set("|-: ")]
        is_table = any(above == below for above, below in counts)
        assert part.is_source or not is_table or sum(row.count("|") - 1 for row in rows) <= MAX_CELLS + 2 * MAX_COLUMNS


def test_a_message_is_parted_where_blocks_end() -> None:
    text = PARAGRAPH * 100
    parts = sections(text)
    assert len(parts) > 1
    for part in parts:
        assert part.of(text).startswith("Words")
        assert part.of(text).endswith("\n\n")


def test_a_table_has_its_head_in_every_section() -> None:
    text = f"Before.\n\n{TABLE}\nAfter."
    parts = sections(text)
    assert len(parts) > 3
    head = "| name | price |\n|------|------:|\n"
    assert all(part.of(text).startswith(head) for part in parts[1:])
    assert parts[0].of(text).startswith(f"Before.\n\n{head}")
    assert parts[-1].of(text).endswith("\n\nAfter.")
    rows = sum(part.of(text).count("| bread | 2.40 |") for part in parts)
    assert rows == 500


def test_code_has_its_fences_in_every_section() -> None:
    text = f"Before.\n\n{CODE}After."
    parts = sections(text)
    assert len(parts) > 2
    for part in parts:
        fences = [line for line in part.of(text).split("\n") if line.startswith("```")]
        assert fences == ["```python", "```"]
    assert sum(part.of(text).count("x = f(1)\n") + part.of(text).endswith("x = f(1)") for part in parts) == 1500


def test_a_table_and_code_that_were_parted_are_known_as_wholes() -> None:
    text = f"Before.\n\n{TABLE}\nBetween.\n\n{CODE}After."
    parts = sections(text)
    table, code = text.index("| name"), text.index("```python")
    assert {part.block for part in parts} == {-1, table, code}
    assert all((part.block >= 0) == bool(part.before) for part in parts)
    assert whole_table(text, table) == [["name", "price"], *[["bread", "2.40"]] * 500]
    assert whole_code(text, code) == "\n".join(["x = f(1)"] * 1500)
    assert whole_code("```\nunfinished", 0) == "unfinished"
    assert whole_table("a \\| b | c\n-|-\n| d ||\n", 0) == [["a | b", "c"], ["d", ""]]


def test_a_fence_within_a_longer_one_is_code() -> None:
    text = "````\n```\n" + "x\n" * 600 + "```\n````\nend"
    parts = sections(text)
    assert [part.before for part in parts[1:]] == ["````\n"] * (len(parts) - 1)


def test_places_on_one_line_are_parted_between_objects() -> None:
    parts = sections(BOXES)
    assert len(parts) > 2
    for part in parts[:-1]:
        assert BOXES[part.start : part.end].endswith("},")


def test_a_table_that_is_too_wide_is_source_and_what_is_around_it_is_not() -> None:
    wide = "|" + "a|" * 100 + "\n|" + "-|" * 100 + "\n" + "|" + "x|" * 100 + "\n"
    text = f"# Before\n\n{wide}\n# After"
    parts = sections(text)
    assert [part.is_source for part in parts] == [False, True, False]
    assert parts[1].of(text).startswith("|a|")


def test_a_text_that_grows_never_parts_anew_what_is_finished() -> None:
    text = PARAGRAPH * 12 + TABLE + "\n" + CODE + "\n" + PARAGRAPH * 12
    generator = random.Random(5)
    known: tuple[Section, ...] = ()
    end = 0
    while end < len(text):
        end = min(len(text), end + generator.randint(1, 400))
        grown = sections(text[:end], settled=known, grows=True, max_sections=ALL)
        assert grown[: len(known) - 1] == known[:-1]
        assert rejoined(text[:end], grown) == text[:end]
        known = grown
    unfinished = max(part.end - part.start for part in known)
    assert unfinished <= MAX_CHARACTERS
    assert min(part.end - part.start for part in known[:2]) >= STREAMED_CHARACTERS


def test_what_is_behind_the_last_wanted_section_is_left_out() -> None:
    text = "ab\n" * 10_000
    first = sections(text, max_sections=3)
    assert len(first) == 3
    assert first[-1].end < len(text)
    more = sections(text, max_sections=6, settled=first)
    assert more[:2] == first[:2]
    assert len(more) == 6


def test_plain_text_has_no_blocks() -> None:
    parts = sections(TABLE, is_markdown=False)
    assert [(part.before, part.after) for part in parts] == [("", "")] * len(parts)
