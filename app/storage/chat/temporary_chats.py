"""Chats that are in memory only, in front of those in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.domain.chat.chat import Conversation, Draft, Message
from app.domain.chat.chat_images import ChatImage
from app.domain.chat.folders import ChatFolder
from app.domain.chat.search import SearchHit
from app.domain.documents.pages import OcrPage
from app.domain.ids import ConversationId, Digest, FolderId, MessageId
from app.domain.images.attachments import Attachment
from app.domain.ports import ConversationStore


class TemporaryChats:
    """Implements domain.ports.ConversationStore: all but temporary chats are those of `saved`.

    A chat that is saved as one that is no longer temporary moves to `saved` with its messages.
    """

    def __init__(self, saved: ConversationStore) -> None:
        self._saved = saved
        self._chats: dict[ConversationId, Conversation] = {}
        self._messages: dict[ConversationId, dict[MessageId, Message]] = {}
        self._gone: set[ConversationId] = set()
        """Temporary chats that were deleted: an answer may still be ending."""

    @property
    def damaged_rows(self) -> int:
        """The number of rows read so far that were partly unreadable."""
        return self._saved.damaged_rows

    def conversations(self) -> Sequence[Conversation]:
        """Return every saved conversation with its draft, the most recently updated first."""
        return self._saved.conversations()

    def messages(self, conversation_id: ConversationId) -> Sequence[Message]:
        """Return all messages of a conversation, parents before children, siblings oldest first."""
        if conversation_id in self._messages:
            return tuple(self._messages[conversation_id].values())
        return self._saved.messages(conversation_id)

    def save_conversation(self, conversation: Conversation) -> None:
        """Insert or update a conversation's row (not its draft, not its messages)."""
        known = self._chats.get(conversation.id)
        if conversation.is_temporary:
            self._put(replace(conversation, draft=known.draft) if known else conversation)
        elif known:
            self.save_turn(replace(conversation, draft=known.draft), ())
        else:
            self._saved.save_conversation(conversation)

    def save_draft(self, conversation_id: ConversationId, draft: Draft) -> None:
        """Replace the draft of an existing conversation."""
        if conversation_id in self._chats:
            self._put(replace(self._chats[conversation_id], draft=draft))
        elif conversation_id not in self._gone:
            self._saved.save_draft(conversation_id, draft)

    def save_message(self, message: Message) -> None:
        """Insert or update a message; on return it is on disk, unless its chat is temporary."""
        if message.conversation_id in self._messages:
            self._messages[message.conversation_id][message.id] = message
        elif message.conversation_id not in self._gone:
            self._saved.save_message(message)

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Save a conversation's row, its draft and some messages; on return they are on disk, unless temporary."""
        if conversation.is_temporary:
            self._put(conversation)
            for message in messages:
                self.save_message(message)
            return
        known = self._messages.get(conversation.id, {})
        merged = known | {message.id: message for message in messages}
        self._saved.save_turn(conversation, tuple(merged.values()))
        self._discard(conversation.id)

    def delete_conversation(self, conversation_id: ConversationId) -> None:
        """Hide a saved conversation; remove a temporary one."""
        if conversation_id in self._chats:
            self._discard(conversation_id)
            self._gone.add(conversation_id)
        elif conversation_id not in self._gone:
            self._saved.delete_conversation(conversation_id)

    def restore_conversation(self, conversation_id: ConversationId) -> None:
        """Bring back a saved conversation that was deleted."""
        self._saved.restore_conversation(conversation_id)

    def folders(self) -> Sequence[ChatFolder]:
        """Return every folder; temporary chats are in none."""
        return self._saved.folders()

    def save_folder(self, folder: ChatFolder) -> None:
        """Insert or update a folder."""
        self._saved.save_folder(folder)

    def delete_folder(self, folder_id: FolderId) -> None:
        """Delete a folder, not its chats."""
        self._saved.delete_folder(folder_id)

    def search(self, query: str) -> tuple[SearchHit, ...]:
        """Search the saved chats."""
        return self._saved.search(query)

    def images(self, query: str) -> tuple[ChatImage, ...]:
        """Return the images of the saved chats."""
        return self._saved.images(query)

    def first_images(self, conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, Attachment]:
        """Return the first image of each of these saved chats, of those that have any."""
        return self._saved.first_images(conversation_ids)

    def page_of(self, hit: SearchHit) -> OcrPage | None:
        """Return the page on whose image the words of a hit were read; None if there is none."""
        return self._saved.page_of(hit)

    def attachment_digests(self) -> set[Digest]:
        """Return the digests of all images that saved messages and drafts refer to."""
        return self._saved.attachment_digests()

    def _put(self, conversation: Conversation) -> None:
        if conversation.id not in self._gone:
            self._chats[conversation.id] = conversation
            self._messages.setdefault(conversation.id, {})

    def _discard(self, conversation_id: ConversationId) -> None:
        self._chats.pop(conversation_id, None)
        self._messages.pop(conversation_id, None)
