"""A conversation is a tree of messages: editing or regenerating adds a sibling, nothing is overwritten."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import uuid4

from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem
from app.domain.ids import ConversationId, Digest, FolderId, MessageId
from app.domain.images.attachments import Attachment
from app.domain.models.answer_stats import AnswerStats
from app.domain.text.confidence import LowConfidenceSpan
from app.domain.text.thoughts import Thought


class Role(StrEnum):
    """Who wrote a message, or a turn that the model sees: SYSTEM is that of a chat's instructions, no message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """The progress of a message. Only answers are ever in a state other than COMPLETE."""

    COMPLETE = "complete"
    STREAMING = "streaming"
    STOPPED = "stopped"
    CUT_OFF = "cut_off"
    REPEATING = "repeating"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


UNFINISHED = frozenset(MessageState) - {MessageState.COMPLETE, MessageState.STREAMING}
"""States of answers that may be incomplete."""


class Author(StrEnum):
    """The source of an answer: the vision model or the built-in OCR."""

    MODEL = "model"
    READER = "reader"


def new_id() -> str:
    """Return a new random identifier of 32 hex digits."""
    return uuid4().hex


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One node of a conversation's tree.

    `text` is Markdown for an answer of the model and plain text otherwise. `page` is the OCR page, for an answer of the
    built-in OCR. `doubts` are the low-confidence spans, if they were requested. `problem` is the reason why a FAILED or
    INTERRUPTED answer stopped; its `text` is the part before that. `thought` is the reasoning of a thinking model,
    which is not a part of its answer.
    """

    id: MessageId
    conversation_id: ConversationId
    parent_id: MessageId | None
    role: Role
    text: str
    created: datetime
    attachments: tuple[Attachment, ...] = ()
    state: MessageState = MessageState.COMPLETE
    author: Author | None = None
    model_name: str = ""
    stats: AnswerStats | None = None
    page: OcrPage | None = None
    doubts: tuple[LowConfidenceSpan, ...] = ()
    problem: Problem | None = None
    thought: Thought | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The unsent content of the composer."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if the draft has neither text nor attachments."""
        return not self.text.strip() and not self.attachments

    def has(self, image: Attachment) -> bool:
        """Return whether an image with the same content is attached."""
        return any(attachment.digest == image.digest for attachment in self.attachments)

    def with_image(self, image: Attachment) -> "Draft":
        """Return the draft with one more image; a crop replaces the image that it was cut from."""
        whole = image.part_of.digest if image.part_of else ""
        others = tuple(attachment for attachment in self.attachments if attachment.digest != whole)
        return replace(self, attachments=(*others, image))

    def without_image(self, image: Attachment) -> "Draft":
        """Return the draft without an image."""
        return replace(self, attachments=tuple(attachment for attachment in self.attachments if attachment != image))

    def with_budget(self, image: Attachment, pixels: int | None) -> "Draft":
        """Return the draft with an image of which the model sees at most `pixels`; None for the setting."""
        changed = (
            replace(attachment, pixel_budget=pixels) if attachment.digest == image.digest else attachment
            for attachment in self.attachments
        )
        return replace(self, attachments=tuple(changed))

    def without(self, sent: "Draft") -> "Draft":
        """Return what remains after `sent` has been sent: text typed after it that is not blank, images added since."""
        rest = tuple(attachment for attachment in self.attachments if attachment not in sent.attachments)
        text = self.text.removeprefix(sent.text)
        return Draft(text=text if text.strip() else "", attachments=rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A chat as the sidebar lists it. `leaf_id` is the id of the last message of the branch that is shown.

    One that `is_temporary` is neither written to a disk nor listed. The model is given the `instructions` before the
    messages. A chat whose `folder_id` names no folder that exists is in none.
    """

    id: ConversationId
    title: str
    created: datetime
    updated: datetime
    leaf_id: MessageId | None = None
    image_count: int = 0
    is_pinned: bool = False
    is_temporary: bool = False
    instructions: str = ""
    folder_id: FolderId | None = None
    draft: Draft = Draft()


@dataclass(frozen=True, slots=True)
class SeenImage:
    """An image as the model sees it: the file, and the maximum number of its pixels; None for the general setting.

    `digest` is the file's SHA-256 in hexadecimal, empty if it is not known yet.
    """

    path: str
    pixel_budget: int | None = None
    digest: Digest = Digest("")


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as the model sees it: its role, its text, and its images in order.

    `thought` is the reasoning before `text`, if this is the beginning of an answer that is to be continued.
    """

    role: Role
    text: str
    images: tuple[SeenImage, ...] = ()
    thought: str = ""


MAX_INSTRUCTIONS = 8000
"""Maximum length of a chat's instructions in characters: about two thousand tokens of every prompt."""
TITLE_LENGTH = 48
MIN_LETTERS = 2
"""Minimum number of letters in the line of an answer that names its chat."""
DEFAULT_TITLE = "New chat"


def title_from(text: str) -> str:
    """Return a sidebar title from the start of a question: one line, cut at a word, at most TITLE_LENGTH characters."""
    line = " ".join(text.split())
    if len(line) <= TITLE_LENGTH:
        return line
    head = line[: TITLE_LENGTH - 1]
    words = head.rsplit(" ", 1)
    return (words[0] if len(words[0]) >= TITLE_LENGTH // 2 else head) + "…"


def title_of_answer(text: str) -> str:
    """Return a sidebar title from the first line of an answer that is made of letters; empty if there is none.

    Marks of Markdown are left out; lines of numbers, of a table and of JSON do not name a chat.
    """
    for line in text.splitlines():
        words = line.strip(" \t#>*_`-")
        letters = sum(map(str.isalpha, words))
        if letters >= MIN_LETTERS and 2 * letters >= len("".join(words.split())) and words[0] not in "[{|<":
            return title_from(words)
    return ""
