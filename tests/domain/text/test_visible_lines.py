"""What acts unseen in a text is shown; what people write with stays."""

import pytest

from app.domain.text.visible_lines import visible_lines


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2066b\u2069c", "a\\u2066b\\u2069c"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("half \ud800", "half \\ud800"),
        ("a\r\nb\rc", "a\nb\\rc"),
    ],
)
def test_what_acts_unseen_is_shown(text: str, seen: str) -> None:
    assert visible_lines(text) == seen


@pytest.mark.parametrize(
    "text", ["a\tb\nc", "مرحبا\u200f (abc)\u200e", "שלום", "می\u200cخواهم", "👨\u200d👩\u200d👧", "naïve 名 e\u0301"]
)
def test_what_people_write_with_stays(text: str) -> None:
    assert visible_lines(text) == text
