"""Export of chats: Markdown with the images beside it, a web page, PDF, and JSON with everything but reasoning.

The JSON's schema is `domain.exported_chat.ExportedChat`; dates are ISO 8601, images base64 of their original bytes.
"""

import contextlib
import filecmp
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import msgspec

from app.domain.chat.chat import Conversation, Message
from app.domain.chat.exported_chat import ExportedChat
from app.domain.chat.message_tree import MessageTree
from app.domain.error_texts import storage_texts
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment
from app.storage.chat.chat_html import chat_html
from app.storage.chat.chat_markdown import chat_markdown, image_file_names
from app.storage.files.atomic import storage_error, write_whole
from app.storage.files.output_files import OutputFiles, fitting

PathOf = Callable[[Attachment], Path]
MakePdf = Callable[[str, Mapping[Digest, bytes]], bytes]
"""Makes a PDF from a chat's Markdown, whose images are named `image:<digest>`, and encoded images by digest."""


class ChatWriter:
    """Writes chats in the format of the target's suffix: .json, .html, .pdf, and Markdown otherwise."""

    def __init__(self, path_of: PathOf, make_pdf: MakePdf) -> None:
        self._path_of = path_of
        self._make_pdf = make_pdf

    def write(
        self,
        target: Path,
        conversation: Conversation,
        messages: Sequence[Message],
        pictures: Mapping[Digest, bytes],
        folder: str = "",
    ) -> None:
        """Write a chat in a folder of that name; `pictures` are images by digest that are safe to decode here, for PDF.

        Raises StorageError.
        """
        branch = MessageTree(messages).path_to(conversation.leaf_id)
        try:
            match target.suffix.lower():
                case ".json":
                    write_whole(target, self._json(conversation, messages, folder))
                case ".html" | ".htm":
                    write_whole(
                        target, chat_html(conversation.title, branch, self._images(branch), conversation.instructions)
                    )
                case ".pdf":
                    names = {digest: f"image:{digest}" for digest in pictures}
                    text = chat_markdown(conversation.title, branch, names, conversation.instructions)
                    write_whole(target, self._make_pdf(text, pictures))
                case _:
                    self._write_markdown(target, conversation, branch)
        except OSError as error:
            raise storage_error(error, storage_texts.FILE, file=target.name) from error

    def _json(self, conversation: Conversation, messages: Sequence[Message], folder: str) -> bytes:
        images = self._images(messages)
        answers = tuple(replace(message, thought=None) for message in messages)
        chat = ExportedChat(conversation=conversation, messages=answers, images=images, folder=folder)
        return msgspec.json.format(msgspec.json.encode(chat), indent=1)

    def _images(self, messages: Sequence[Message]) -> dict[Digest, bytes]:
        images = {image.digest: image for message in messages for image in message.attachments}
        return {digest: self._path_of(image).read_bytes() for digest, image in images.items()}

    def _write_markdown(self, target: Path, conversation: Conversation, branch: Sequence[Message]) -> None:
        """Write Markdown; images are copied into a folder beside the file, named after it. Existing files stay."""
        images = {image.digest: image for message in branch for image in message.attachments}
        with _images_folder(target, is_wanted=bool(images)) as copies:
            wanted = image_file_names(branch)
            names = {digest: copies.add(self._path_of(image), wanted[digest]) for digest, image in images.items()}
            text = chat_markdown(conversation.title, branch, names, conversation.instructions)
            write_whole(target, text.encode("utf-8", "replace"))


class _Copies:
    """Copies of images in `folder`; remembers which of them are new."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = OutputFiles(folder)
        self._new: list[Path] = []

    def add(self, source: Path, name: str) -> str:
        """Copy `source`, unless an earlier export has done so; return its path relative to the folder's parent."""
        copies = (path for path in self._standing(name) if filecmp.cmp(source, path, shallow=False))
        there = next(copies, None)
        if there is None:
            there = self._folder / self._files.claim(name)
            self._new.append(there)
            shutil.copyfile(source, there)
        return f"{self._folder.name}/{there.name}"

    def _standing(self, name: str) -> Iterator[Path]:
        """Yield files that may be copies of an earlier export: those of this name, with and without a number."""
        for number in count(1):
            path = self._folder / fitting(name if number == 1 else f"{number} {name}")
            if not path.is_file():
                return
            yield path

    def remove(self) -> None:
        """Remove the copies that are new."""
        for path in self._new:
            with contextlib.suppress(OSError):
                path.unlink()


@contextmanager
def _images_folder(target: Path, *, is_wanted: bool) -> Iterator[_Copies]:
    """The folder for the images of a chat that is written to `target`; new copies are removed if the block fails."""
    folder, is_new = target.with_name(fitting(f"{target.stem} images")), False
    if is_wanted:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder, is_new = _made(folder)
    copies = _Copies(folder)
    try:
        yield copies
    except BaseException:
        copies.remove()
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _made(folder: Path) -> tuple[Path, bool]:
    """Create the folder, numbered if a file has its name; return it, and True if it is new."""
    for number in count(1):
        named = folder if number == 1 else folder.with_name(fitting(f"{number} {folder.name}"))
        try:
            named.mkdir()
        except FileExistsError:
            if named.is_dir():
                return named, False
        else:
            return named, True
    raise AssertionError  # The numbers are infinite.
