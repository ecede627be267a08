"""Chats as files of their own: Markdown with the images beside it, a web page, PDF, and JSON with everything.

The JSON's schema is `domain.exported_chat.ExportedChat`; dates are ISO 8601, images base64 of their original bytes.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from app.domain.attachments import Attachment
from app.domain.chat import Conversation, Message
from app.domain.exported_chat import ExportedChat
from app.domain.message_tree import MessageTree
from app.storage.atomic import storage_error, write_whole
from app.storage.chat_html import chat_html
from app.storage.chat_markdown import chat_markdown, image_file_names

PathOf = Callable[[Attachment], Path]
MakePdf = Callable[[str, Mapping[str, bytes]], bytes]
"""From a chat's Markdown, whose images are called `image:` and their digest, and encoded images by digest."""


class ChatWriter:
    """Writes chats in the form that the target's suffix asks for: .json, .html, .pdf, and Markdown otherwise."""

    def __init__(self, path_of: PathOf, make_pdf: MakePdf) -> None:
        self._path_of = path_of
        self._make_pdf = make_pdf

    def write(
        self, target: Path, conversation: Conversation, messages: Sequence[Message], pictures: Mapping[str, bytes]
    ) -> None:
        """Write a chat; `pictures` are images that may be decoded here, by digest, for PDF. Raises StorageError."""
        branch = MessageTree(messages).path_to(conversation.leaf_id)
        try:
            match target.suffix.lower():
                case ".json":
                    write_whole(target, self._json(conversation, messages))
                case ".html" | ".htm":
                    write_whole(target, chat_html(conversation.title, branch, self._images(branch)))
                case ".pdf":
                    names = {digest: f"image:{digest}" for digest in pictures}
                    text = chat_markdown(conversation.title, branch, names)
                    write_whole(target, self._make_pdf(text, pictures))
                case _:
                    self._write_markdown(target, conversation.title, branch)
        except OSError as error:
            raise storage_error(error, f"“{target.name}”") from error

    def _json(self, conversation: Conversation, messages: Sequence[Message]) -> bytes:
        images = self._images(messages)
        chat = ExportedChat(conversation=conversation, messages=tuple(messages), images=images)
        return msgspec.json.format(msgspec.json.encode(chat), indent=1)

    def _images(self, messages: Sequence[Message]) -> dict[str, bytes]:
        images = {image.digest: image for message in messages for image in message.attachments}
        return {digest: self._path_of(image).read_bytes() for digest, image in images.items()}

    def _write_markdown(self, target: Path, title: str, branch: Sequence[Message]) -> None:
        """Images are copied into a folder beside the file, named after it."""
        folder = target.with_name(f"{target.stem} images")
        names = image_file_names(branch)
        if names:
            folder.mkdir(exist_ok=True)
        for image in {image.digest: image for message in branch for image in message.attachments}.values():
            shutil.copyfile(self._path_of(image), folder / names[image.digest])
        text = chat_markdown(title, branch, {digest: f"{folder.name}/{name}" for digest, name in names.items()})
        write_whole(target, text.encode("utf-8", "replace"))
