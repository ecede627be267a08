"""Taking in a chat that was exported as JSON: `domain.exported_chat.ExportedChat`."""

import hashlib
from dataclasses import replace
from pathlib import Path

import msgspec

from app.domain.chat import MessageState, new_id
from app.domain.errors import StorageError
from app.domain.exported_chat import FORMAT, ExportedChat

_decoder = msgspec.json.Decoder(ExportedChat)


def read_chat(path: Path) -> ExportedChat:
    """Read and check an exported chat; ids are new, so that it can stand beside the chat it was made of.

    Raises StorageError where the file cannot be read, is none, or does not fit together.
    """
    try:
        chat = _decoder.decode(path.read_bytes())
    except OSError as error:
        raise _refused(path, f"it cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refused(path, "it is not a chat that Lorgnette has written as JSON") from error
    if chat.format != FORMAT:
        raise _refused(path, "another version of Lorgnette has written it")
    if any(hashlib.sha256(content).hexdigest() != digest for digest, content in chat.images.items()):
        raise _refused(path, "an image in it is damaged")
    return _with_new_ids(chat, path)


def _with_new_ids(chat: ExportedChat, path: Path) -> ExportedChat:
    ids: dict[str | None, str | None] = {None: None}
    conversation_id = new_id()
    messages = []
    for message in chat.messages:
        shown = {image.digest for image in message.attachments}
        if message.parent_id not in ids or message.id in ids or not shown <= chat.images.keys():
            raise _refused(path, "parts of it are missing")
        ids[message.id] = made = new_id()
        is_open = message.state is MessageState.STREAMING
        messages.append(
            replace(
                message,
                id=made,
                conversation_id=conversation_id,
                parent_id=ids[message.parent_id],
                state=MessageState.INTERRUPTED if is_open else message.state,
            )
        )
    draft = replace(chat.conversation.draft, attachments=())  # Its images were not exported.
    leaf = ids.get(chat.conversation.leaf_id)
    conversation = replace(chat.conversation, id=conversation_id, leaf_id=leaf, draft=draft)
    return replace(chat, conversation=conversation, messages=tuple(messages))


def _refused(path: Path, why: str) -> StorageError:
    return StorageError(f"“{path.name}” was not imported: {why}.", kept="Your chats are as they were.")
