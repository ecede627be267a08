"""Traversal of a conversation's tree of messages."""

from collections.abc import Iterable, Iterator

from app.domain.chat.chat import Message
from app.domain.ids import MessageId


class MessageTree:
    """All messages of one conversation, by id, with their order of creation among siblings."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._messages: dict[MessageId, Message] = {}
        self._children: dict[MessageId | None, list[MessageId]] = {}
        for message in messages:
            self.put(message)

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._messages

    def __getitem__(self, message_id: MessageId) -> Message:
        return self._messages[message_id]

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> None:
        """Add a message, or replace the one with the same id; its parent, if any, must be present."""
        if message.parent_id is not None and message.parent_id not in self._messages:
            raise KeyError(f"parent {message.parent_id} of message {message.id} is not in the tree")
        if message.id not in self._messages:
            self._children.setdefault(message.parent_id, []).append(message.id)
        self._messages[message.id] = message

    def path_to(self, leaf_id: MessageId | None) -> tuple[Message, ...]:
        """Return the branch from the first message to `leaf_id`; empty for None."""
        return tuple(reversed(tuple(self._ancestors(leaf_id))))

    def is_on_path(self, message_id: MessageId, leaf_id: MessageId | None) -> bool:
        """Return whether a message is on the branch that ends with `leaf_id`."""
        return any(message.id == message_id for message in self._ancestors(leaf_id))

    def siblings(self, message_id: MessageId) -> tuple[MessageId, ...]:
        """Return the ids of all alternatives to a message, oldest first, including its own."""
        return tuple(self._children[self._messages[message_id].parent_id])

    def latest_leaf(self, message_id: MessageId | None = None) -> MessageId | None:
        """Return the end of the newest branch below `message_id` (or of the whole tree)."""
        leaf = message_id
        while below := self._children.get(leaf):
            leaf = below[-1]
        return leaf

    def _ancestors(self, message_id: MessageId | None) -> Iterator[Message]:
        while message_id is not None:
            message = self._messages[message_id]
            yield message
            message_id = message.parent_id
