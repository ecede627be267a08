"""Titles, drafts, the tree of messages, and the sentences of problems."""

from dataclasses import replace

import pytest

from app.domain.chat.chat import Draft, title_from, title_of_answer
from app.domain.chat.message_tree import MessageTree
from app.domain.errors import Problem, ProblemKind, StorageError
from app.domain.ids import MessageId
from app.domain.images.attachments import ImageCrop
from app.domain.models.answer_stats import AnswerStats
from app.domain.settings.settings import Settings
from tests.support.chats import answer, attachment, question
from tests.support.error_texts import error_text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is the total?", "What is the total?"),
        ("  two\n lines ", "two lines"),
        ("one " * 30, "one one one one one one one one one one one…"),
        ("x" * 60, "x" * 47 + "…"),
    ],
)
def test_a_title_is_one_short_line(text: str, title: str) -> None:
    assert title_from(text) == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("CORNER BAKERY\nTOTAL 9.00", "CORNER BAKERY"),
        ("12:30 9.00\n\n---\n## **Corner** bakery", "Corner** bakery"),
        ("領収書\n合計 900", "領収書"),
        ('| item | price |\n{"label": "bread"}\n[…]\n- bread', "bread"),
        ("word " * 30, "word word word word word word word word word…"),
        ("9.00 EUR 4711-22", ""),
        ("", ""),
    ],
)
def test_an_answer_gives_a_title_by_its_first_line_of_words(text: str, title: str) -> None:
    assert title_of_answer(text) == title


def test_what_was_typed_after_sending_stays_in_the_draft() -> None:
    draft = Draft(text="Hello and more", attachments=(attachment("a.png", "aa"), attachment("b.png", "bb")))
    sent = Draft(text="Hello", attachments=(attachment("a.png", "aa"),))
    assert draft.without(sent) == Draft(text=" and more", attachments=(attachment("b.png", "bb"),))


def test_blank_text_does_not_stay_in_the_draft() -> None:
    draft = Draft(text=" \n", attachments=(attachment("a.png", "aa"),))
    sent = Draft(text="What is in this image?", attachments=draft.attachments)
    assert draft.without(sent) == Draft()


def test_a_branch_is_walked_from_its_end() -> None:
    tree = MessageTree(
        [
            question(),
            answer("one", "a1"),
            answer("two", "a2"),
            question("next", "q2", "a1"),
            answer("three", "a3", "q2"),
        ]
    )
    assert [message.id for message in tree.path_to(MessageId("a3"))] == ["q1", "a1", "q2", "a3"]
    assert [message.id for message in tree.path_to(MessageId("a2"))] == ["q1", "a2"]
    assert tree.path_to(None) == ()
    assert tree.siblings(MessageId("a1")) == ("a1", "a2")
    assert tree.latest_leaf() == "a2"
    assert tree.latest_leaf(MessageId("a1")) == "a3"
    assert len(tree) == 5


def test_a_message_without_its_parent_is_refused() -> None:
    with pytest.raises(KeyError, match="nobody"):
        MessageTree([answer(parent_id="nobody")])


def test_a_problem_reads_as_one_text() -> None:
    assert Problem(ProblemKind.STORAGE, "It broke.", todo="Mend it.").sentence == "It broke. Mend it."
    error = StorageError(error_text("It broke.", kept="All is kept.", kind=ProblemKind.STORAGE))
    assert str(error) == "It broke. All is kept."
    assert error.problem.kind is ProblemKind.STORAGE


def test_recent_folders_are_few_and_unique() -> None:
    settings = Settings(recent_model_folders=tuple("abcdefgh"))
    assert settings.with_recent("c") == ("c", "a", "b", "d", "e", "f", "g", "h")
    assert settings.with_recent("z") == ("z", "a", "b", "c", "d", "e", "f", "g")


@pytest.mark.parametrize(("tokens", "speed"), [(0, 0.0), (1, 0.0), (21, 10.0)])
def test_speed_counts_from_the_first_token(tokens: int, speed: float) -> None:
    stats = AnswerStats(
        prompt_tokens=1,
        visual_tokens=0,
        new_tokens=tokens,
        first_token_seconds=1.0,
        total_seconds=3.0,
        context_tokens=1 + tokens,
    )
    assert stats.tokens_per_second == speed


def test_a_part_takes_the_place_of_the_whole_in_a_draft() -> None:
    whole, other = attachment("page.png", "aa" * 32), attachment("other.png", "bb" * 32)
    place = ImageCrop(digest=whole.digest, name=whole.name, left=0, top=0, right=9, bottom=9)
    part, second = (replace(attachment("part.png", digest * 32), part_of=place) for digest in ("cc", "dd"))
    draft = Draft(text="Why?", attachments=(whole, other)).with_image(part)
    assert draft == Draft(text="Why?", attachments=(other, part))
    assert draft.with_image(second).attachments == (other, part, second)
