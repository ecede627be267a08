"""A conversation is a tree of messages: editing or regenerating adds a sibling, nothing is overwritten."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

from app.domain.attachments import Attachment
from app.domain.doubt import Doubt
from app.domain.errors import Problem
from app.domain.generation import AnswerStats
from app.domain.pages import Page


class Role(StrEnum):
    """Who wrote a message."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """How far a message has come. Only answers are ever anything but COMPLETE."""

    COMPLETE = "complete"
    STREAMING = "streaming"
    STOPPED = "stopped"
    CUT_OFF = "cut_off"
    REPEATING = "repeating"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


UNFINISHED = frozenset(MessageState) - {MessageState.COMPLETE, MessageState.STREAMING}
"""Answers that may have had more to say."""


class Author(StrEnum):
    """What produced an answer: the vision model, or the built-in reader."""

    MODEL = "model"
    READER = "reader"


def new_id() -> str:
    """A fresh random identifier, 32 hex digits."""
    return uuid4().hex


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One node of a conversation's tree.

    `text` is Markdown for an answer of the model and plain text otherwise. `page` is what the reader found, for an
    answer of the reader. `doubts` are the pieces that the model was unsure of, where that was asked. `problem` says why
    a FAILED or INTERRUPTED answer stopped; its `text` is what came before.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    text: str
    created: datetime
    attachments: tuple[Attachment, ...] = ()
    state: MessageState = MessageState.COMPLETE
    author: Author | None = None
    model_name: str = ""
    stats: AnswerStats | None = None
    page: Page | None = None
    doubts: tuple[Doubt, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in the composer and has not been sent."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing worth keeping."""
        return not self.text.strip() and not self.attachments

    def with_image(self, image: Attachment) -> "Draft":
        """The draft with one image more; a part takes the place of the image that it was cut out of."""
        whole = image.part_of.digest if image.part_of else ""
        others = tuple(attachment for attachment in self.attachments if attachment.digest != whole)
        return replace(self, attachments=(*others, image))

    def without(self, sent: "Draft") -> "Draft":
        """What is left after `sent` has been sent: words typed behind it, images added since."""
        rest = tuple(attachment for attachment in self.attachments if attachment not in sent.attachments)
        return Draft(text=self.text.removeprefix(sent.text), attachments=rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A chat's card in the sidebar. `leaf_id` names the last message of the branch that is shown."""

    id: str
    title: str
    created: datetime
    updated: datetime
    leaf_id: str | None = None
    image_count: int = 0
    is_pinned: bool = False
    draft: Draft = Draft()


@dataclass(frozen=True, slots=True)
class SeenImage:
    """An image as the model sees it: the file, and how many of its pixels at most; None for as many as of any other."""

    path: str
    pixel_budget: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as the model sees it: who spoke, the text, and its images in order."""

    role: Role
    text: str
    images: tuple[SeenImage, ...] = ()


TITLE_LENGTH = 48
DEFAULT_TITLE = "New chat"


def title_from(text: str) -> str:
    """A sidebar title from the first words of a question: one line, cut at a word, at most TITLE_LENGTH characters."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    head = line[: TITLE_LENGTH - 1]
    words = head.rsplit(" ", 1)
    return (words[0] if len(words[0]) >= TITLE_LENGTH // 2 else head) + "…"
