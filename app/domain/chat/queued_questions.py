"""Questions that wait for the answer before them. In the store they are a part of the draft, so that none is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.chat.chat import Draft
from app.domain.images.attachments import Attachment

GAP = "\n\n"
"""What stands between two questions in a draft."""


@dataclass(frozen=True, slots=True)
class QueuedQuestion:
    """A question that has not been sent yet."""

    id: str
    text: str
    attachments: tuple[Attachment, ...] = ()


def with_questions(draft: Draft, questions: Sequence[QueuedQuestion]) -> Draft:
    """Return a draft of the questions, in order, and of `draft` below them; an image is in it once."""
    texts = [*(question.text for question in questions), draft.text]
    images = [*(image for question in questions for image in question.attachments), *draft.attachments]
    kept = {image.digest: image for image in reversed(images)}
    return Draft(text=GAP.join(filter(None, texts)), attachments=tuple(reversed(kept.values())))


def without_questions(draft: Draft, questions: Sequence[QueuedQuestion]) -> Draft:
    """Return what `with_questions` has put below the questions."""
    if not questions:
        return draft
    texts = GAP.join(question.text for question in questions)
    images = {image.digest for question in questions for image in question.attachments}
    rest = tuple(image for image in draft.attachments if image.digest not in images)
    return Draft(text=draft.text.removeprefix(texts).removeprefix(GAP), attachments=rest)
