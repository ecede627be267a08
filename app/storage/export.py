"""Chats as files of their own: Markdown with the images beside it, and JSON with everything.

The JSON's schema is `ExportedChat`; dates are ISO 8601, images base64 of their original bytes, by SHA-256.
"""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from app.domain.attachments import Attachment
from app.domain.chat import Conversation, Message, Role
from app.domain.message_tree import MessageTree
from app.storage.atomic import replacing, storage_error

FORMAT = "lorgnette chat 1"
PathOf = Callable[[Attachment], Path]


class ExportedChat(msgspec.Struct, frozen=True):
    """All versions of all messages, and the images that they show, by SHA-256."""

    format: str
    conversation: Conversation
    messages: tuple[Message, ...]
    images: dict[str, bytes]


def export_chat(target: Path, conversation: Conversation, messages: Sequence[Message], path_of: PathOf) -> None:
    """Write a chat to `target`: JSON where it is called so, Markdown otherwise. Raises StorageError."""
    write = _write_json if target.suffix.lower() == ".json" else _write_markdown
    try:
        write(target, conversation, messages, path_of)
    except OSError as error:
        raise storage_error(error, f"“{target.name}”") from error


def _write_json(target: Path, conversation: Conversation, messages: Sequence[Message], path_of: PathOf) -> None:
    images = {image.digest: path_of(image).read_bytes() for message in messages for image in message.attachments}
    chat = ExportedChat(FORMAT, conversation, tuple(messages), images)
    _write(target, msgspec.json.format(msgspec.json.encode(chat), indent=1))


def _write_markdown(target: Path, conversation: Conversation, messages: Sequence[Message], path_of: PathOf) -> None:
    """The branch that is shown; images are copied into a folder beside the file, named after it."""
    branch = MessageTree(messages).path_to(conversation.leaf_id)
    folder = target.with_name(f"{target.stem} images")
    names = _file_names(branch)
    parts = [f"# {conversation.title}"]
    for message in branch:
        author = "You" if message.role is Role.USER else message.model_name or "Built-in reader"
        parts.append(f"**{author}**, {message.created.astimezone():%Y-%m-%d %H:%M}")
        parts += [f"![{_plain(image.name)}](<{folder.name}/{names[image.digest]}>)" for image in message.attachments]
        is_plain = message.role is Role.USER or message.page is not None
        parts.append(_hard_breaks(message.text) if is_plain else message.text)
    if names:
        folder.mkdir(exist_ok=True)
    for image in {image.digest: image for message in branch for image in message.attachments}.values():
        shutil.copyfile(path_of(image), folder / names[image.digest])
    _write(target, "\n\n".join([*parts, ""]).encode("utf-8", "replace"))


def _file_names(branch: Sequence[Message]) -> dict[str, str]:
    """A name for each image by digest: its own, made harmless and unique."""
    names: dict[str, str] = {}
    for image in (image for message in branch for image in message.attachments):
        if image.digest in names:
            continue
        name = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", image.name).strip(". ")[-120:] or "image"
        taken = {other.casefold() for other in names.values()}
        names[image.digest] = name if name.casefold() not in taken else f"{len(names) + 1} {name}"
    return names


def _plain(text: str) -> str:
    """Text that Markdown takes for text within a link."""
    return re.sub(r"([\\\[\]])", r"\\\1", " ".join(text.split()))


def _hard_breaks(text: str) -> str:
    return "\n".join(f"{line.rstrip()}  " if line.strip() else "" for line in text.split("\n")).rstrip()


def _write(target: Path, content: bytes) -> None:
    with replacing(target) as partial, partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
