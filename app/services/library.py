"""The list of chats, as the sidebar shows it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.domain.chat import Conversation, Draft
from app.domain.errors import Problem
from app.services.store_thread import StoreThread


class Library(QObject):
    """All conversations by id.

    `conversations_changed` carries them, pinned ones first, and the most recently updated before others.

    `deleted` carries one that can still be restored, `found` what was looked for and a sequence of SearchHits.
    """

    conversations_changed = Signal(object)
    deleted = Signal(object)
    found = Signal(str, object)
    loaded = Signal()

    def __init__(self, store: StoreThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._conversations: dict[str, Conversation] = {}

    def __contains__(self, conversation_id: str) -> bool:
        return conversation_id in self._conversations

    def __getitem__(self, conversation_id: str) -> Conversation:
        return self._conversations[conversation_id]

    @property
    def latest(self) -> Conversation | None:
        """The most recently updated conversation."""
        return max(self._conversations.values(), key=lambda conversation: conversation.updated, default=None)

    def load(self) -> None:
        """Read the list from the store; `loaded` follows."""

        def done(conversations: Sequence[Conversation]) -> None:
            # What was added while the list was being read is newer than the list.
            self._conversations = {item.id: item for item in conversations} | self._conversations
            self._announce()
            self.loaded.emit()

        self._store.run(lambda store: store.conversations(), done)

    def search(self, query: str) -> None:
        """Look for words in all chats; `found` follows."""
        self._store.run(lambda store: store.search(query), lambda hits: self.found.emit(query, hits))

    def put(self, conversation: Conversation) -> None:
        """Show a conversation that is being saved by whoever calls."""
        self._conversations[conversation.id] = conversation
        self._announce()

    def save(self, conversation: Conversation) -> None:
        """Keep a conversation's card."""
        self.put(conversation)
        self._store.run(lambda store: store.save_conversation(conversation))

    def save_draft(
        self, conversation: Conversation, draft: Draft, failed: Callable[[Problem], None] | None = None
    ) -> None:
        """Keep what stands in the composer; a chat that has only a draft appears with it."""
        is_new = conversation.id not in self._conversations
        if is_new and draft.is_empty:
            return
        kept = replace(conversation, draft=draft)
        self._conversations[conversation.id] = kept
        if is_new:
            self._store.run(lambda store: store.save_conversation(kept))
            self._announce()
        self._store.run(lambda store: store.save_draft(kept.id, draft), failed=failed)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title; an empty one is ignored."""
        title = " ".join(title.split())
        if not title or conversation_id not in self._conversations:
            return
        self.save(replace(self._conversations[conversation_id], title=title))

    def delete(self, conversation_id: str) -> None:
        """Remove a conversation with its messages; until the end of the session it can be restored."""
        if conversation := self._conversations.pop(conversation_id, None):
            self._announce()
            self._store.run(lambda store: store.delete_conversation(conversation_id))
            self.deleted.emit(conversation)

    def restore(self, conversation: Conversation) -> None:
        """Bring back what was deleted."""
        self._store.run(lambda store: store.restore_conversation(conversation.id))
        self.put(conversation)

    def pin(self, conversation_id: str) -> None:
        """Keep a conversation above all others, or no longer."""
        conversation = self._conversations[conversation_id]
        self.save(replace(conversation, is_pinned=not conversation.is_pinned))

    def _announce(self) -> None:
        pinned_first = sorted(
            self._conversations.values(), key=lambda item: (item.is_pinned, item.updated), reverse=True
        )
        self.conversations_changed.emit(tuple(pinned_first))
