"""The list of chats, as the sidebar shows it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat.chat import Conversation, Draft
from app.domain.chat.new_messages import new_conversation
from app.domain.ids import ConversationId, FolderId
from app.domain.ports import ConversationStore
from app.services.chat.chat_folders import ChatFolders
from app.services.engines.store_thread import StoreAccess


class ChatLibrary(QObject):
    """All conversations, by id, and the folders that they are in.

    `conversations_changed` carries all but temporary ones, pinned ones first, then the most recently updated first.

    `deleted` carries those that can still be restored, `header_changed` one of which the user has set something,
    `found` the query and a sequence of SearchHits, `first_images_found` the first images of chats by their ids.
    """

    conversations_changed = Signal(tuple)
    deleted = Signal(tuple)
    header_changed = Signal(Conversation)
    found = Signal(str, tuple)
    first_images_found = Signal(dict)
    loaded = Signal()

    def __init__(self, chats: StoreAccess[ConversationStore], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders = ChatFolders(chats, self)
        self._chats = chats
        self._conversations: dict[ConversationId, Conversation] = {}

    def __contains__(self, conversation_id: ConversationId) -> bool:
        return conversation_id in self._conversations

    def __getitem__(self, conversation_id: ConversationId) -> Conversation:
        return self._conversations[conversation_id]

    @property
    def conversations(self) -> Collection[Conversation]:
        """All conversations but temporary ones, in no order."""
        return [conversation for conversation in self._conversations.values() if not conversation.is_temporary]

    @property
    def latest(self) -> Conversation | None:
        """The most recently updated conversation."""
        return max(self.conversations, key=lambda conversation: conversation.updated, default=None)

    @Slot()
    def load(self) -> None:
        """Read the list from the store; `loaded` follows."""

        def done(conversations: Sequence[Conversation]) -> None:
            # Conversations that were added while the list was being read are newer than the list.
            self._conversations = {item.id: item for item in conversations} | self._conversations
            self._announce()
            self.loaded.emit()

        self.folders.load()
        self._chats.run(lambda chats: chats.conversations(), done)

    def reload(self) -> None:
        """Replace the list with that of other chats; `loaded` follows."""
        self._conversations = {item.id: item for item in self._conversations.values() if item.is_temporary}
        self.folders.clear()
        self._announce()  # Until then no chat is listed that could be chosen and is gone.
        self.load()

    @Slot(str)
    def search(self, query: str) -> None:
        """Search all chats; `found` follows."""
        self._chats.run(lambda chats: chats.search(query), lambda hits: self.found.emit(query, hits))

    @Slot(tuple)
    def find_first_images(self, conversation_ids: tuple[ConversationId, ...]) -> None:
        """Find the first image of each of these chats; `first_images_found` follows."""
        self._chats.run(lambda chats: chats.first_images(conversation_ids), self.first_images_found.emit)

    def put(self, conversation: Conversation) -> None:
        """Show a conversation that the caller is saving; not a temporary one that was deleted meanwhile."""
        if not conversation.is_temporary or conversation.id in self._conversations:
            self._conversations[conversation.id] = conversation
            self._announce()

    def new_temporary(self) -> Conversation:
        """Add an empty temporary conversation and return it."""
        conversation = new_conversation(is_temporary=True)
        self._conversations[conversation.id] = conversation
        self.save(conversation)
        return conversation

    def keep(self, conversation_id: ConversationId) -> None:
        """Make a temporary conversation one like any other, and save it with its messages."""
        self._change_header(replace(self._conversations[conversation_id], is_temporary=False))

    def save(self, conversation: Conversation) -> None:
        """Save a conversation's row."""
        self.put(conversation)
        self._chats.save(("conversation", conversation.id), lambda chats: chats.save_conversation(conversation))

    def save_draft(self, conversation: Conversation, draft: Draft) -> None:
        """Save the content of the composer; a chat that has only a draft appears with it."""
        is_new = conversation.id not in self._conversations
        if is_new and draft.is_empty:
            return
        kept = replace(conversation, draft=draft)
        self._conversations[conversation.id] = kept
        if is_new:
            self._chats.save(("conversation", kept.id), lambda chats: chats.save_conversation(kept))
            self._announce()
        self._chats.save(("draft", kept.id), lambda chats: chats.save_draft(kept.id, draft))

    @Slot(str, str)
    def rename(self, conversation_id: ConversationId, title: str) -> None:
        """Rename a conversation; an empty title is ignored."""
        title = " ".join(title.split())
        if not title or conversation_id not in self._conversations:
            return
        self._change_header(replace(self._conversations[conversation_id], title=title))

    def delete(self, *conversation_ids: ConversationId) -> None:
        """Delete conversations with their messages; they can be restored until the end of the session.

        A temporary one is gone at once.
        """
        found = [self._conversations.pop(item) for item in conversation_ids if item in self._conversations]
        if not found:
            return
        self._announce()
        for conversation in found:
            delete = partial(_delete, conversation_id=conversation.id)
            self._chats.save(("deleted", conversation.id), delete)
        if lasting := tuple(conversation for conversation in found if not conversation.is_temporary):
            self.deleted.emit(lasting)

    def is_temporary(self, conversation_id: ConversationId) -> bool:
        """Return whether a conversation is a temporary one."""
        return conversation_id in self._conversations and self._conversations[conversation_id].is_temporary

    def restore(self, *conversations: Conversation) -> None:
        """Restore deleted conversations."""
        for conversation in conversations:
            restore = partial(_restore, conversation_id=conversation.id)
            self._chats.save(("deleted", conversation.id), restore)
            self._conversations[conversation.id] = conversation
        self._announce()

    @Slot(tuple, object)  # The second one is a FolderId, or None.
    def move(self, conversation_ids: tuple[ConversationId, ...], folder_id: FolderId | None) -> None:
        """Put conversations into a folder, or out of theirs; temporary ones stay in none."""
        for listed in (self._conversations[item] for item in conversation_ids if item in self._conversations):
            if not listed.is_temporary and listed.folder_id != folder_id:
                moved = replace(listed, folder_id=folder_id)
                self._conversations[moved.id] = moved
                self._chats.save(("conversation", moved.id), partial(_save, conversation=moved))
                self.header_changed.emit(moved)
        self._announce()

    def set_instructions(self, conversation: Conversation, text: str) -> None:
        """Set the instructions of a conversation; one that has only instructions appears with them."""
        listed = self._conversations.get(conversation.id, conversation)
        if listed.instructions != text:
            self._change_header(replace(listed, instructions=text))

    @Slot(str)
    def pin(self, conversation_id: ConversationId) -> None:
        """Pin or unpin a conversation."""
        conversation = self._conversations[conversation_id]
        self._change_header(replace(conversation, is_pinned=not conversation.is_pinned))

    def _change_header(self, conversation: Conversation) -> None:
        self.save(conversation)
        self.header_changed.emit(conversation)

    def _announce(self) -> None:
        pinned_first = sorted(self.conversations, key=lambda item: (item.is_pinned, item.updated), reverse=True)
        self.conversations_changed.emit(tuple(pinned_first))


def _save(chats: ConversationStore, *, conversation: Conversation) -> None:
    chats.save_conversation(conversation)


def _delete(chats: ConversationStore, *, conversation_id: ConversationId) -> None:
    chats.delete_conversation(conversation_id)


def _restore(chats: ConversationStore, *, conversation_id: ConversationId) -> None:
    chats.restore_conversation(conversation_id)
