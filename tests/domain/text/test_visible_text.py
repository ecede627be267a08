"""What a terminal would obey, what turns or hides text, and what is no text at all."""

import json

import pytest

from app.domain.text.visible_text import as_json, encoded, visible, without_commands


def test_a_terminals_commands_are_shown_and_text_stays() -> None:
    hostile = "\x1b]0;title\x07 \x1b]52;c;eA==\x1b\\ \x1b[2J \x9b2J \x08\x7f\x00 a\rb"
    shown = without_commands(hostile)
    assert shown.isprintable()
    assert shown.startswith("\\x1b]0;title\\x07 ")
    assert without_commands("a\tb\nc\r\nd\xa0é日本 👩‍👩‍👧 שלום\u200f") == "a\tb\nc\nd\xa0é日本 👩‍👩‍👧 שלום\u200f"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u202egnp.exe.png", "\\u202egnp.exe.png"),
        ("a\nlorgnette: all is well", "a\\nlorgnette: all is well"),
        ("a\x1b]0;x\x07.png", "a\\x1b]0;x\\x07.png"),
        ("latin-\udce9.png", "latin-\\udce9.png"),
        ("zero\u200bwidth \u2066x\u2069 \ufeff", "zero\\u200bwidth \\u2066x\\u2069 \\ufeff"),
        ("naïve 名 👩‍👧 می‌خواهم\u3000\xa0", "naïve 名 👩‍👧 می‌خواهم\u3000\xa0"),
    ],
)
def test_names_are_told_as_they_are(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_whatever_text_there_is_can_be_written() -> None:
    assert encoded("é\udce9\ud800日") == b"\xc3\xa9\xe9\xef\xbf\xbd" + "日".encode()
    assert json.loads(as_json({"é\udce9": "\ud800日"}).encode("utf-8")) == {"é\udce9": "\ud800日"}
