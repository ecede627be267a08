"""Queued questions are a part of the saved draft, and not of the one that is shown."""

import pytest

from app.domain.chat.chat import Draft
from app.domain.chat.queued_questions import QueuedQuestion, with_questions, without_questions
from tests.support.chats import attachment

ONE, TWO = attachment("one.png"), attachment("two.png", "cd" * 32)
QUEUED = (QueuedQuestion("1", "First?", (ONE,)), QueuedQuestion("2", "Second\n\nline?"))


@pytest.mark.parametrize(
    "draft", [Draft(), Draft(text="typed"), Draft(attachments=(TWO,)), Draft(text="\n\n typed ", attachments=(TWO,))]
)
@pytest.mark.parametrize("questions", [(), QUEUED[:1], QUEUED])
def test_what_is_saved_is_shown_again(draft: Draft, questions: tuple[QueuedQuestion, ...]) -> None:
    assert without_questions(with_questions(draft, questions), questions) == draft


def test_a_draft_of_questions_reads_from_above() -> None:
    draft = Draft(text="typed", attachments=(ONE, TWO))
    assert with_questions(draft, QUEUED) == Draft(text="First?\n\nSecond\n\nline?\n\ntyped", attachments=(ONE, TWO))
