import os

import pytest

from app.domain.error_texts import storage_texts
from app.domain.errors import ImageError, Problem, ProblemKind
from app.domain.well_formed import well_formed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ä 日本 👩‍👧.png", "ä 日本 👩‍👧.png"),
        (os.fsdecode(b"latin1-\xe9.png"), "latin1-\N{REPLACEMENT CHARACTER}.png"),
        ("\ud83d.png", "\N{REPLACEMENT CHARACTER}.png"),  # Half a pair, as Windows allows it.
        ("\ude00\ud83d", "\N{REPLACEMENT CHARACTER}" * 2),
        ("\ud83d\ude00", "\N{GRINNING FACE}"),
    ],
)
def test_what_is_no_character_is_shown_as_such(text: str, shown: str) -> None:
    assert well_formed(text) == shown
    assert well_formed(text).encode()


def test_a_problem_can_be_stored_whatever_it_names() -> None:
    name = os.fsdecode(b"\xe9.png")
    problem = Problem(ProblemKind.IMAGE, f"“{name}” is damaged.", kept=name, todo=f"Rename “{name}”.")
    assert problem.sentence == "“�.png” is damaged. �.png Rename “�.png”."
    error = ImageError(storage_texts.IMAGE_CHANGED, file=name)
    assert error.problem.what == "“�.png” changed while it was being added."
    assert error.problem.arguments == (("file", "�.png"),)
