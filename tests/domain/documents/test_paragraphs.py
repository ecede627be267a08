"""Lines that belong together, and what a model may answer about them."""

import json

import pytest

from app.domain.documents.pages import OcrPage
from app.domain.documents.paragraphs import (
    MAX_LETTERS,
    MAX_PARAGRAPHS,
    Paragraph,
    UnusableAnswer,
    chunks,
    paragraphs_of,
    translated_texts,
    translation_prompt,
    translation_schema,
)
from app.domain.images.geometry import Box, Point, TextLine


def line(text: str, left: float, top: float, width: float = 200, height: float = 20) -> TextLine:
    box = Box(left, top, left + width, top + height)
    corners = (Point(left, top), Point(box.right, top), Point(box.right, box.bottom), Point(left, box.bottom))
    return TextLine(text, box, corners, 0.9)


def texts(*lines: TextLine) -> list[str]:
    return [paragraph.text for paragraph in paragraphs_of(OcrPage(800, 600, lines, ""))]


def test_lines_of_a_paragraph_are_one_passage() -> None:
    assert texts(line("The quick brown", 10, 10), line("fox jumps.", 10, 34, 90)) == ["The quick brown fox jumps."]


def test_centred_lines_belong_together() -> None:
    assert texts(line("WELCOME", 100, 10, 200), line("to the show", 140, 34, 120)) == ["WELCOME to the show"]


def test_chinese_lines_are_joined_without_a_space() -> None:
    assert texts(line("今天天气", 10, 10), line("很好", 10, 34, 60)) == ["今天天气很好"]


@pytest.mark.parametrize(
    "second",
    [
        line("far below", 10, 90),
        line("in another column", 300, 34),
        line("A headline", 10, 34, 200, 40),
        line("beside it", 10, 12),
    ],
)
def test_what_stands_apart_is_another_passage(second: TextLine) -> None:
    assert texts(line("The quick brown", 10, 10), second) == ["The quick brown", second.text]


def test_empty_lines_are_left_out() -> None:
    assert texts(line("  ", 10, 10), line("a", 10, 34)) == ["a"]


def test_a_passage_covers_its_lines() -> None:
    (paragraph,) = paragraphs_of(OcrPage(800, 600, (line("a", 10, 10, 50), line("b", 12, 34, 55, 22)), ""))
    assert paragraph.box == Box(10, 10, 67, 56)
    assert paragraph.line_height == 21


def test_long_pages_are_asked_about_in_portions() -> None:
    many = [Paragraph("word", (line("word", 0, 0),))] * (MAX_PARAGRAPHS + 1)
    assert [len(part) for part in chunks(many)] == [MAX_PARAGRAPHS, 1]
    long = [Paragraph("x" * (MAX_LETTERS - 1), (line("x", 0, 0),))] * 2
    assert chunks(long) == [[0], [1]]
    assert chunks([]) == []


def test_the_prompt_has_the_texts_as_json_and_what_was_wrong() -> None:
    prompt = translation_prompt(['say "hi"', "出口"], "German", "it has no JSON array.")
    assert json.dumps(['say "hi"', "出口"], ensure_ascii=False) in prompt
    assert "into German" in prompt
    assert "2 strings" in prompt
    assert prompt.endswith("it has no JSON array.")
    assert "could not be used" not in translation_prompt(["a"], "German")


@pytest.mark.parametrize(
    ("text", "translation"),
    [("出口", "emergency exit on the left"), ("z. B.", "for example"), ("龠", "a flute of ancient China"), ("", "")],
)
def test_the_schema_leaves_room_for_every_script(text: str, translation: str) -> None:
    schema = json.loads(translation_schema([text, "Exit"]))
    assert (schema["minItems"], schema["maxItems"]) == (2, 2)
    assert 2 * len(translation) <= schema["items"]["maxLength"] <= 150


def test_the_schema_does_not_limit_long_texts() -> None:
    assert json.loads(translation_schema(["字" * MAX_LETTERS]))["items"] == {"type": "string"}


@pytest.mark.parametrize("answer", ['["a", "b"]', '```json\n["a", "b"]\n```', 'Here it is: ["a", "b"]. Bye!'])
def test_an_array_is_found_in_what_stands_around_it(answer: str) -> None:
    assert translated_texts(answer, 2) == ("a", "b")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("I cannot.", "no JSON array"),
        ('["a", "b', "no JSON array"),
        ('["a", b]', "not JSON"),
        ('["a"]', "1 strings, not 2"),
        ('["a", 2]', "something else than strings"),
        ("[" * 100_000 + "]", "not JSON"),
    ],
)
def test_other_answers_are_refused_in_words(answer: str, complaint: str) -> None:
    with pytest.raises(UnusableAnswer, match=complaint):
        translated_texts(answer, 2)
