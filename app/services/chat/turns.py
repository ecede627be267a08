"""Conversion of the shown messages to the turns that the model sees."""

from collections.abc import Sequence

from app.domain.chat.chat import Author, Message, Role, SeenImage, Turn
from app.domain.ids import Digest
from app.domain.ports import AttachmentStore


def turns_for(branch: Sequence[Message], attachments: AttachmentStore, instructions: str) -> tuple[Turn, ...]:
    """Return the turns of a branch, oldest first, after one of the chat's instructions if it has any.

    An empty answer is left out, unless it is the last one and has begun with its reasoning. An image that was only
    read by the OCR again, having been shown earlier in the branch, is not shown to the model twice.
    """
    turns = [Turn(Role.SYSTEM, instructions)] if instructions else []
    shown: set[Digest] = set()
    for index, message in enumerate(branch):
        is_last = index == len(branch) - 1
        thought = message.thought.text if message.thought and is_last else ""
        if message.role is Role.ASSISTANT and not (message.text or thought):
            continue
        images = message.attachments
        if _is_read_by_the_reader(branch, index):
            images = tuple(image for image in images if image.digest not in shown)
        shown.update(image.digest for image in images)
        seen = tuple(SeenImage(str(attachments.path(image)), image.pixel_budget, image.digest) for image in images)
        turns.append(Turn(message.role, message.text, seen, thought))
    return tuple(turns)


def _is_read_by_the_reader(branch: Sequence[Message], index: int) -> bool:
    return index + 1 < len(branch) and branch[index + 1].author is Author.READER
