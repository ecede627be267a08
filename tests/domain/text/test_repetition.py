"""What is left of a text that ended in a circle."""

import pytest

from app.domain.text.repetition import without_repeated_tail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("A good answer.", "A good answer."),
        ("Total: 9.00\n" + "and so on, " * 50, "Total: 9.00\nand so on, "),
        ("Start " + "ha" * 300, "Start ha"),
        ("x" * 1000, "x"),
        ("Rows:\n" + "| a | b |\n" * 40 + "| a |", "Rows:\n| a | b |"),
        ("no no no", "no no no"),
    ],
)
def test_the_circle_is_left_once(text: str, expected: str) -> None:
    assert without_repeated_tail(text) == expected
