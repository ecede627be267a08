"""Import of a chat that was exported as JSON: `domain.exported_chat.ExportedChat`."""

import hashlib
from dataclasses import replace
from pathlib import Path

import msgspec

from app.domain.chat.chat import MessageState, new_id
from app.domain.chat.chat_bounds import is_sound
from app.domain.chat.exported_chat import FORMAT, ExportedChat
from app.domain.error_texts import chat_texts
from app.domain.errors import StorageError
from app.domain.ids import ConversationId, MessageId
from app.regular_files import NotRegular, TooLarge, read_regular
from app.storage.files.atomic import os_words

MAX_BYTES = 2 * 1024**3
"""Maximum size of a file in bytes; it is read as a whole."""
_decoder = msgspec.json.Decoder(ExportedChat)


def read_chat(path: Path) -> ExportedChat:
    """Read and check an exported chat; ids are new, so that it can exist beside the chat it was exported from.

    Raises StorageError if the file cannot be read, is not an exported chat, or is inconsistent.
    """
    try:
        chat = _decoder.decode(_content(path))
    except OSError as error:
        raise StorageError(chat_texts.IMPORT_NOT_READABLE, file=path.name, reason=os_words(error)) from error
    except StorageError:
        raise
    except Exception as error:  # The file is untrusted: the decoder may raise anything.
        raise StorageError(chat_texts.IMPORT_NOT_A_CHAT, file=path.name) from error
    if chat.format != FORMAT:
        raise StorageError(chat_texts.IMPORT_OTHER_VERSION, file=path.name)
    if any(hashlib.sha256(content).hexdigest() != digest for digest, content in chat.images.items()):
        raise StorageError(chat_texts.IMPORT_IMAGE_DAMAGED, file=path.name)
    made = _with_new_ids(chat, path)
    if not is_sound(made.conversation) or not is_sound(made.messages):
        raise StorageError(chat_texts.IMPORT_NOT_A_CHAT, file=path.name)
    return made


def _content(path: Path) -> bytes:
    """Return the bytes of a file of at most MAX_BYTES; raises OSError, StorageError."""
    try:
        return read_regular(path, MAX_BYTES)
    except NotRegular as error:
        raise StorageError(chat_texts.IMPORT_NO_FILE, file=path.name) from error
    except TooLarge as error:
        raise StorageError(chat_texts.IMPORT_TOO_LARGE, file=path.name) from error


def _with_new_ids(chat: ExportedChat, path: Path) -> ExportedChat:
    ids: dict[MessageId | None, MessageId | None] = {None: None}
    conversation_id = ConversationId(new_id())
    messages = []
    for message in chat.messages:
        shown = {image.digest for image in message.attachments}
        if message.parent_id not in ids or message.id in ids or not shown <= chat.images.keys():
            raise StorageError(chat_texts.IMPORT_INCOMPLETE, file=path.name)
        ids[message.id] = made = MessageId(new_id())
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
    conversation = replace(chat.conversation, id=conversation_id, leaf_id=leaf, draft=draft, is_temporary=False)
    conversation = replace(conversation, folder_id=None)  # The folder is found by its name.
    return replace(chat, conversation=conversation, messages=tuple(messages))
