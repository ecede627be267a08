"""Reasoning and answer told apart, whatever parts a text arrives in."""

import pytest

from app.domain.text.thoughts import ThoughtSplitter, without_thought

CASES = [
    (True, "Hm, nine.\n</think>\n\nNine euros.", "Hm, nine.\n", "Nine euros."),
    (True, "<think>\nHm.</think>Nine.", "\nHm.", "Nine."),
    (True, "a < b, </thin air>, </think>\nYes.", "a < b, </thin air>, ", "Yes."),
    (True, "cut off in the mid", "cut off in the mid", ""),
    (True, "cut off in the tag </thi", "cut off in the tag </thi", ""),
    (True, "</think>\n\n", "", ""),
    (True, "Hm.</think>\n\nIt says </think> twice: <think>", "Hm.", "It says </think> twice: <think>"),
    (False, "<think>\n\n</think>\n\nNine.", "\n\n", "Nine."),
    (False, "\n<think>Hm.</think>Nine.", "Hm.", "Nine."),
    (False, "<table>\n</think>", "", "<table>\n</think>"),
    (False, "<thi", "", "<thi"),
    (False, "  Nine.", "", "  Nine."),
    (False, "", "", ""),
]


@pytest.mark.parametrize(("is_open", "text", "thought", "answer"), CASES)
def test_any_parts_give_the_same(*, is_open: bool, text: str, thought: str, answer: str) -> None:
    for size in range(1, len(text) + 2):
        splitter = ThoughtSplitter(is_open=is_open)
        parts = [splitter.push(text[at : at + size]) for at in range(0, len(text), size)]
        parts.append(splitter.finish())
        assert ("".join(part[0] for part in parts), "".join(part[1] for part in parts)) == (thought, answer)


def test_it_tells_whether_it_is_thinking() -> None:
    splitter = ThoughtSplitter(is_open=True)
    told = [splitter.is_thinking]
    for part in ("Hm.", "</think>", "Yes."):
        splitter.push(part)
        told.append(splitter.is_thinking)
    assert told == [True, True, False, False]
    assert not ThoughtSplitter().is_thinking


def test_text_is_not_held_back_longer_than_it_may_be_a_tag() -> None:
    splitter = ThoughtSplitter(is_open=True)
    assert splitter.push("Is 1 <") == ("Is 1 ", "")
    assert splitter.push(" 2?") == ("< 2?", "")


def test_an_answer_of_an_earlier_version_loses_its_reasoning() -> None:
    assert without_thought("<think>\nHm.\n</think>\n\nNine.") == "Nine."
    assert without_thought("Nine.\n") == "Nine.\n"
